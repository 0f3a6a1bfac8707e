import * as Effect from "effect/Effect"
import { Target } from "./Target.ts"

export default Target.toLayer(
  Effect.succeed({
    Echo: (message) => Effect.succeed(message),
    Bytes: ({ bytes }) => Effect.succeed(bytes),
    Pid: () => Effect.succeed(process.pid)
  }),
  { concurrency: "unbounded", mailbox: { capacity: 10_000 } }
)

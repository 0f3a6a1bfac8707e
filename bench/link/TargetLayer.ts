import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { Target } from "./Bench.ts"
import { small } from "./drive.ts"

export default Target.toLayer(Effect.sync(() => {
  let taken = 0
  return Target.of({
    Echo: (message) => Effect.succeed(message),
    Take: () =>
      Effect.sync(() => {
        taken++
      }),
    Count: () => Effect.sync(() => taken),
    Many: ({ count }) => Stream.map(Stream.range(1, count), small),
    Copy: (message) => Effect.succeed(message),
    Move: (message) => Effect.succeed(message),
    EchoText: ({ text }) => Effect.succeed(text)
  })
}))

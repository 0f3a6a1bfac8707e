import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { Greeter } from "./actors.ts"

export const layer = Greeter.toLayer({
  Hello: ({ name }) => Effect.succeed(name),
  Ticks: () => Stream.make(1)
})

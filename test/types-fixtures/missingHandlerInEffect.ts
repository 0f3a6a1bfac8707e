import * as Effect from "effect/Effect"
import { Greeter } from "./actors.ts"

export const layer = Greeter.toLayer(Effect.gen(function*() {
  yield* Effect.void
  return Greeter.of({ Hello: ({ name }) => Effect.succeed(name), Reset: () => Effect.void })
}))

import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { Target } from "./Bench.ts"

export default Target.toLayer(Effect.sync(() => {
  let taken = 0
  return Target.of({
    Echo: (message) => Effect.succeed(message),
    Take: () =>
      Effect.sync(() => {
        taken++
      }),
    Count: () => Effect.sync(() => taken),
    Numbers: ({ count }) => Stream.range(1, count)
  })
}))

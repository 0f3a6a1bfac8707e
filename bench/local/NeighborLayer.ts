import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { Target } from "../link/Bench.ts"
import { type Small, small } from "../link/drive.ts"
import { Neighbor } from "./Neighbor.ts"

/** The same that `Target` does. */
const echo = (message: Small) => Effect.succeed(message)

export default Neighbor.toLayer(Effect.map(Target, (target) => {
  const ways = {
    ask: (id: number) => target.Echo(small(id)),
    fork: (id: number) => Effect.flatMap(Effect.forkChild(echo(small(id))), Fiber.join)
  }
  return Neighbor.of({
    Measure: ({ concurrency, count, how }) =>
      Effect.orDie(Effect.gen(function*() {
        const ids = Array.from({ length: count }, (_, id) => id)
        const began = performance.now()
        yield* Effect.forEach(ids, (id): Effect.Effect<unknown, unknown> => ways[how](id), {
          concurrency,
          discard: true
        })
        return performance.now() - began
      }))
  })
}))

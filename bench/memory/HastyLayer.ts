import * as Effect from "effect/Effect"
import { small } from "../link/drive.ts"
import { Hasty, Slow } from "./Slow.ts"

export default Hasty.toLayer(Effect.map(Slow, (slow) =>
  Hasty.of({
    Flood: ({ concurrency, count }) =>
      Effect.orDie(Effect.gen(function*() {
        let next = 0
        const sender = Effect.whileLoop({
          while: () => next < count,
          body: () => slow.Take(small(next++), { discard: true, timeout: "1 minute" }),
          step: () => {}
        })
        yield* Effect.forEach(Array.from({ length: concurrency }), () => sender, { concurrency, discard: true })
        return yield* slow.Count(undefined, { timeout: "1 minute" })
      }))
  })))

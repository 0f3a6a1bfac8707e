import * as Effect from "effect/Effect"
import { small } from "../link/drive.ts"
import { blades } from "./Fan.ts"

/** What an actor or a program measures of the blades, from wherever it runs: the milliseconds for all asks. */
export const ask = Effect.map(
  Effect.all(blades),
  (clients) => (count: number, window: number, blades: number): Effect.Effect<number> =>
    Effect.gen(function*() {
      const asked = clients.slice(0, blades)
      let next = 0
      const asker = Effect.gen(function*() {
        while (next < count) {
          const id = next++
          const blade = yield* Effect.fromNullishOr(asked[id % asked.length])
          yield* blade.Echo(small(id))
        }
      })
      const began = performance.now()
      yield* Effect.forEach(Array.from({ length: window }), () => asker, { concurrency: "unbounded", discard: true })
      return performance.now() - began
    }).pipe(Effect.orDie)
)

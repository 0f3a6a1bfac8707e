/** A few rounds of chaos with keys, always the same; more in `test/long/keys.long.ts`. */
import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as real from "./keys/real.ts"
import * as simulated from "./keys/simulated.ts"

const some = (seed: number, rounds: number, limitMillis: number) => {
  const deadline = performance.now() + limitMillis
  return { seed, goesOn: (round: number) => round < rounds && performance.now() < deadline }
}

it.live(
  "K1, K2, K3, K4, K5: Random messages, stops, wakes, crashes and idle times break no promise of keys.",
  () =>
    Effect.gen(function*() {
      assert.isUndefined(yield* simulated.run(some(20261128, 40, 3000)))
    }),
  60_000
)

it.live(
  "K1, K2, K3, K4, K5: Random operations on keys of real threads break no promise.",
  () =>
    Effect.gen(function*() {
      assert.isUndefined(yield* real.run(some(20261128, 6, 3000)))
    }),
  60_000
)

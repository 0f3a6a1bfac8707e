/** Chaos with keys, for minutes and with a seed of the day: `CHAOS_SEED` plays the same rounds again. */
import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as real from "../chaos/keys/real.ts"
import * as simulated from "../chaos/keys/simulated.ts"

const seed = Number(process.env["CHAOS_SEED"] ?? Date.now() % 1_000_000)
const minutes = Number(process.env["CHAOS_MINUTES"] ?? 2)

const rounds = () => {
  const deadline = performance.now() + minutes * 60_000
  return { seed, goesOn: () => performance.now() < deadline }
}

it.live("K1, K2, K3, K4, K5: Minutes of random operations on keys break no promise.", () =>
  Effect.gen(function*() {
    assert.isUndefined(yield* simulated.run(rounds()))
  }), (minutes + 2) * 60_000)

it.live(
  "K1, K2, K3, K4, K5: Minutes of random operations on keys of real threads break no promise.",
  () =>
    Effect.gen(function*() {
      assert.isUndefined(yield* real.run(rounds()))
    }),
  (minutes + 2) * 60_000
)

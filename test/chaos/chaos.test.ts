import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as real from "./real.ts"
import * as simulated from "./simulated.ts"

/** A few rounds of `npm run chaos`, always the same. */
const some = (seed: number, rounds: number, limitMillis: number) => {
  const deadline = performance.now() + limitMillis
  return {
    seed,
    first: 0,
    goesOn: (round: number) => round < rounds && performance.now() < deadline,
    tally: new Map(),
    say: () => {}
  }
}

it.live("Random operations on real threads break no promise.", () =>
  Effect.gen(function*() {
    const violation = yield* real.run(some(20261122, 4, 3000))
    assert.isUndefined(violation)
  }), 60_000)

it.live("Random operations and faults on simulated threads break no promise.", () =>
  Effect.gen(function*() {
    const violation = yield* simulated.run(some(20261122, 50, 3000))
    assert.isUndefined(violation)
  }), 60_000)

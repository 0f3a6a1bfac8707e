import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import { look, type Sight } from "../../src/main/watchdog.ts"

const stallAfterMillis = 1000

/** Looks at a counter at the times given; what each look found. */
const watch = (
  looks: ReadonlyArray<readonly [nowMillis: number, beats: number, incarnation?: number]>
): ReadonlyArray<number | undefined> => {
  let sight: Sight | undefined
  return looks.map(([nowMillis, beats, incarnation = 1]) => {
    const seen = look(sight, { incarnation, beats, nowMillis }, stallAfterMillis)
    sight = seen.sight
    return seen.stalledMillis
  })
}

describe("watchdog", () => {
  it("finds a thread stalled once it has not moved for stallAfter", () => {
    assert.deepStrictEqual(
      watch([[0, 7], [250, 7], [500, 7], [750, 7], [999, 7], [1000, 7]]),
      [undefined, undefined, undefined, undefined, undefined, 1000]
    )
  })

  it("counts from when the counter was last seen to move", () => {
    assert.deepStrictEqual(
      watch([[0, 1], [900, 2], [1100, 2], [1500, 2], [1900, 2]]),
      [undefined, undefined, undefined, undefined, 1000]
    )
  })

  it("believes no single look after main itself has slept", () => {
    assert.deepStrictEqual(watch([[0, 1], [60_000, 1], [60_010, 1], [60_020, 1]]), [
      undefined,
      undefined,
      undefined,
      60_020
    ])
    assert.deepStrictEqual(watch([[0, 1], [60_000, 1], [60_010, 2], [60_020, 2]]), [
      undefined,
      undefined,
      undefined,
      undefined
    ])
  })

  it("starts over with a new incarnation, though its counter may be the same", () => {
    assert.deepStrictEqual(
      watch([[0, 1, 1], [500, 1, 1], [900, 1, 1], [1000, 1, 2], [1500, 1, 2], [1900, 1, 2], [2000, 1, 2]]),
      [undefined, undefined, undefined, undefined, undefined, undefined, 1000]
    )
  })

  it("goes on when the counter wraps around", () => {
    assert.deepStrictEqual(watch([[0, 2 ** 31 - 1], [5000, -(2 ** 31)], [9999, -(2 ** 31) + 1]]), [
      undefined,
      undefined,
      undefined
    ])
  })

  it("never suspects who moves between any two looks", () => {
    fc.assert(fc.property(fc.array(fc.integer({ min: 0, max: 1e6 }), { maxLength: 50 }), (gaps) => {
      let now = 0
      const found = watch(gaps.map((gap, beats) => [now += gap, beats]))
      assert.isTrue(found.every((stalled) => stalled === undefined))
    }))
  })

  it("always finds who doesn't move, not before its time and not much later", () => {
    fc.assert(fc.property(fc.integer({ min: 1, max: 250 }), (everyMillis) => {
      const found = watch(Array.from({ length: 1100 }, (_, index) => [index * everyMillis, 5]))
      const first = found.findIndex((stalled) => stalled !== undefined)
      assert.isAtLeast(first * everyMillis, stallAfterMillis)
      assert.isBelow((first - 1) * everyMillis, stallAfterMillis)
    }))
  })
})

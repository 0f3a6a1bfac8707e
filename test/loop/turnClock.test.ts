import { assert, describe, it } from "@effect/vitest"
import * as tick from "../../src/loop/tick.ts"
import * as turnClock from "../../src/loop/turnClock.ts"

/** Blocks this thread for a while. */
const spin = (millis: number): void => {
  const until = performance.now() + millis
  while (performance.now() < until);
}

describe("the clock of turns", () => {
  it("A time that begins is read once a turn, and one that ends exactly for the first few of a turn.", () => {
    let last = 0
    tick.inTurn(() => {
      const began = turnClock.recent()
      spin(3)
      assert.strictEqual(turnClock.recent(), began)
      const ends = Array.from({ length: 6 }, () => {
        spin(2)
        return turnClock.ended()
      })
      const [first = 0, second = 0, ...others] = ends
      assert.isAtLeast(turnClock.between(began, first), 4.9)
      assert.isAtLeast(turnClock.between(first, second), 1.9)
      assert.deepStrictEqual(new Set(others), new Set([second]))
      // What begins next begins when the last reading was.
      assert.strictEqual(turnClock.recent(), second)
      last = second
    }, undefined)
    // Four times have ended since, of 2 ms each.
    tick.inTurn(() => assert.isAtLeast(turnClock.between(last, turnClock.recent()), 7.9), undefined)
  })

  it("What ends outside of a turn is exact, however much does and whether anybody looks or not.", () => {
    const began = turnClock.recent()
    const ends = Array.from({ length: 6 }, () => {
      spin(2)
      return turnClock.ended()
    })
    ends.forEach((end, index) => assert.isAtLeast(turnClock.between(ends[index - 1] ?? began, end), 1.9))
  })

  it("Outside of a turn, and while somebody looks, each time is exact.", () => {
    const before = turnClock.recent()
    spin(2)
    assert.isAtLeast(turnClock.between(before, turnClock.recent()), 1.9)
    turnClock.beExact()
    tick.inTurn(() => {
      let last = turnClock.recent()
      for (let count = 0; count < 20; count++) {
        spin(1)
        const next = turnClock.ended()
        assert.isAtLeast(turnClock.between(last, next), 0.9)
        last = next
      }
    }, undefined)
  })

  it("Times that wrap around keep their differences.", () => {
    assert.strictEqual(turnClock.between(0x7fffffff, (0x7fffffff + 25) | 0), 2.5)
    assert.strictEqual(turnClock.between(10, 5), 0)
  })
})

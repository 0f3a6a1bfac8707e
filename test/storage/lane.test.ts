import { assert, describe, it } from "@effect/vitest"
import { Lane, window } from "../../src/storage/lane.ts"

/** A lane whose storage was looked through: nothing waits there. */
const empty = (): Lane => {
  const lane = new Lane()
  lane.looked(Infinity)
  return lane
}

describe("the messages of one actor that were handed over", () => {
  it("A lane looks into the storage first, where messages of an earlier process may wait.", () => {
    const lane = new Lane()
    assert.isFalse(lane.takesFresh(0))
    assert.strictEqual(lane.wanted(0), window)
    lane.looked(Infinity)
    assert.isTrue(lane.takesFresh(0))
    assert.strictEqual(lane.wanted(0), 0)
  })

  it("M1: A fresh message does not overtake one that waits in the storage and is due.", () => {
    const lane = empty()
    lane.waits(10)
    assert.isTrue(lane.takesFresh(9))
    assert.isFalse(lane.takesFresh(10))
    assert.strictEqual(lane.wanted(10), window)
    assert.strictEqual(lane.wantsAtMillis(), 10)
  })

  it("An actor never has more messages than its window, and gets more once half of them have ended.", () => {
    const lane = empty()
    for (let count = 0; count < window; count++) {
      assert.isTrue(lane.takesFresh(0))
      lane.begin()
    }
    assert.isFalse(lane.takesFresh(0))
    lane.waits(0)
    assert.strictEqual(lane.wanted(0), 0)
    assert.strictEqual(lane.wantsAtMillis(), Infinity)
    for (let count = 0; count < window / 2; count++) lane.end()
    assert.strictEqual(lane.wanted(0), window / 2)
  })

  it("An actor that takes no message is left alone for longer and longer, up to 5 seconds, until it takes one.", () => {
    const lane = empty()
    const pauses: Array<number> = []
    let now = 0
    for (let count = 0; count < 8; count++) {
      lane.begin()
      const millis = lane.pause(now)
      pauses.push(millis)
      assert.isFalse(lane.takesFresh(now))
      now += millis
      assert.isTrue(lane.takesFresh(now))
    }
    assert.deepStrictEqual(pauses, [100, 200, 400, 800, 1600, 3200, 5000, 5000])
    lane.begin()
    lane.end()
    lane.begin()
    assert.strictEqual(lane.pause(now), 100)
  })

  it("Several messages that an actor does not take at the same time make one pause.", () => {
    const lane = empty()
    for (let count = 0; count < 3; count++) lane.begin()
    assert.deepStrictEqual([lane.pause(0), lane.pause(0), lane.pause(40)], [100, 100, 60])
  })
})

import { assert, describe, it } from "@effect/vitest"
import { keyedWindow, Lane, perKey, window } from "../../src/storage/lane.ts"

/** A lane whose storage was looked through: nothing waits there. */
const empty = (isKeyed = false): Lane => {
  const lane = new Lane(isKeyed)
  lane.looked(Infinity, 0)
  return lane
}

describe("the messages of one actor that were handed over", () => {
  it("A lane looks into the storage first, where messages of an earlier process may wait.", () => {
    const lane = new Lane(false)
    assert.isFalse(lane.takesFresh("", 0))
    assert.strictEqual(lane.wanted(0), window)
    lane.looked(Infinity, 0)
    assert.isTrue(lane.takesFresh("", 0))
    assert.strictEqual(lane.wanted(0), 0)
  })

  it("N6: What is taken over while the storage is looked through is looked for once more.", () => {
    const lane = new Lane(false)
    assert.strictEqual(lane.wanted(0), window)
    lane.renew()
    lane.looked(Infinity, 0)
    assert.strictEqual(lane.wantsAtMillis(), -Infinity)
    assert.strictEqual(lane.wanted(0), window)
    lane.looked(Infinity, 0)
    assert.strictEqual(lane.wantsAtMillis(), Infinity)
  })

  it("M1: A fresh message does not overtake one that waits in the storage and is due.", () => {
    const lane = empty()
    lane.waits(10)
    assert.isTrue(lane.takesFresh("", 9))
    assert.isFalse(lane.takesFresh("", 10))
    assert.strictEqual(lane.wanted(10), window)
    assert.strictEqual(lane.wantsAtMillis(), 10)
  })

  it("An actor never has more messages than its window, and gets more once half of them have ended.", () => {
    const lane = empty()
    for (let count = 0; count < window; count++) {
      assert.isTrue(lane.takesFresh("", 0))
      lane.begin("")
    }
    assert.isFalse(lane.takesFresh("", 0))
    lane.waits(0)
    assert.strictEqual(lane.wanted(0), 0)
    assert.strictEqual(lane.wantsAtMillis(), Infinity)
    for (let count = 0; count < window / 2; count++) lane.end("")
    assert.strictEqual(lane.wanted(0), window / 2)
  })

  it("An actor that takes no message is left alone for longer and longer, up to 5 seconds, until it takes one.", () => {
    const lane = empty()
    const pauses: Array<number> = []
    let now = 0
    const pause = () => {
      lane.begin("")
      lane.pause("", now)
      assert.isFalse(lane.takesFresh("", now))
      assert.deepStrictEqual(lane.excluded(now), [""])
      const millis = lane.wantsAtMillis() - now
      now += millis
      lane.looked(Infinity, now)
      assert.isTrue(lane.takesFresh("", now))
      return millis
    }
    for (let count = 0; count < 8; count++) pauses.push(pause())
    assert.deepStrictEqual(pauses, [100, 200, 400, 800, 1600, 3200, 5000, 5000])
    lane.begin("")
    lane.end("")
    assert.strictEqual(pause(), 100)
  })

  it("Several messages that an actor does not take at the same time make one pause.", () => {
    const lane = empty()
    for (let count = 0; count < 3; count++) lane.begin("")
    for (const at of [0, 0, 40]) lane.pause("", at)
    assert.strictEqual(lane.wantsAtMillis(), 100)
  })

  it("A key that is slow, or takes nothing, holds up no other key.", () => {
    const lane = empty(true)
    for (let count = 0; count < perKey; count++) lane.begin("slow")
    lane.begin("refuses")
    lane.pause("refuses", 0)
    assert.isFalse(lane.takesFresh("slow", 0))
    assert.isFalse(lane.takesFresh("refuses", 0))
    assert.isTrue(lane.takesFresh("quick", 0))
    lane.waits(0)
    assert.deepStrictEqual(lane.excluded(0), ["slow", "refuses"])
    assert.strictEqual(lane.wanted(0), keyedWindow - perKey)
    lane.looked(Infinity, 0)
    assert.isTrue(lane.takesFresh("quick", 0))
    assert.strictEqual(lane.wantsAtMillis(), 100)
  })

  it("What waits for a slow key is looked for as soon as one of its messages has ended.", () => {
    const lane = empty(true)
    for (let count = 0; count < perKey; count++) lane.begin("slow")
    lane.waits(0)
    lane.looked(Infinity, 0)
    assert.strictEqual(lane.wanted(0), 0)
    lane.end("slow")
    assert.isAbove(lane.wanted(0), 0)
    // What waits goes first.
    assert.isFalse(lane.takesFresh("slow", 0))
  })
})

/** How long an actor may start messages before others have their turn. */
import { assert, describe, it } from "@effect/vitest"
import { TimeSlice } from "../../src/host/timeSlice.ts"

/** A slice of 5 ms in a thread whose time is set by hand. */
const make = () => {
  const thread = { millis: 0, tick: 0, reads: 0, renewed: 0 }
  let turn: (() => void) | undefined
  const slice = new TimeSlice(() => thread.renewed++, 5, {
    now: () => {
      thread.reads++
      return thread.millis
    },
    tick: () => thread.tick,
    afterTurn: (f) => {
      turn = f
    }
  })
  const spend = (count = 1): void => {
    for (let n = 0; n < count; n++) slice.spend()
  }
  return { thread, slice, spend, turn: () => turn?.() }
}

describe("a time slice", () => {
  it("A time slice is used up after its time and no earlier, and renewed once the loop has turned.", () => {
    const { slice, spend, thread, turn } = make()
    spend(2)
    thread.millis = 4.999
    spend(2)
    assert.isFalse(slice.isUsedUp)
    thread.millis = 5
    spend(4)
    assert.isTrue(slice.isUsedUp)
    assert.strictEqual(thread.renewed, 0)
    turn()
    assert.isFalse(slice.isUsedUp)
    assert.strictEqual(thread.renewed, 1)
  })

  it("A time slice counts from the second message of a tick, so that the time between ticks is not part of it.", () => {
    const { slice, spend, thread } = make()
    spend(2)
    for (let tick = 1; tick < 10; tick++) {
      thread.tick = tick
      thread.millis += 1000
      spend(2)
      assert.isFalse(slice.isUsedUp)
    }
  })

  it("A time slice reads no clock for a message that comes alone, and one for each 16 of many.", () => {
    const { spend, thread } = make()
    for (let tick = 0; tick < 100; tick++) {
      thread.tick = tick
      spend()
    }
    assert.strictEqual(thread.reads, 0)
    spend(15)
    assert.strictEqual(thread.reads, 4)
    spend(160)
    assert.strictEqual(thread.reads, 14)
  })

  it("A time slice starts over with each tick.", () => {
    const { slice, spend, thread } = make()
    spend(4)
    thread.tick++
    thread.millis = 100
    spend(3)
    assert.isFalse(slice.isUsedUp)
    thread.millis = 105
    spend()
    assert.isTrue(slice.isUsedUp)
  })
})

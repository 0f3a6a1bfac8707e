import { assert, describe, it } from "@effect/vitest"
import { actorStates, allocate, make } from "../../src/shared/statusBlock.ts"

describe("a block", () => {
  it("A block is read by others as it was written.", () => {
    const memory = allocate(3)
    const [own, other] = [make(memory), make(memory)]
    own.beat(2 ** 33)
    own.beat(2 ** 33 + 1)
    own.noteTold(1.25)
    own.noteExit()
    own.noteHandling(2, 5)
    assert.deepStrictEqual([other.beats(), other.heapBytes(), other.exitNoted()], [2, 2 ** 33 + 1, true])
    assert.strictEqual(other.toldMillis(), 1.25)
    assert.deepStrictEqual(other.readHandling(), { actor: 2, message: 5 })
    own.noteHandling(-1, -1)
    assert.deepStrictEqual(other.readHandling(), { actor: -1, message: -1 })
  })

  it("A block is blank at first.", () => {
    const own = make(allocate(1))
    assert.deepStrictEqual(own.readHandling(), { actor: -1, message: -1 })
    assert.deepStrictEqual([own.exitNoted(), own.depth(0), own.handled(0), own.failed(0), own.waiters(0)], [
      false,
      0,
      0,
      0,
      0
    ])
    assert.strictEqual(own.state(0), "starting")
  })

  it("A block keeps every actor's counters apart.", () => {
    const own = make(allocate(3))
    for (const actor of [0, 1, 2]) {
      assert.strictEqual(own.addDepth(actor, actor + 1), actor + 1)
      own.addWaiters(actor, 10 + actor)
      own.addHandled(actor, 20 + actor)
      own.addFailed(actor, 30 + actor)
      own.setState(actor, actorStates[actor + 1] ?? "starting")
    }
    for (const actor of [0, 1, 2]) {
      assert.deepStrictEqual(
        [own.depth(actor), own.waiters(actor), own.handled(actor), own.failed(actor), own.state(actor)],
        [actor + 1, 10 + actor, 20 + actor, 30 + actor, actorStates[actor + 1]]
      )
    }
  })

  it("A block gives places in a mailbox as long as there are any, to every sender, and counts for ever.", () => {
    const memory = allocate(2)
    const [thread, one, other] = [make(memory), make(memory), make(memory)]
    for (const actor of [0, 1]) {
      for (let round = 0; round < 10; round++) {
        assert.deepStrictEqual([one, other, one, other].map((block) => block.tryAddDepth(actor, 3)), [
          true,
          true,
          true,
          false
        ])
        assert.strictEqual(thread.depth(actor), 3)
        thread.leave(actor)
        assert.deepStrictEqual([other, one].map((block) => block.tryAddDepth(actor, 3)), [true, false])
        for (let left = 0; left < 3; left++) thread.leave(actor)
        assert.strictEqual(other.depth(actor), 0)
      }
    }
    // More than an Int32 holds have come and gone.
    const counters = new Int32Array(memory)
    const before = counters.slice()
    thread.addDepth(0, 1)
    thread.leave(0)
    const changed = Array.from(counters.keys()).filter((at) => counters[at] !== before[at])
    assert.lengthOf(changed, 2)
    for (const at of changed) counters[at] = 2 ** 31 - 42
    for (let n = 0; n < 100; n++) {
      assert.isTrue(one.tryAddDepth(0, 3))
      assert.strictEqual(thread.depth(0), 1)
      thread.leave(0)
    }
  })
})

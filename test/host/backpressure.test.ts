import { assert, describe, it } from "@effect/vitest"
import * as backpressure from "../../src/host/backpressure.ts"
import * as statusBlock from "../../src/shared/statusBlock.ts"

/** A thread with two actors, whose mailboxes hold so many, and who was told that there is room. */
const make = (capacities: Array<number>) => {
  const own = statusBlock.make(statusBlock.allocate(2))
  const told: Array<number> = []
  const left = backpressure.make({
    block: own,
    capacity: (actor) => capacities[actor] ?? 0,
    lowWater: (actor) => Math.floor((capacities[actor] ?? 0) / 2),
    resume: (actor) => told.push(actor)
  })
  return {
    own,
    told,
    left: (actor: number, count: number) => {
      for (let n = 0; n < count; n++) left(actor)
    }
  }
}

describe("room in a mailbox", () => {
  it("Waiting senders are resumed when half of a mailbox is empty, each time that it was full.", () => {
    const { left, own, told } = make([4, 4])
    own.addDepth(0, 4)
    left(0, 1)
    own.addDepth(0, 1)
    own.addWaiters(0, 1)
    left(0, 1)
    assert.deepStrictEqual(told, [], "it is more than half full")
    left(0, 1)
    assert.deepStrictEqual(told, [0])
    own.addDepth(0, 2)
    left(0, 1)
    assert.deepStrictEqual(told, [0], "it is more than half full")
    left(0, 1)
    assert.deepStrictEqual(told, [0, 0])
  })

  it("Senders are resumed in time, whenever they begin to wait.", () => {
    for (const capacity of [1, 2, 3, 4, 5, 10, 1000]) {
      for (let before = 0; before < Math.min(2 * capacity, 30); before++) {
        const { left, own, told } = make([capacity, 1])
        own.addDepth(0, before % capacity)
        left(0, before % capacity)
        own.addDepth(0, capacity)
        own.addWaiters(0, 1)
        const half = Math.floor(capacity / 2)
        left(0, capacity - half - 1)
        assert.deepStrictEqual(told, [], `capacity ${capacity}, ${before} before`)
        left(0, 1)
        assert.deepStrictEqual(told, [0], `capacity ${capacity}, ${before} before`)
      }
    }
  })

  it("Nobody is resumed when nobody waits, nor for another actor.", () => {
    const { left, own, told } = make([3, 3])
    own.addWaiters(1, 1)
    own.addDepth(0, 3)
    left(0, 3)
    assert.deepStrictEqual(told, [])
  })

  it("The room in a mailbox is that of its present options.", () => {
    const capacities = [1000, 1]
    const { left, own, told } = make(capacities)
    own.addDepth(0, 1)
    left(0, 1)
    capacities[0] = 4
    own.addDepth(0, 4)
    own.addWaiters(0, 1)
    left(0, 2)
    assert.deepStrictEqual(told, [0])
  })
})

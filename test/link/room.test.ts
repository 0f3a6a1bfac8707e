import { assert, describe, it } from "@effect/vitest"
import * as board from "../../src/link/board.ts"
import * as room from "../../src/link/room.ts"

/** A thread with two actors, whose mailboxes hold so many, and who was told that there is room. */
const make = (capacity: number) => {
  const own = board.make(board.allocate(2))
  const told: Array<number> = []
  return { own, told, room: room.make({ board: own, capacity: () => capacity, onRoom: (actor) => told.push(actor) }) }
}

describe("room in a mailbox", () => {
  it("is given back at once, or for several messages together", () => {
    const { own, room } = make(100)
    own.addDepth(0, 40)
    own.addDepth(1, 5)
    room.left(0)
    assert.strictEqual(own.depth(0), 39)
    room.together(() => {
      for (let n = 0; n < 15; n++) room.left(0)
      assert.strictEqual(own.depth(0), 39)
      room.left(0)
      assert.strictEqual(own.depth(0), 23)
      room.left(0)
      room.left(1)
      assert.strictEqual(own.depth(0), 22, "another actor's turn")
    })
    assert.deepStrictEqual([own.depth(0), own.depth(1)], [22, 4])
  })

  it("is given back also when a batch ends badly", () => {
    const { own, room } = make(100)
    own.addDepth(0, 1)
    assert.throws(() =>
      room.together(() => {
        room.left(0)
        throw new Error("boom")
      }), "boom")
    assert.strictEqual(own.depth(0), 0)
  })

  it("is told to those who wait when half of it is empty, once until it was fuller again", () => {
    const { own, room, told } = make(4)
    own.addDepth(0, 4)
    room.left(0)
    assert.deepStrictEqual(told, [], "nobody waits")
    own.addWaiters(0, 1)
    own.addDepth(0, 1)
    room.left(0)
    assert.deepStrictEqual(told, [], "it is more than half full")
    room.left(0)
    room.left(0)
    assert.deepStrictEqual(told, [0])
    own.addDepth(0, 3)
    room.arrived(0)
    room.left(0)
    room.left(0)
    assert.deepStrictEqual(told, [0, 0])
  })
})

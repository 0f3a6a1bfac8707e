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

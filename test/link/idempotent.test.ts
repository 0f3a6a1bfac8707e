import { assert, describe, it } from "@effect/vitest"
import * as Rpc from "effect/rpc/Rpc"
import * as Schema from "effect/Schema"
import { Actor } from "heddle"
import * as ActorError from "../../src/ActorError.ts"
import { call, crash, type Incarnation, make, numbers } from "./world.ts"

const tell = { discard: true } as const
const crashed = new ActorError.Crashed({ handled: "maybe", cause: crash })

/** The actor dies while it handles its oldest message; its thread lives on. */
const dieOf = (thread: Incarnation, position: number): void => {
  thread.started[position]?.end({ _tag: "Failed", reason: crashed })
  thread.mailbox.release()
  thread.settle()
}

describe("Messages that may run twice", () => {
  it("D2: A message that may run twice goes to the next incarnation if its thread dies, before those that wait, and then fails.", () => {
    const world = make()
    const first = world.boot()
    const calls = [0, 1].map((n) => call(world.sink.Repeat({ n })))
    const told = call(world.sink.Repeat({ n: 2 }, tell))
    first.settle()
    assert.deepStrictEqual(numbers(first.started), [0])
    first.die()
    const second = world.boot()
    second.settle()
    assert.deepStrictEqual(numbers(second.started), [0])
    second.finish(7)
    second.settle()
    assert.strictEqual(calls[0]?.state(), "value:7")
    assert.deepStrictEqual(numbers(second.started), [0, 1])
    second.die()
    const third = world.boot()
    third.settle()
    assert.deepStrictEqual(numbers(third.started), [1])
    third.die()
    assert.strictEqual(calls[1]?.state(), "Crashed/maybe", "it has run twice")
    assert.strictEqual(told.state(), "value:undefined")
    const fourth = world.boot()
    fourth.settle()
    assert.deepStrictEqual(numbers(fourth.started), [2])
    assert.deepStrictEqual(world.deadLetters, [])
    fourth.die()
    const fifth = world.boot()
    fifth.settle()
    fifth.die()
    assert.deepStrictEqual(world.deadLetters.map(({ reason }) => reason._tag), ["Crashed"])
  })

  it("D2: A message that may run twice runs again on the same thread if only its actor dies, whether it is asked or told.", () => {
    const world = make()
    const thread = world.boot()
    const asked = call(world.sink.Repeat({ n: 0 }))
    call(world.sink.Repeat({ n: 1 }, tell))
    thread.settle()
    dieOf(thread, 0)
    assert.deepStrictEqual(numbers(thread.started), [0, 1])
    dieOf(thread, 1)
    assert.deepStrictEqual(numbers(thread.started), [0, 1, 0])
    dieOf(thread, 2)
    assert.strictEqual(asked.state(), "Crashed/maybe")
    assert.deepStrictEqual(numbers(thread.started), [0, 1, 0, 1])
    dieOf(thread, 3)
    assert.lengthOf(thread.started, 4)
    assert.deepStrictEqual([...world.deadLetters, ...thread.deadLetters].map(({ reason }) => reason._tag), ["Crashed"])
    assert.strictEqual(thread.block.depth(0), 0)
  })

  it("D2: A message that runs twice gives back its slot each time.", () => {
    const world = make()
    const thread = world.boot()
    // More than a ledger has slots, a few at a time.
    for (let round = 0; round < 300; round++) {
      for (let n = 0; n < 30; n++) call(world.sink.Repeat({ n }, tell))
      thread.settle()
      for (let position = 0; position < 60; position++) dieOf(thread, round * 60 + position)
    }
    assert.lengthOf(thread.started, 18_000)
    assert.lengthOf(world.deadLetters, 9000)
  })

  it("D2: A message that has run once may have run, however it ends after its first run.", () => {
    for (const how of ["gone", "interrupted", "late", "stopping"] as const) {
      const world = make()
      const thread = world.boot()
      const asked = call(world.sink.Repeat({ n: 0 }))
      thread.settle()
      thread.die()
      assert.strictEqual(asked.state(), "pending", "it waits for its second run")
      if (how === "gone") world.sender.gone("actors", "it was stopped")
      else if (how === "late") world.fire()
      else if (how === "stopping") world.sender.stopping("actors", false)
      else asked.interrupt()
      const expected = {
        gone: "Crashed/maybe",
        stopping: "Crashed/maybe",
        late: "TimedOut/maybe",
        interrupted: "interrupted"
      }
      assert.strictEqual(asked.state(), expected[how])
      const next = world.boot()
      next.settle()
      assert.lengthOf(next.started, 0)
    }
  })

  it("D2: A message that may run twice fails at once if it has moved something.", () => {
    const world = make()
    const thread = world.boot()
    const asked = call(world.sink.MoveAgain({ bytes: new Uint8Array(8) }))
    thread.settle()
    thread.die()
    assert.strictEqual(asked.state(), "Crashed/maybe")
  })

  it("D2: A tell that may run twice is reported by its actor if its sender is dead.", () => {
    const world = make()
    const thread = world.boot()
    call(world.sink.Repeat({ n: 0 }, tell))
    thread.settle()
    thread.node.lost("sender", 1, crash)
    dieOf(thread, 0)
    assert.deepStrictEqual(thread.deadLetters.map(({ reason }) => reason._tag), ["Crashed"])
  })

  it("D2: A stream can't be declared as a message that may run twice.", () => {
    const ticks = Rpc.make("Ticks", { success: Schema.Int, stream: true })
    assert.throws(() => Actor.idempotent(ticks), /^Actor\.idempotent: Ticks is a stream, which can't begin again/)
  })
})

/**
 * A thread may be terminated between any two steps. Whatever it does with a tell, shared memory says at each of them that the tell
 * is on its way, until it is handled or reported.
 */
import { assert, describe, it } from "@effect/vitest"
import * as ActorError from "../../src/ActorError.ts"
import { call, crash, type Incarnation, make, type World } from "./world.ts"

const tell = { discard: true } as const
const crashed = new ActorError.Crashed({ handled: "maybe", cause: crash })
const writes = ["add", "sub", "store", "exchange", "compareExchange"] as const

/** The least that is known of tells after any write to shared memory, and before any report, while `run` runs. */
const leastKnown = (world: World, known: () => number, run: () => void): number => {
  let least = known()
  world.beforeReport(() => least = Math.min(least, known()))
  const restore = writes.map((name) => {
    const write = Atomics[name]
    Reflect.set(Atomics, name, (...args: ReadonlyArray<unknown>): unknown => {
      const written: unknown = Reflect.apply(write, Atomics, args)
      least = Math.min(least, known())
      return written
    })
    return () => Reflect.set(Atomics, name, write)
  })
  try {
    run()
  } finally {
    for (const back of restore) back()
  }
  return Math.min(least, known())
}

/** What is on its way or was reported. */
const knownOf = (world: World, threads: ReadonlyArray<Incarnation>): number =>
  world.left() + world.deadLetters.length + world.losses.reduce((sum, { count }) => sum + count, 0) +
  threads.reduce((sum, { deadLetters }) => sum + deadLetters.length, 0)

const told = 5

interface Given {
  readonly world: World
  readonly thread: Incarnation
  /** Boots the next incarnation. */
  readonly next: () => Incarnation
}

const put = ({ world }: Given): void => {
  for (let n = 0; n < told; n++) call(world.sink.Put({ n }, tell))
}

const repeat = ({ world }: Given): void => {
  for (let n = 0; n < told; n++) call(world.sink.Repeat({ n }, tell))
}

const move = ({ world }: Given): void => {
  for (let n = 0; n < told; n++) call(world.sink.Move({ bytes: new Uint8Array(8) }, tell))
}

const dieOf = (thread: Incarnation, position: number): void => {
  thread.started[position]?.end({ _tag: "Failed", reason: crashed })
  thread.mailbox.release()
}

interface Way {
  readonly what: string
  readonly send: (given: Given) => void
  readonly run: (given: Given) => void
}

const ways: ReadonlyArray<Way> = [
  { what: "their thread dies before it has got them", send: put, run: ({ thread }) => thread.die() },
  {
    what: "their thread dies, and the next one gets them",
    send: put,
    run({ next, thread }) {
      thread.die()
      next().settle()
    }
  },
  {
    what: "their thread dies while it handles one of them",
    send: put,
    run({ thread }) {
      thread.settle()
      thread.die()
    }
  },
  { what: "their bytes have moved to a thread that dies", send: move, run: ({ thread }) => thread.die() },
  {
    what: "they may run twice, and their thread dies twice",
    send: repeat,
    run({ next, thread }) {
      thread.settle()
      thread.die()
      const second = next()
      second.settle()
      second.die()
    }
  },
  {
    what: "they may run twice, and their actor dies twice",
    send: repeat,
    run({ thread }) {
      thread.settle()
      for (let position = 0; position < 2 * told; position++) {
        dieOf(thread, position)
        thread.settle()
      }
    }
  },
  {
    what: "they may run twice, and their sender dies while the first is on its way back",
    send: repeat,
    run({ thread, world }) {
      thread.settle()
      dieOf(thread, 0)
      thread.node.lost("sender", 1, crash)
      assert.deepStrictEqual(world.losses, [{ thread: "actors", actor: 0, count: 1, handled: "maybe" }])
    }
  },
  {
    what: "their actor dies of each",
    send: put,
    run({ thread }) {
      thread.settle()
      for (let position = 0; position < told; position++) dieOf(thread, position)
    }
  },
  {
    what: "their sender dies before they arrive",
    send: put,
    run({ thread, world }) {
      thread.there.close()
      thread.node.lost("sender", 1, crash)
      assert.deepStrictEqual(world.losses, [{ thread: "actors", actor: 0, count: told, handled: "no" }])
    }
  },
  {
    what: "their receiver rejects them",
    send: put,
    run({ thread }) {
      thread.settle()
      thread.mailbox.rejectWaiting(new ActorError.Stopping())
    }
  },
  {
    what: "their sender ends in order while they wait for a thread",
    send: put,
    run({ thread, world }) {
      thread.die()
      world.sender.abandon(new ActorError.Stopping())
    }
  },
  {
    what: "they can't be posted",
    send: put,
    run: ({ thread }) => thread.there.posted.forEach((frame) => thread.unsendable(frame))
  }
]

describe("Tells in shared memory", () => {
  for (const { run, send, what } of ways) {
    it(`D11: Tells are known at each moment at which a thread may be terminated: ${what}.`, () => {
      const world = make()
      const threads = [world.boot()]
      const [thread] = threads
      assert.isDefined(thread)
      const given: Given = {
        world,
        thread,
        next() {
          const next = world.boot()
          threads.push(next)
          return next
        }
      }
      const known = () => knownOf(world, threads)
      send(given)
      assert.strictEqual(known(), told)
      assert.isAtLeast(leastKnown(world, known, () => run(given)), told)
      assert.strictEqual(known(), told, "none is known twice in the end")
    })
  }

  it("D11: What a thread tells after it was given up is reported when it is dead.", () => {
    const world = make()
    const thread = world.boot()
    thread.node.lost("sender", 1, crash)
    put({ world, thread, next: world.boot })
    thread.settle()
    assert.deepStrictEqual(world.losses, [])
    thread.node.lost("sender", 1, crash)
    thread.node.lost("sender", 1, crash)
    assert.deepStrictEqual(world.losses, [{ thread: "actors", actor: 0, count: told, handled: "no" }])
    assert.strictEqual(world.left(), 0)
    assert.strictEqual(thread.block.depth(0), 0)
  })

  it("D11: A tell that is handled is no longer known.", () => {
    const world = make()
    const thread = world.boot()
    put({ world, thread, next: world.boot })
    thread.settle()
    for (let n = 0; n < told; n++) thread.finish(0)
    assert.strictEqual(knownOf(world, [thread]), 0)
  })
})

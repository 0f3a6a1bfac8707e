import { assert, describe, it } from "@effect/vitest"
import type { ToThread } from "../../src/control/protocol.ts"
import type { Report } from "../../src/main/deadlocks.ts"
import * as deadlockWatch from "../../src/main/deadlockWatch.ts"

type Ask = { readonly id: number; readonly actor: string; readonly thread: string }

/** Threads one and two host A and B, which wait for each other's place; three hosts nothing that waits. */
const world = () => {
  const posted: Array<readonly [thread: string, message: ToThread]> = []
  const timers: Array<{ readonly millis: number; readonly act: () => void }> = []
  const watch = deadlockWatch.make({
    threads: () => ["one", "two", "three"],
    post: (thread, message) => void posted.push([thread, message]),
    after: (millis, act) => void timers.push({ millis, act })
  })
  const take = () => posted.splice(0)
  const reportOf = (thread: string, actor: string, ask: Ask): Report => ({
    thread,
    incarnation: 1,
    full: [{ actor, places: 1 }],
    waiting: [{
      message: 1,
      actor,
      holdsPlace: true,
      sender: "main",
      slot: 0,
      ask: { ...ask, candidates: [ask.thread], slot: 0, started: false, depth: 1 }
    }]
  })
  const ofOne = (id = 1) => reportOf("one", "A", { id, actor: "B", thread: "two" })
  const ofTwo = (id = 2) => reportOf("two", "B", { id, actor: "A", thread: "one" })
  const ofThree: Report = { thread: "three", incarnation: 1, full: [], waiting: [] }
  return {
    watch,
    take,
    /** A thread that knows nothing of the circle reports that it is blocked. */
    blocked: () => watch.blocked(ofThree),
    /** A thread of the circle does. */
    oneBlocked: () => watch.blocked(ofOne()),
    twoBlocked: () => watch.blocked(ofTwo()),
    one: (round: number, id?: number) => watch.heard(round, ofOne(id)),
    two: (round: number, id?: number) => watch.heard(round, ofTwo(id)),
    three: (round: number) => watch.heard(round, ofThree),
    /** The time of all that waits for so long is over. */
    pass(millis: number): void {
      for (const timer of timers.splice(0)) {
        if (timer.millis <= millis) timer.act()
        else timers.push(timer)
      }
    }
  }
}

const threadsOf = (posted: ReadonlyArray<readonly [thread: string, message: ToThread]>) =>
  posted.map(([thread, { _tag }]) => `${_tag} ${thread}`)

describe("the watch for deadlocks", () => {
  it("The watch for deadlocks asks all threads, then those that are stuck once more, and has all their asks failed.", () => {
    const { blocked, one, take, two, watch } = world()
    blocked()
    assert.deepStrictEqual(threadsOf(take()), ["Waits one", "Waits two", "Waits three"])
    one(1)
    assert.deepStrictEqual(take(), [])
    // Whether the third answers does not matter.
    two(1)
    assert.deepStrictEqual(threadsOf(take()), ["Waits one", "Waits two"])
    one(2)
    two(2)
    assert.deepStrictEqual(take(), [
      ["one", { _tag: "Withdraw", round: 2, asks: [{ id: 1, cycle: ["B", "A", "B"] }] }],
      ["two", { _tag: "Withdraw", round: 2, asks: [{ id: 2, cycle: ["A", "B", "A"] }] }]
    ])
    watch.withdrawn(2, "one")
    watch.withdrawn(1, "two")
    assert.deepStrictEqual(take(), [], "no ask fails before all are taken back")
    watch.withdrawn(2, "two")
    assert.deepStrictEqual(threadsOf(take()), ["Break one", "Break two"])
    watch.withdrawn(2, "two")
    assert.deepStrictEqual(take(), [])
  })

  it("Threads that have reported themselves are asked only to confirm it.", () => {
    const { one, oneBlocked, take, two, twoBlocked } = world()
    oneBlocked()
    assert.deepStrictEqual(threadsOf(take()), ["Waits one", "Waits two", "Waits three"])
    twoBlocked()
    assert.deepStrictEqual(threadsOf(take()), ["Waits one", "Waits two"])
    // The first round is over.
    one(1)
    two(1)
    assert.deepStrictEqual(take(), [])
    one(2)
    two(2)
    assert.deepStrictEqual(threadsOf(take()), ["Withdraw one", "Withdraw two"])
  })

  it("What a thread has reported is not believed once another round has begun.", () => {
    const { blocked, oneBlocked, pass, take, three, two, twoBlocked } = world()
    oneBlocked()
    pass(200)
    take()
    blocked()
    twoBlocked()
    assert.deepStrictEqual(threadsOf(take()), ["Waits one", "Waits two", "Waits three"])
    two(2)
    three(2)
    assert.deepStrictEqual(take(), [])
  })

  it("Asks fail although a thread of the circle has died before it took back its own.", () => {
    const { blocked, one, pass, take, two, watch } = world()
    blocked()
    one(1)
    two(1)
    one(2)
    two(2)
    watch.withdrawn(2, "one")
    take()
    pass(200)
    assert.deepStrictEqual(threadsOf(take()), ["Break one", "Break two"])
  })

  it("The watch for deadlocks has nothing failed if the second round finds another ask.", () => {
    const { blocked, one, take, two } = world()
    blocked()
    one(1)
    two(1)
    take()
    one(2, 7)
    two(2)
    assert.deepStrictEqual(take(), [])
  })

  it("The watch for deadlocks ignores answers to a round that is over.", () => {
    const { blocked, one, take, three, two } = world()
    blocked()
    one(1)
    two(1)
    take()
    two(1)
    three(1)
    one(1)
    assert.deepStrictEqual(take(), [])
  })

  it("The watch for deadlocks looks again after it had an ask failed, and when a thread was blocked meanwhile.", () => {
    const { blocked, one, pass, take, three, two, watch } = world()
    blocked()
    one(1)
    two(1)
    one(2)
    two(2)
    watch.withdrawn(2, "one")
    watch.withdrawn(2, "two")
    take()
    pass(10)
    assert.deepStrictEqual(threadsOf(take()), ["Waits one", "Waits two", "Waits three"])
    blocked()
    one(3)
    three(3)
    assert.deepStrictEqual(take(), [])
    two(3, 9)
    assert.deepStrictEqual(threadsOf(take()), ["Waits one", "Waits two"])
  })

  it("The watch for deadlocks gives up a round that a thread does not answer, and begins the next.", () => {
    const { blocked, one, pass, take } = world()
    blocked()
    one(1)
    blocked()
    take()
    pass(200)
    assert.deepStrictEqual(threadsOf(take()), ["Waits one", "Waits two", "Waits three"])
  })

  it("D12: A deadlock is found when a thread of it did not answer in time, and nothing new waits.", () => {
    const { one, oneBlocked, pass, take, two } = world()
    oneBlocked()
    take()
    // Thread two waits for a processor, again and again: it is asked less and less often.
    pass(200)
    for (const millis of [400, 800, 1600]) {
      pass(millis / 2)
      assert.deepStrictEqual(take(), [])
      pass(millis)
      assert.deepStrictEqual(threadsOf(take()), ["Waits one", "Waits two", "Waits three"])
      one([400, 800, 1600].indexOf(millis) + 2)
      pass(200)
    }
    pass(3200)
    one(5)
    take()
    two(5)
    assert.deepStrictEqual(threadsOf(take()), ["Waits one", "Waits two"])
  })

  it("D12: A deadlock is found when its threads did not confirm it in time.", () => {
    const { one, oneBlocked, pass, take, two, watch } = world()
    oneBlocked()
    take()
    two(1)
    assert.deepStrictEqual(threadsOf(take()), ["Waits one", "Waits two"])
    pass(200)
    assert.deepStrictEqual(take(), [])
    pass(400)
    assert.deepStrictEqual(threadsOf(take()), ["Waits one", "Waits two", "Waits three"])
    one(3)
    two(3)
    assert.deepStrictEqual(threadsOf(take()), ["Waits one", "Waits two"])
    one(4)
    two(4)
    assert.deepStrictEqual(threadsOf(take()), ["Withdraw one", "Withdraw two"])
    watch.withdrawn(4, "one")
    watch.withdrawn(4, "two")
    assert.deepStrictEqual(threadsOf(take()), ["Break one", "Break two"])
  })

  it("D12: A thread that does not answer is asked no more once nothing is blocked.", () => {
    const { blocked, pass, take } = world()
    blocked()
    take()
    pass(200)
    pass(400)
    assert.deepStrictEqual(take(), [])
  })
})

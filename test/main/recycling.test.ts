import { assert, describe, it } from "@effect/vitest"
import { boom, declare, make, stall, type ThreadOptions } from "./machine.ts"

const recycle = { after: 10, heap: "200 MB", age: "1 hour" } as const

/** A system whose threads all run. */
const running = (threads: Readonly<Record<string, ThreadOptions>>, options: Parameters<typeof declare>[1] = {}) => {
  const machine = make(declare(threads, options))
  machine.boot()
  return machine
}

describe("Recycling", () => {
  it("F28: A thread that is worn has its successor loaded, handles what it has started, and restarts at no cost.", () => {
    const machine = running({ a: { recycle, restart: { limit: { failures: 0 } } }, b: {} })
    assert.deepStrictEqual(machine.worn("a"), ["LoadSuccessor a#1"])
    assert.deepStrictEqual(machine.worn("a"), [], "it is known already")
    assert.deepStrictEqual(machine.successor("a"), ["Retire a#1"])
    assert.deepStrictEqual(machine.retired("a"), ["AskStop a#1 comes back"])
    assert.deepStrictEqual(machine.stops("a"), ["Kill a#1", "Lose a#1 Recycled", "Spawn a#2"])
    assert.include(machine.ready("a"), "Open a#2")
    assert.deepStrictEqual(machine.told(), ["ThreadRecycling a", "ThreadExited a", "ThreadStarted a"])
    assert.strictEqual(machine.thread("a").history.failures, 0)
    assert.isNull(machine.thread("a").lastCause)
  })

  it("F28: A thread that is worn by its messages retires at once, and stops when its successor is loaded or can't be.", () => {
    for (const isLoaded of [true, false]) {
      const machine = running({ a: { recycle } })
      assert.deepStrictEqual(machine.worn("a", "after"), ["LoadSuccessor a#1", "Retire a#1"])
      assert.deepStrictEqual(machine.retired("a"), [], "its successor is not there")
      assert.deepStrictEqual(machine.successor("a", isLoaded), ["AskStop a#1 comes back"])
    }
  })

  it("F28: A thread that is worn by its heap or its age goes on if its successor can't be loaded.", () => {
    const machine = running({ a: { recycle } })
    machine.worn("a")
    assert.deepStrictEqual(machine.successor("a", false), [])
    assert.deepStrictEqual(machine.retired("a"), [], "nobody had asked it to")
    assert.strictEqual(machine.thread("a").phase, "running")
    machine.aged("a")
    assert.deepStrictEqual(machine.successor("a", false), ["Age of a#1 in 60000"])
    assert.deepStrictEqual(machine.aged("a"), ["LoadSuccessor a#1"])
  })

  it("F28: A thread has a spare loaded before it reaches its limit.", () => {
    const machine = running({ a: { recycle }, b: { recycle, standby: 2 } })
    assert.deepStrictEqual(machine.wearing("a"), ["Prepare 1 for a"])
    assert.deepStrictEqual(machine.wearing("b"), ["Prepare 2 for b"])
  })

  it("F28: The age of a thread is measured from when it was ready.", () => {
    const machine = make(declare({ a: { recycle: { age: "1 minute" } } }))
    machine.wake()
    assert.deepStrictEqual(machine.ready("a"), ["Open a#1", "Age of a#1 in 60000", "Booted"])
    machine.later(60_000)
    machine.aged("a")
    assert.deepInclude(machine.events.at(-1), { _tag: "ThreadRecycling", why: "age", amount: 60_000 })
  })

  it("F28: A thread that is worn waits for its turn among the instances of its declaration.", () => {
    const machine = running({ a: { recycle, instances: 3 } })
    machine.worn("a.1")
    machine.worn("a.2")
    assert.deepStrictEqual(machine.successor("a.2"), ["Retire a.2#1"])
    assert.deepStrictEqual(machine.successor("a.1"), [], "the second one goes first")
    machine.retired("a.2")
    machine.stops("a.2")
    assert.deepStrictEqual(machine.ready("a.2").filter((said) => said.startsWith("Retire")), ["Retire a.1#1"])
  })

  it("F28: A thread that is worn by its messages waits for nobody's turn.", () => {
    const machine = running({ a: { recycle, instances: 2 } })
    machine.worn("a.1")
    machine.successor("a.1")
    machine.worn("a.2")
    assert.include(machine.worn("a.2", "after"), "Retire a.2#1", "and at once when it was to wait")
  })

  it("F28: A thread that fails meanwhile is restarted as any thread that fails.", () => {
    for (const fail of ["dies", "stalls"]) {
      const machine = running({ a: { recycle } })
      machine.worn("a")
      machine.successor("a")
      if (fail === "stalls") machine.failing("a", stall)
      machine.ends("a", boom)
      assert.include(machine.told(), "ThreadRestarting a")
      assert.isUndefined(machine.thread("a").retiring)
      assert.notInclude(machine.successor("a", true, 1).join(), "Retire")
    }
  })

  it("F28: A thread that is worn obeys its operator at every moment.", () => {
    const machine = running({ a: { recycle } })
    machine.worn("a")
    assert.include(machine.stop("a"), "AskStop a#1")
    assert.deepStrictEqual(machine.successor("a"), [])
    machine.stops("a")
    assert.deepStrictEqual(machine.worn("a"), [])
    machine.start("a")
    machine.ready("a")
    machine.worn("a")
    assert.deepStrictEqual(machine.restart("a"), ["Discard a", "Expect a", "AskStop a#2 comes back"])
    assert.deepStrictEqual(machine.stops("a"), ["Kill a#2", "Lose a#2 Requested", "Spawn a#3"])
  })

  it("F28: A thread that is worn does not come back once the system ends.", () => {
    for (const before of ["worn", "asked", "stopping"]) {
      const machine = running({ a: { recycle } })
      machine.worn("a")
      if (before !== "worn") machine.successor("a")
      if (before === "stopping") machine.retired("a")
      machine.shutdown()
      assert.deepStrictEqual(machine.successor("a"), [])
      assert.deepStrictEqual(machine.retired("a"), [])
      const said = machine.stops("a")
      assert.include(said, "Finish Asked")
      assert.include(said, "Lose a#1 Requested")
    }
  })

  it("F28: A thread that is worn restarts alone, whatever the strategy.", () => {
    for (const strategy of ["one-for-all", "rest-for-one"] as const) {
      const machine = running({ a: {}, b: { recycle }, c: {} }, { strategy })
      machine.worn("b")
      machine.successor("b")
      assert.deepStrictEqual(machine.retired("b"), ["AskStop b#1 comes back"])
      assert.deepStrictEqual(machine.stops("b"), ["Kill b#1", "Lose b#1 Recycled", "Spawn b#2"])
      assert.deepStrictEqual(machine.phases(), ["running", "starting", "running"])
    }
  })
})

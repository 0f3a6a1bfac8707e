import { assert, describe, it } from "@effect/vitest"
import { moment } from "../../src/loop/monotonic.ts"
import { boom, declare, make, stall, three } from "./machine.ts"

/** A system of three threads that all run. */
const running = (
  options: Parameters<typeof declare>[1] = {},
  threads: Parameters<typeof declare>[0] = three
) => {
  const machine = make(declare(threads, options))
  machine.boot()
  return machine
}

/** The group of the thread that failed is stopped, one at a time; all that was commanded. */
const stopAll = (machine: ReturnType<typeof make>): ReadonlyArray<string> => {
  const said: Array<string> = []
  for (;;) {
    const name = ["a", "b", "c"].find((name) => machine.thread(name).phase === "stopping")
    if (name === undefined) return said
    said.push(...machine.stops(name))
  }
}

describe("the first start", () => {
  it("The first start goes in order, each thread ready before the next starts.", () => {
    const machine = make(declare(three))
    assert.deepStrictEqual(machine.wake(), ["Spawn a#1"])
    assert.deepStrictEqual(machine.wake(), [])
    assert.deepStrictEqual(machine.ready("a"), ["Open a#1", "Spawn b#1"])
    assert.deepStrictEqual(machine.ready("b"), ["Open b#1", "Spawn c#1"])
    assert.deepStrictEqual(machine.ready("c"), ["Open c#1", "Booted"])
    assert.deepStrictEqual(machine.told(), ["ThreadStarted a", "ThreadStarted b", "ThreadStarted c"])
  })

  it("The first start in parallel loads two at a time, however long they build.", () => {
    const machine = make(declare({ a: {}, b: {}, c: {}, d: {} }, { startup: "parallel" }))
    assert.deepStrictEqual(machine.wake(), ["Spawn a#1", "Spawn b#1", "Wake in 1000", "Wake in 1000"])
    assert.deepStrictEqual(machine.loaded("b"), ["Spawn c#1", "Wake in 1000"])
    assert.deepStrictEqual(machine.loaded("a"), ["Spawn d#1"])
    assert.deepStrictEqual(machine.ready("b"), ["Open b#1"])
    assert.deepStrictEqual(machine.ready("c"), ["Open c#1"])
    assert.deepStrictEqual(machine.ready("a"), ["Open a#1"])
    assert.deepStrictEqual(machine.ready("d"), ["Open d#1", "Booted"])
  })

  for (
    const [how, fail] of [
      ["ends", (machine) => machine.ends("c")],
      ["says that it can't", (machine) => [...machine.failing("c", boom), ...machine.ends("c")]],
      ["takes too long", (machine) => [...machine.timesOut("c", "Start"), ...machine.ends("c")]]
    ] as ReadonlyArray<readonly [string, (machine: ReturnType<typeof make>) => ReadonlyArray<string>]>
  ) {
    it(`The first start of a thread that ${how} stops the others in reverse and names it.`, () => {
      const machine = make(declare({ ...three, d: {} }))
      machine.wake()
      machine.ready("a")
      machine.ready("b")
      const said = fail(machine)
      for (const command of ["Ending", "Close c", "Close d", "AskStop b#1"]) assert.include(said, command)
      assert.deepStrictEqual(machine.acknowledges("b"), ["Kill b#1"])
      assert.deepStrictEqual(machine.ends("b"), ["Lose b#1 Requested", "Close b", "AskStop a#1"])
      assert.deepStrictEqual(machine.stops("a"), ["Kill a#1", "Lose a#1 Requested", "Close a", "Finish StartFailed"])
      const { ending } = machine.state()
      assert.deepInclude(ending, { _tag: "StartFailed", thread: 2 })
      assert.isFalse(machine.told().includes("ThreadRestarting c"))
      assert.isFalse(said.some((command) => command.startsWith("Spawn")))
    })
  }

  for (
    const [how, fail] of [
      ["ends", (machine) => machine.ends("a")],
      ["says that it can't", (machine) => machine.failing("a", boom)],
      ["takes too long", (machine) => machine.timesOut("a", "Start")]
    ] as ReadonlyArray<readonly [string, (machine: ReturnType<typeof make>) => ReadonlyArray<string>]>
  ) {
    it(`F19: In a parallel first start, nothing starts after a thread ${how}.`, () => {
      const machine = make(declare({ a: {}, b: {}, c: {}, d: {} }, { startup: "parallel" }))
      machine.wake()
      const said = [...fail(machine), ...machine.loaded("b"), ...machine.wake()]
      machine.later(5000)
      said.push(...machine.wake())
      assert.isFalse(said.some((command) => command.startsWith("Spawn")))
      assert.include(said, "AskStop b#1")
    })
  }

  it("A thread that failed its first start and can't be killed ends the system all the same.", () => {
    const machine = make(declare({ a: {} }))
    machine.wake()
    machine.failing("a", boom)
    assert.include(machine.timesOut("a", "Kill"), "Finish StartFailed")
  })

  it("A thread that failed its first start is not restarted later, whatever its policy.", () => {
    const machine = make(declare({ a: { onGiveUp: "quarantine" } }))
    machine.wake()
    assert.deepStrictEqual(machine.ends("a"), ["Lose a#1 Thrown", "Ending", "Close a", "Finish StartFailed"])
    machine.later(1e6)
    assert.deepStrictEqual(machine.wake(), [])
  })

  it("The first start goes on while an earlier thread that ran is restarted.", () => {
    const machine = make(declare(three))
    machine.wake()
    machine.ready("a")
    assert.deepStrictEqual(machine.ends("a"), ["Lose a#1 Thrown", "Prepare 1 for a", "Wake in 100"])
    assert.deepStrictEqual(machine.ready("b"), ["Open b#1", "Wake in 100"])
    machine.later(100)
    assert.deepStrictEqual(machine.wake(), ["Spawn a#2"])
    assert.deepStrictEqual(machine.ready("a"), ["Open a#2", "Spawn c#1"])
    assert.deepStrictEqual(machine.ready("c"), ["Open c#1", "Booted"])
  })

  it("The first start is complete without the threads that an operator stopped meanwhile.", () => {
    const machine = make(declare({ a: {}, b: {} }))
    machine.wake()
    assert.deepStrictEqual(machine.stop("b"), ["Close b"])
    assert.deepStrictEqual(machine.ready("a"), ["Open a#1", "Booted"])
  })
})

describe("one-for-one", () => {
  it("one-for-one restarts the thread that ended, after its back-off, and leaves the others alone.", () => {
    const machine = running()
    assert.deepStrictEqual(machine.ends("b"), ["Lose b#1 Thrown", "Prepare 1 for b", "Wake in 100"])
    assert.deepStrictEqual(machine.phases(), ["running", "idle", "running"])
    machine.later(99)
    assert.deepStrictEqual(machine.wake(), ["Wake in 1"])
    machine.later(1)
    assert.deepStrictEqual(machine.wake(), ["Spawn b#2"])
    assert.deepStrictEqual(machine.ready("b"), ["Open b#2"])
    assert.deepStrictEqual(machine.told(), ["ThreadExited b", "ThreadRestarting b", "ThreadStarted b"])
    assert.deepStrictEqual(machine.thread("b").lastCause, boom)
    assert.strictEqual(machine.thread("b").incarnation, 2)
  })

  it("one-for-one restarts a thread that fails to start again, at the cost of its budget.", () => {
    const machine = running({}, { a: {}, b: { restart: { limit: { failures: 2 } } } })
    machine.ends("b")
    machine.later(100)
    machine.wake()
    assert.deepStrictEqual(machine.timesOut("b", "Start"), ["Lose b#2 StartTimedOut", "Kill b#2"])
    assert.deepStrictEqual(machine.ends("b"), ["Lose b#2 StartTimedOut", "Prepare 1 for b", "Wake in 200"])
    machine.later(200)
    machine.wake()
    assert.deepStrictEqual(machine.ends("b").slice(0, 4), ["Lose b#3 Thrown", "Ending", "Close b", "AskStop a#1"])
  })

  it("one-for-one never lets one thread's failures consume another's budget.", () => {
    const machine = running({}, {
      a: { restart: { limit: { failures: 1 } } },
      b: { restart: { limit: { failures: 1 } } }
    })
    machine.ends("a")
    machine.ends("b")
    assert.isUndefined(machine.state().ending)
    machine.later(100)
    assert.deepStrictEqual(machine.wake(), ["Spawn a#2", "Spawn b#2"])
  })

  it("one-for-one loads at most two at a time.", () => {
    const machine = running({}, { a: {}, b: {}, c: {}, d: {} })
    for (const name of ["d", "c", "b", "a"]) machine.ends(name)
    machine.later(1000)
    assert.deepStrictEqual(machine.wake(), ["Spawn a#2", "Spawn b#2", "Wake in 1000", "Wake in 1000"])
    assert.deepStrictEqual(machine.loaded("a"), ["Spawn c#2", "Wake in 1000"])
  })
})

describe("a thread is restarted at once while strangers", () => {
  const crowd = { a: {}, b: {}, c: {}, d: {}, e: {} }
  const restarts = (machine: ReturnType<typeof make>, name: string) => {
    machine.restart(name)
    return machine.stops(name)
  }

  it("F19: A thread is restarted at once while strangers build their actors.", () => {
    const machine = running({}, crowd)
    for (const name of ["a", "b", "d"]) machine.ends(name)
    machine.later(100)
    machine.wake()
    for (const name of ["a", "b", "d"]) machine.loaded(name)
    assert.include(restarts(machine, "c"), "Spawn c#2")
  })

  it("F19: A thread is restarted at once while strangers load for ever: after a second they keep nobody from loading.", () => {
    const machine = running({}, crowd)
    for (const name of ["a", "b", "d"]) machine.ends(name)
    machine.later(100)
    assert.deepStrictEqual(machine.wake(), ["Spawn a#2", "Spawn b#2", "Wake in 1000"])
    machine.later(400)
    assert.include(restarts(machine, "c"), "Wake in 600")
    machine.later(600)
    assert.deepStrictEqual(machine.wake(), ["Spawn c#2", "Spawn d#2"])
  })

  it("F19: A thread is restarted at once while strangers are slow to stop.", () => {
    const machine = running({}, crowd)
    machine.stop("d")
    machine.restart("e")
    assert.include(restarts(machine, "c"), "Spawn c#2")
    assert.deepStrictEqual(machine.phases(), ["running", "running", "starting", "stopping", "stopping"])
  })

  it("F19: A thread is restarted at once while strangers can't be killed.", () => {
    const machine = running({}, crowd)
    machine.failing("a", stall)
    machine.failing("b", stall)
    machine.timesOut("a", "Kill")
    assert.include(restarts(machine, "c"), "Spawn c#2")
  })
})

describe("a run ends when it was last known to go well", () => {
  const patient = {
    a: { restart: { limit: { failures: 2, resetAfter: "1 second" } }, onGiveUp: "quarantine" }
  } as const
  const again = (machine: ReturnType<typeof make>) => {
    machine.ends("a")
    machine.later(30_000)
    machine.wake()
    if (machine.thread("a").phase === "starting") machine.ready("a")
  }

  for (
    const [what, unwellMillis, survives] of [
      ["a hang that began at once", 59_000, false],
      ["a hang after less than resetAfter", 58_001, false],
      ["a hang after resetAfter", 58_000, true],
      ["a crash out of the blue", 0, true]
    ] as const
  ) {
    it(`F20: A run ends when it was last known to go well (${what}): the thread is ${survives ? "restarted each time" : "given up"}.`, () => {
      const machine = running({}, patient)
      for (let times = 0; times < 4 && !machine.thread("a").gaveUp; times++) {
        machine.later(59_000)
        machine.failing("a", stall, false, undefined, unwellMillis)
        again(machine)
      }
      assert.strictEqual(machine.thread("a").gaveUp, !survives)
    })
  }

  it("F20: A start that always times out is given up, however long it takes.", () => {
    const machine = running({}, patient)
    machine.ends("a")
    for (let times = 0; times < 4 && !machine.thread("a").gaveUp; times++) {
      machine.later(60_000)
      machine.wake()
      machine.later(60_000)
      machine.timesOut("a", "Start")
      machine.ends("a")
    }
    assert.isTrue(machine.thread("a").gaveUp)
  })
})

describe("while an inspector listens", () => {
  it("F22: A hang is reported and ends nothing; with \"ignore\" it does.", () => {
    const machine = running({}, { a: {}, b: { watchdog: { debugger: "ignore" } } })
    machine.debug("stands-still")
    assert.deepStrictEqual(machine.failing("a", stall), [])
    assert.deepStrictEqual(machine.told(), ["ThreadStalled a"])
    assert.deepStrictEqual(machine.failing("b", stall), ["Lose b#1 Stalled", "Kill b#1"])
  })

  it("F22: A start takes as long as it likes, until the inspector is closed.", () => {
    const machine = make(declare(three))
    machine.wake()
    machine.debug("listens")
    assert.deepStrictEqual(machine.timesOut("a", "Start"), ["Extend Start of a#1"])
    machine.debug("no")
    assert.include(machine.timesOut("a", "Start"), "Kill a#1")
  })

  it("F22: A stop takes as long as some thread stands still, and no longer.", () => {
    const machine = running()
    machine.stop("b")
    machine.debug("stands-still")
    assert.deepStrictEqual(machine.timesOut("b", "Stop"), ["Extend Stop of b#1"])
    machine.debug("listens")
    assert.deepStrictEqual(machine.timesOut("b", "Stop"), ["Kill b#1"])
  })

  it("F22: A shutdown waits for a thread that stands still.", () => {
    const machine = running()
    machine.shutdown()
    machine.debug("stands-still")
    assert.deepStrictEqual(machine.deadline(), ["ExtendShutdown"])
    machine.debug("no")
    assert.deepStrictEqual(machine.deadline(), ["Kill a#1", "Kill b#1", "Kill c#1"])
  })

  it("F22: What a thread says itself counts as ever.", () => {
    const machine = running()
    machine.debug("stands-still")
    assert.deepStrictEqual(machine.failing("a", boom), ["Lose a#1 Thrown", "Kill a#1"])
  })
})

describe("the other strategies", () => {
  for (
    const [strategy, failed, stopped, started] of [
      ["rest-for-one", "a", ["c", "b"], ["a", "b", "c"]],
      ["rest-for-one", "b", ["c"], ["b", "c"]],
      ["rest-for-one", "c", [], ["c"]],
      ["one-for-all", "a", ["c", "b"], ["a", "b", "c"]],
      ["one-for-all", "b", ["c", "a"], ["a", "b", "c"]],
      ["one-for-all", "c", ["b", "a"], ["a", "b", "c"]]
    ] as const
  ) {
    it(`With ${strategy}, after ${failed} has failed, ${stopped.join(", ") || "nobody"} stops and ${started.join(", ")} start.`, () => {
      const machine = running({ strategy })
      const said = [...machine.ends(failed), ...stopAll(machine)]
      assert.deepStrictEqual(
        said.filter((command) => command.startsWith("AskStop")),
        stopped.map((name) => `AskStop ${name}#1 comes back`)
      )
      machine.later(100)
      const starts = Array.from(machine.wake())
      for (const name of started) {
        assert.deepStrictEqual(starts.splice(0), [`Spawn ${name}#2`])
        starts.push(...machine.ready(name).filter((command) => command.startsWith("Spawn")))
      }
      assert.deepStrictEqual(machine.phases(), ["running", "running", "running"])
      // A group restart costs the one that failed one unit, and nobody else anything.
      for (const name of ["a", "b", "c"] as const) {
        assert.strictEqual(machine.thread(name).history.failures, name === failed ? 1 : 0)
      }
      assert.deepStrictEqual(machine.told().filter((event) => event.startsWith("ThreadRestarting")), [
        `ThreadRestarting ${failed}`
      ])
    })
  }

  it("A member that dies by itself while its turn to stop comes costs nothing, and keeps its place in the order.", () => {
    const machine = running({ strategy: "one-for-all" })
    assert.deepStrictEqual(machine.ends("a"), ["Lose a#1 Thrown", "Prepare 1 for a", "AskStop c#1 comes back"])
    machine.ends("b")
    assert.strictEqual(machine.thread("b").history.failures, 0)
    machine.later(1000)
    assert.deepStrictEqual(machine.stops("c").slice(-1), ["Spawn a#2"])
    assert.deepStrictEqual(machine.ready("a"), ["Open a#2", "Spawn b#2"])
    assert.deepStrictEqual(machine.ready("b"), ["Open b#2", "Spawn c#2"])
  })

  it("A member that says meanwhile that trying is pointless is given up.", () => {
    const machine = running({ strategy: "one-for-all" })
    machine.ends("a")
    machine.failing("b", boom, true)
    machine.ends("b")
    assert.deepInclude(machine.state().ending, { _tag: "GaveUp", thread: 1 })
  })

  it("A thread that an operator stopped stays stopped when its group restarts.", () => {
    const machine = running({ strategy: "one-for-all" })
    machine.stop("b")
    machine.stops("b")
    machine.ends("a")
    assert.deepStrictEqual(machine.phases(), ["idle", "idle", "stopping"])
    machine.stops("c")
    machine.later(100)
    assert.deepStrictEqual(machine.wake(), ["Spawn a#2"])
    assert.deepStrictEqual(machine.ready("a"), ["Open a#2", "Spawn c#2"])
  })

  it("The group waits until a member that is slow to stop is dead.", () => {
    const machine = running({ strategy: "one-for-all" })
    machine.ends("a")
    machine.later(100)
    assert.deepStrictEqual(machine.wake(), [])
    assert.deepStrictEqual(machine.timesOut("c", "Stop"), ["Kill c#1"])
    assert.deepStrictEqual(machine.ends("c").slice(-1), ["AskStop b#1 comes back"])
    assert.deepStrictEqual(machine.stops("b").slice(-1), ["Spawn a#2"])
  })
})

describe("the budget", () => {
  const small = { a: {}, b: { restart: { limit: { failures: 2 } } } }
  const spend = (machine: ReturnType<typeof make>) => {
    for (let times = 0; times < 2; times++) {
      machine.ends("b")
      machine.later(10_000)
      machine.wake()
      machine.ready("b")
    }
  }

  it("The budget spent escalates: the system stops in order, with the last cause.", () => {
    const machine = running({}, small)
    spend(machine)
    assert.deepStrictEqual(machine.ends("b", stall), ["Lose b#3 Stalled", "Ending", "Close b", "AskStop a#1"])
    assert.deepInclude(machine.state().ending, { _tag: "GaveUp", thread: 1, failures: 3, cause: stall })
    assert.deepStrictEqual(machine.stops("a").slice(-1), ["Finish GaveUp"])
    assert.includeMembers(machine.told(), ["GaveUp b", "Stopping", "Stopped"])
  })

  it("The budget spent with quarantine leaves the others running.", () => {
    const machine = running({}, { ...small, b: { ...small.b, onGiveUp: "quarantine" } })
    spend(machine)
    assert.deepStrictEqual(machine.ends("b"), ["Lose b#3 Thrown", "Close b"])
    assert.isUndefined(machine.state().ending)
    assert.isTrue(machine.thread("b").gaveUp)
    machine.later(1e6)
    assert.deepStrictEqual(machine.wake(), [])
    assert.include(machine.told(), "GaveUp b")
    // An operator may try again, with a new budget.
    assert.deepStrictEqual(machine.start("b"), ["Expect b", "Spawn b#4"])
    machine.ready("b")
    assert.deepStrictEqual(machine.ends("b"), ["Lose b#4 Thrown", "Prepare 1 for b", "Wake in 100"])
  })

  it("The budget is given back by a stable run.", () => {
    const machine = running({}, small)
    spend(machine)
    machine.later(30_000)
    assert.deepStrictEqual(machine.ends("b"), ["Lose b#3 Thrown", "Prepare 1 for b", "Wake in 100"])
  })

  it("A fatal failure spends the budget at once.", () => {
    const machine = running()
    assert.deepStrictEqual(machine.failing("b", boom, true), ["Lose b#1 Thrown", "Kill b#1"])
    assert.deepStrictEqual(machine.ends("b").slice(0, 3), ["Lose b#1 Thrown", "Ending", "Close b"])
  })

  it("A thread that never restarts has no budget.", () => {
    const machine = running({}, { a: {}, b: { restart: { policy: "never" }, onGiveUp: "quarantine" } })
    assert.deepStrictEqual(machine.ends("b"), ["Lose b#1 Thrown", "Close b"])
  })

  it("The budget does not pay for what an operator asks.", () => {
    const machine = running({}, small)
    for (let times = 0; times < 5; times++) {
      machine.restart("b")
      machine.stops("b")
      machine.ready("b")
    }
    assert.strictEqual(machine.thread("b").history.failures, 0)
    assert.strictEqual(machine.thread("b").incarnation, 6)
    assert.isNull(machine.thread("b").lastCause)
  })
})

describe("a stalled thread", () => {
  it("A stalled thread is taken out of routing at once, killed and restarted.", () => {
    const machine = running()
    assert.deepStrictEqual(machine.failing("b", stall), ["Lose b#1 Stalled", "Kill b#1"])
    assert.deepStrictEqual(machine.failing("b", stall), [])
    assert.deepStrictEqual(machine.ends("b"), ["Lose b#1 Stalled", "Prepare 1 for b", "Wake in 100"])
    assert.deepStrictEqual(machine.told(), ["ThreadStalled b", "ThreadExited b", "ThreadRestarting b"])
    assert.deepStrictEqual(machine.thread("b").lastCause, stall)
  })

  it("A stalled thread is only reported when its watchdog says so.", () => {
    const machine = running({}, { a: {}, b: { watchdog: { action: "report" } } })
    assert.deepStrictEqual(machine.failing("b", stall), [])
    assert.deepStrictEqual(machine.phases(), ["running", "running"])
    assert.deepStrictEqual(machine.told(), ["ThreadStalled b"])
  })

  it("F29: A stalled thread that moves again while it is looked for is reported, and not ended.", () => {
    const machine = running()
    const failing = { _tag: "Failing", thread: 1, incarnation: 1, fatal: false, wellUntil: moment(0) } as const
    assert.deepStrictEqual(machine.dispatch({ ...failing, cause: stall, hasRecovered: true }), [])
    assert.deepStrictEqual(machine.told(), ["ThreadStalled b"])
    assert.strictEqual(machine.thread("b").phase, "running")
    assert.deepStrictEqual(machine.dispatch({ ...failing, cause: stall, hasRecovered: false }), [
      "Lose b#1 Stalled",
      "Kill b#1"
    ])
  })

  it("A stalled thread that won't die is not replaced before it is dead.", () => {
    const machine = running()
    machine.failing("b", stall)
    assert.deepStrictEqual(machine.timesOut("b", "Kill"), ["Lose b#1 Stalled"])
    assert.isTrue(machine.thread("b").unkillable)
    machine.later(1e6)
    assert.deepStrictEqual(machine.wake(), [])
    assert.deepStrictEqual(machine.restart("b"), ["Discard b", "Expect b"])
    machine.ends("b")
    assert.isFalse(machine.thread("b").unkillable)
    machine.later(100)
    assert.deepStrictEqual(machine.wake(), ["Spawn b#2"])
  })

  it("A stalled thread that won't die ends the process if it is declared so.", () => {
    const machine = running({}, { a: {}, b: { onUnkillable: "exit" } })
    machine.failing("b", stall)
    assert.deepStrictEqual(machine.timesOut("b", "Kill"), ["Lose b#1 Stalled", "Abort b"])
  })
})

describe("a thread that is stopped in vain", () => {
  it("A thread that is stopped in vain is out of routing once it is known that it won't die.", () => {
    const machine = running()
    machine.stop("b")
    machine.timesOut("b", "Stop")
    assert.deepStrictEqual(machine.timesOut("b", "Kill"), ["Lose b#1 Requested"])
  })

  it("A thread that is stopped in vain is killed after its time, and an event says so.", () => {
    const machine = running()
    assert.deepStrictEqual(machine.stop("b"), ["AskStop b#1"])
    assert.deepStrictEqual(machine.timesOut("b", "Stop"), ["Kill b#1"])
    assert.deepStrictEqual(machine.acknowledges("b"), [])
    assert.deepStrictEqual(machine.ends("b"), ["Lose b#1 Requested", "Close b"])
    assert.deepStrictEqual(machine.told(), ["ThreadTerminated b", "ThreadExited b"])
  })

  it("A stop in vain is not held against later incarnations.", () => {
    const machine = running()
    machine.stop("b")
    machine.timesOut("b", "Stop")
    machine.ends("b")
    machine.start("b")
    machine.ready("b")
    machine.shutdown()
    for (const name of ["c", "b", "a"]) machine.stops(name)
    assert.deepInclude(machine.events.at(-1), { _tag: "Stopped", terminated: [] })
  })
})

describe("an operator", () => {
  it("An operator stops a thread that runs, and it stays stopped.", () => {
    const machine = running()
    assert.deepStrictEqual(machine.stop("b"), ["AskStop b#1"])
    assert.deepStrictEqual(machine.stops("b"), ["Kill b#1", "Lose b#1 Requested", "Close b"])
    assert.isNull(machine.thread("b").lastCause)
    machine.later(1e6)
    assert.deepStrictEqual(machine.wake(), [])
  })

  it("An operator stops a thread twice, with one request.", () => {
    const machine = running()
    assert.deepStrictEqual([machine.stop("b"), machine.stop("b")], [["AskStop b#1"], []])
    machine.stops("b")
    assert.deepStrictEqual(machine.stop("b"), ["Close b"])
  })

  it("An operator stops a thread during its back-off, and it does not start.", () => {
    const machine = running()
    machine.ends("b")
    assert.deepStrictEqual(machine.stop("b"), ["Close b"])
    machine.later(1e6)
    assert.deepStrictEqual(machine.wake(), [])
  })

  it("An operator stops a thread that is starting.", () => {
    const machine = running()
    machine.ends("b")
    machine.later(100)
    machine.wake()
    assert.deepStrictEqual(machine.stop("b"), ["AskStop b#2"])
    assert.deepStrictEqual(machine.ready("b"), [])
    assert.deepStrictEqual(machine.timesOut("b", "Start"), [])
    assert.deepStrictEqual(machine.stops("b"), ["Kill b#2", "Lose b#2 Requested", "Close b"])
  })

  it("An operator stops a thread that is being killed, and it is not restarted.", () => {
    const machine = running()
    machine.failing("b", stall)
    assert.deepStrictEqual(machine.stop("b"), [])
    assert.deepStrictEqual(machine.ends("b"), ["Lose b#1 Stalled", "Close b"])
    machine.later(1e6)
    assert.deepStrictEqual(machine.wake(), [])
  })

  it("A thread that an operator starts on its way down comes back once it is dead.", () => {
    const machine = running()
    machine.stop("b")
    assert.deepStrictEqual(machine.start("b"), ["Expect b"])
    assert.deepStrictEqual(machine.stops("b"), ["Kill b#1", "Lose b#1 Requested", "Spawn b#2"])
  })

  it("A thread that runs is not changed by an operator's start.", () => {
    assert.deepStrictEqual(running().start("b"), ["Expect b"])
  })

  it("An operator's start ends a thread's back-off at once.", () => {
    const machine = running()
    machine.ends("b")
    assert.deepStrictEqual(machine.start("b"), ["Expect b", "Spawn b#2"])
  })

  it("C15: A thread that is renewed comes back as the spare that was loaded for it.", () => {
    const machine = running()
    machine.ends("b")
    machine.start("b")
    machine.ready("b")
    assert.deepStrictEqual(machine.renew("b"), ["Expect b", "AskStop b#2 comes back"])
    assert.deepStrictEqual(machine.stops("b"), ["Kill b#2", "Lose b#2 Requested", "Spawn b#3"])
  })

  it("An operator restarts a thread in every phase.", () => {
    const machine = running()
    assert.deepStrictEqual(machine.restart("b"), ["Discard b", "Expect b", "AskStop b#1 comes back"])
    assert.deepStrictEqual(machine.restart("b"), ["Discard b", "Expect b"])
    assert.deepStrictEqual(machine.stops("b"), ["Kill b#1", "Lose b#1 Requested", "Spawn b#2"])
    assert.deepStrictEqual(machine.restart("b"), ["Discard b", "Expect b", "AskStop b#2 comes back"])
    assert.deepStrictEqual(machine.stops("b").slice(-1), ["Spawn b#3"])
    machine.ready("b")
    machine.stop("b")
    machine.stops("b")
    assert.deepStrictEqual(machine.restart("b"), ["Discard b", "Expect b", "Spawn b#4"])
  })

  it("An operator stops threads that belong together one after the other.", () => {
    const machine = running({ strategy: "rest-for-one" })
    assert.deepStrictEqual(machine.stop("a"), ["AskStop a#1"])
    assert.deepStrictEqual(machine.stop("c"), [])
    assert.deepStrictEqual(machine.stops("a").slice(-1), ["AskStop c#1"])
  })
})

describe("shutdown", () => {
  it("Shutdown stops in reverse order, one after the other, and finishes once.", () => {
    const machine = running()
    assert.deepStrictEqual(machine.shutdown(), ["Ending", "AskStop c#1"])
    assert.deepStrictEqual(machine.shutdown(), [])
    assert.deepStrictEqual(machine.stops("c").slice(-2), ["Close c", "AskStop b#1"])
    assert.deepStrictEqual(machine.stops("b").slice(-2), ["Close b", "AskStop a#1"])
    assert.deepStrictEqual(machine.stops("a").slice(-2), ["Close a", "Finish Asked"])
    assert.deepStrictEqual(machine.wake(), [])
    assert.deepStrictEqual(machine.events.at(-1)?._tag, "Stopped")
  })

  it("Shutdown before anything started is over at once.", () => {
    const machine = make(declare(three))
    assert.deepStrictEqual(machine.shutdown(), ["Ending", "Close a", "Close b", "Close c", "Finish Asked"])
    assert.deepStrictEqual(machine.wake(), [])
  })

  it("Shutdown finds threads in every phase.", () => {
    const threads = { idle: {}, starting: {}, running: {}, stopping: {}, killing: {}, backingOff: {} }
    const machine = make(declare(threads, { startup: "parallel" }))
    machine.boot()
    machine.stop("idle")
    machine.stops("idle")
    machine.ends("starting")
    machine.later(100)
    machine.wake()
    machine.failing("killing", stall)
    machine.ends("backingOff")
    machine.stop("stopping")
    assert.deepStrictEqual(machine.phases(), ["idle", "starting", "running", "stopping", "killing", "idle"])
    assert.deepStrictEqual(machine.shutdown(), ["Ending", "Close idle", "Close backingOff"])
    assert.deepStrictEqual(machine.ends("killing"), ["Lose killing#1 Stalled", "Close killing"])
    assert.deepStrictEqual(machine.stops("stopping").slice(-1), ["AskStop running#1"])
    assert.deepStrictEqual(machine.stops("running").slice(-1), ["AskStop starting#2"])
    assert.deepStrictEqual(machine.stops("starting").slice(-1), ["Finish Asked"])
    machine.later(1e6)
    assert.deepStrictEqual(machine.wake(), [])
  })

  it("Shutdown starts nothing, whatever is asked for or fails after it began.", () => {
    const machine = running({ strategy: "one-for-all" })
    machine.shutdown()
    const said = [
      ...machine.start("a"),
      ...machine.restart("b"),
      ...machine.ends("a"),
      ...machine.restart("a"),
      ...machine.stops("c"),
      ...machine.stops("b")
    ]
    assert.isFalse(said.some((command) => command.startsWith("Spawn") || command.startsWith("Expect")))
    assert.strictEqual(said.at(-1), "Finish Asked")
  })

  it("Shutdown past its deadline kills the threads that still live, and names them.", () => {
    const machine = running()
    machine.shutdown()
    machine.stops("c")
    assert.deepStrictEqual(machine.deadline(), ["Kill a#1", "Kill b#1"])
    assert.deepStrictEqual(machine.deadline(), [])
    machine.ends("b")
    assert.deepStrictEqual(machine.ends("a").slice(-1), ["Finish Asked"])
    assert.deepInclude(machine.events.at(-1), { _tag: "Stopped", terminated: ["a", "b"] })
  })

  it("Shutdown does not wait for a thread that can't be killed, and names it.", () => {
    const machine = running({}, { a: {}, b: {} })
    machine.failing("b", stall)
    machine.timesOut("b", "Kill")
    machine.shutdown()
    assert.deepStrictEqual(machine.stops("a").slice(-1), ["Finish Asked"])
    assert.deepInclude(machine.events.at(-1), { _tag: "Stopped", terminated: ["b"] })
    assert.isFalse(machine.ends("b").some((command) => command.startsWith("Finish")))
  })

  it("Shutdown does not name threads that had to be terminated long before.", () => {
    const machine = running({}, { a: {}, b: {} })
    machine.stop("b")
    machine.timesOut("b", "Stop")
    machine.ends("b")
    machine.shutdown()
    machine.stops("a")
    assert.deepInclude(machine.events.at(-1), { _tag: "Stopped", terminated: [] })
  })

  it("Shutdown waits for a thread that was killed until it is dead.", () => {
    const machine = running({}, { a: {} })
    machine.shutdown()
    assert.deepStrictEqual(machine.timesOut("a", "Stop"), ["Kill a#1"])
    assert.deepStrictEqual(machine.ends("a").slice(-1), ["Finish Asked"])
  })
})

describe("loading ahead", () => {
  const spared = { a: {}, b: { standby: 2 } }

  it("A thread is loaded ahead for a restart within a second; one that waits longer is loaded when its time has come.", () => {
    const machine = running({}, { a: { restart: { backoff: { min: "600 millis" } } } })
    assert.deepStrictEqual(machine.ends("a"), ["Lose a#1 Thrown", "Prepare 1 for a", "Wake in 600"])
    machine.later(600)
    assert.deepStrictEqual(machine.wake(), ["Spawn a#2"])
    assert.deepStrictEqual(machine.ends("a"), ["Lose a#2 Thrown", "Wake in 1200"])
  })

  it("Standby threads are loaded once all threads have started, and again each time theirs has.", () => {
    const machine = make(declare(spared))
    machine.wake()
    machine.ready("a")
    assert.deepStrictEqual(machine.ready("b"), ["Open b#1", "Booted", "Prepare 2 for b in a moment"])
    machine.ends("b")
    machine.later(100)
    assert.deepStrictEqual(machine.wake(), ["Spawn b#2"])
    assert.deepStrictEqual(machine.ready("b"), ["Open b#2", "Prepare 2 for b in a moment"])
  })

  it("Loading ahead waits until all have started, whatever ends and comes back before.", () => {
    const machine = make(declare({ a: { standby: 1 }, b: {} }))
    machine.wake()
    assert.deepStrictEqual(machine.ready("a"), ["Open a#1", "Spawn b#1"])
    machine.ends("a")
    machine.later(100)
    machine.wake()
    assert.deepStrictEqual(machine.ready("a"), ["Open a#2"])
    assert.deepStrictEqual(machine.ready("b"), ["Open b#1", "Booted", "Prepare 1 for a in a moment"])
  })

  it("Nothing is loaded ahead for a thread that is to stop, nor for a system that ends.", () => {
    const machine = running({}, spared)
    machine.ends("a")
    machine.ends("b")
    machine.later(100)
    machine.wake()
    machine.stop("a")
    machine.stop("b")
    assert.deepStrictEqual(machine.ready("b"), [])
    machine.shutdown()
    assert.deepStrictEqual(machine.start("b"), [])
  })

  it("A thread that was loaded ahead is not used for a restart that is asked for: it may be older than what was changed.", () => {
    const machine = running({}, spared)
    assert.deepStrictEqual(machine.restart("b"), ["Discard b", "Expect b", "AskStop b#1 comes back"])
    machine.stops("b")
    assert.deepStrictEqual(machine.ready("b"), ["Open b#2", "Prepare 2 for b in a moment"])
  })

  it("A standby thread is loaded again for a thread that was to restart and then runs on.", () => {
    const machine = running({ strategy: "rest-for-one" }, { ...spared, c: {} })
    machine.stop("c")
    assert.deepStrictEqual(machine.restart("b"), ["Discard b", "Expect b"])
    machine.stop("b")
    assert.deepStrictEqual(machine.start("b"), ["Expect b", "Prepare 2 for b in a moment"])
  })
})

describe("what an old incarnation says", () => {
  it("What an old incarnation says changes nothing.", () => {
    const machine = running()
    machine.ends("b")
    machine.later(100)
    machine.wake()
    const before = machine.state()
    const said = [
      machine.ready("b", 1),
      machine.ends("b", boom, 1),
      machine.failing("b", boom, true, 1),
      machine.acknowledges("b", 1),
      machine.timesOut("b", "Start", 1),
      machine.timesOut("b", "Stop", 1),
      machine.timesOut("b", "Kill", 1)
    ]
    assert.isTrue(said.every((commands) => commands.length === 0))
    assert.deepStrictEqual(machine.state(), before)
  })

  it("What an old incarnation says changes nothing while the thread is down, not even twice.", () => {
    const machine = running()
    machine.ends("b")
    const before = machine.state()
    assert.deepStrictEqual(machine.ends("b"), ["Wake in 100"])
    assert.deepStrictEqual(machine.ready("b"), ["Wake in 100"])
    assert.deepStrictEqual(machine.state(), before)
  })

  it("What an old incarnation says changes nothing in the wrong phase.", () => {
    const machine = running()
    const before = machine.state()
    assert.deepStrictEqual(
      [
        machine.ready("b"),
        machine.acknowledges("b"),
        machine.timesOut("b", "Start"),
        machine.timesOut("b", "Stop"),
        machine.timesOut("b", "Kill")
      ].flat(),
      []
    )
    assert.deepStrictEqual(machine.state(), before)
  })
})

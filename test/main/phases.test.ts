import { assert, describe, it } from "@effect/vitest"
import { boom, declare, type Machine, make, stall } from "./machine.ts"

/** How a thread `a` gets into each phase. Another thread runs, so that the first start is over. */
const phases = {
  /** An operator has stopped it. */
  stopped: (machine: Machine) => {
    machine.stop("a")
    machine.stops("a")
  },
  /** It has failed, and its back-off is not over. */
  waiting: (machine: Machine) => machine.ends("a"),
  starting: (machine: Machine) => machine.start("a"),
  running: () => {},
  stopping: (machine: Machine) => machine.stop("a"),
  killing: (machine: Machine) => machine.failing("a", boom)
}
type Phase = keyof typeof phases
const names: ReadonlyArray<Phase> = ["stopped", "waiting", "starting", "running", "stopping", "killing"]

const reach = (phase: Phase): Machine => {
  const machine = make(declare({ other: {}, a: {} }))
  machine.boot()
  if (phase === "starting") phases.stopped(machine)
  phases[phase](machine)
  machine.events.length = 0
  return machine
}

/** The rule book: what follows an event in each phase, as the next phase and the commands. Elsewhere nothing follows. */
const rules: ReadonlyArray<
  readonly [
    event: string,
    (machine: Machine) => ReadonlyArray<string>,
    { readonly [Name in Phase]?: readonly [next: string, ...commands: ReadonlyArray<string>] }
  ]
> = [
  ["Loaded", (machine) => machine.loaded("a"), { starting: ["starting"] }],
  ["Ready", (machine) => machine.ready("a"), { starting: ["running", "Open a#2"] }],
  ["StartTimedOut", (machine) => machine.timesOut("a", "Start"), {
    starting: ["killing", "Lose a#2 StartTimedOut", "Kill a#2"]
  }],
  ["Failing", (machine) => machine.failing("a", boom), {
    starting: ["killing", "Lose a#2 Thrown", "Kill a#2"],
    running: ["killing", "Lose a#1 Thrown", "Kill a#1"],
    stopping: ["killing", "Lose a#1 Thrown", "Kill a#1"]
  }],
  ["Failing because it stalled", (machine) => machine.failing("a", stall), {
    starting: ["killing", "Lose a#2 Stalled", "Kill a#2"],
    running: ["killing", "Lose a#1 Stalled", "Kill a#1"]
  }],
  ["Acknowledged", (machine) => machine.acknowledges("a"), { stopping: ["killing", "Kill a#1"] }],
  ["StopTimedOut", (machine) => machine.timesOut("a", "Stop"), { stopping: ["killing", "Kill a#1"] }],
  ["KillTimedOut", (machine) => machine.timesOut("a", "Kill"), { killing: ["killing", "Lose a#1 Thrown"] }],
  ["Ended", (machine) => machine.ends("a"), {
    starting: ["idle", "Lose a#2 Thrown", "Prepare 1 for a", "Wake in 100"],
    running: ["idle", "Lose a#1 Thrown", "Prepare 1 for a", "Wake in 100"],
    stopping: ["idle", "Lose a#1 Requested", "Close a"],
    killing: ["idle", "Lose a#1 Thrown", "Prepare 1 for a", "Wake in 100"]
  }],
  ["Stop", (machine) => machine.stop("a"), {
    stopped: ["idle", "Close a"],
    waiting: ["idle", "Close a"],
    starting: ["stopping", "AskStop a#2"],
    running: ["stopping", "AskStop a#1"],
    stopping: ["stopping"],
    killing: ["killing"]
  }],
  ["Start", (machine) => machine.start("a"), {
    stopped: ["starting", "Expect a", "Spawn a#2"],
    waiting: ["starting", "Expect a", "Spawn a#2"],
    starting: ["starting", "Expect a"],
    running: ["running", "Expect a"],
    stopping: ["stopping", "Expect a"],
    killing: ["killing", "Expect a"]
  }],
  ["Restart", (machine) => machine.restart("a"), {
    stopped: ["starting", "Discard a", "Expect a", "Spawn a#2"],
    waiting: ["starting", "Discard a", "Expect a", "Spawn a#2"],
    starting: ["stopping", "Discard a", "Expect a", "AskStop a#2 comes back"],
    running: ["stopping", "Discard a", "Expect a", "AskStop a#1 comes back"],
    stopping: ["stopping", "Discard a", "Expect a"],
    killing: ["killing", "Discard a", "Expect a"]
  }],
  ["Shutdown", (machine) => machine.shutdown(), {
    stopped: ["idle", "Ending", "Close a", "AskStop other#1"],
    waiting: ["idle", "Ending", "Close a", "AskStop other#1"],
    starting: ["stopping", "Ending", "AskStop a#2"],
    running: ["stopping", "Ending", "AskStop a#1"],
    stopping: ["stopping", "Ending"],
    killing: ["killing", "Ending", "AskStop other#1"]
  }]
]

describe("The rules of a thread", () => {
  for (const [event, send, expected] of rules) {
    for (const phase of names) {
      const [next, ...commands] = expected[phase] ?? []
      const what = next === undefined ? "changes nothing" : `leads to ${next} (${commands.join(", ") || "no command"})`
      it(`${event}, when the thread is ${phase}, ${what}.`, () => {
        const machine = reach(phase)
        const before = machine.state()
        const given = send(machine)
        if (next !== undefined) {
          assert.strictEqual(machine.thread("a").phase, next)
          return assert.deepStrictEqual(given, commands)
        }
        assert.deepStrictEqual(machine.state(), before)
        // A thread in its back-off only has its start timed again.
        assert.deepStrictEqual(given, phase === "waiting" ? ["Wake in 100"] : [])
      })
    }
  }

  for (const phase of names) {
    it(`An event of an incarnation that is gone, when the thread is ${phase}, changes nothing.`, () => {
      const machine = reach(phase)
      const before = machine.state()
      const events = [
        machine.loaded("a", 0),
        machine.ready("a", 0),
        machine.timesOut("a", "Start", 0),
        machine.failing("a", boom, true, 0),
        machine.acknowledges("a", 0),
        machine.timesOut("a", "Stop", 0),
        machine.timesOut("a", "Kill", 0),
        machine.ends("a", boom, 0)
      ]
      assert.deepStrictEqual(events.flat().filter((command) => command !== "Wake in 100"), [])
      assert.deepStrictEqual(machine.state(), before)
    })
  }
})

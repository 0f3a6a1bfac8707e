/** The table of `heddle ps`. */
import { assert, describe, it } from "@effect/vitest"
import { problems } from "../../src/cli/commands/health.ts"
import { lines } from "../../src/cli/commands/table.ts"
import * as ExitCause from "../../src/ExitCause.ts"
import type { SystemView, ThreadView } from "../../src/socket/request.ts"
import { actor } from "./views.ts"

const thread = (name: string, change: Partial<ThreadView> = {}): ThreadView => ({
  name,
  group: name,
  state: "running",
  incarnation: 1,
  restarts: 0,
  lastCause: null,
  readyAtMillis: 0,
  heapUsedBytes: 12_000_000,
  eventLoopUtilization: 0.034,
  cpuMicros: 1_000_000,
  actors: [actor],
  ...change
})
const view = (threads: ReadonlyArray<ThreadView>, takenMillis = 0): SystemView => ({
  pid: 7,
  directory: "/app",
  config: `/app/${"deep/".repeat(30)}config.ts`,
  node: "v26.10.0",
  startedAtMillis: 0,
  takenMillis,
  cpuMicros: 0,
  residentBytes: 2e8,
  threads
})
const long = "a-thread-whose-name-has-as-many-characters-as-a-name-may-have-64"
const shown = { columns: 80, nowMillis: 90_061_000 }

describe("The table of heddle ps", () => {
  it("C1: A thread whose event loop has not turned for two seconds says so, and how to find out where it is.", () => {
    const threads = [thread("busy", { unmovedMillis: 1900 }), thread("hung", { unmovedMillis: 13_200 })]
    const table = lines(view(threads), { ...shown, before: view(threads) })
    assert.deepStrictEqual(table.filter((line) => line.includes("moved")), [
      "  has not moved for 13 s; heddle inspect Echo shows where it is"
    ])
  })

  it("C1: The table fits into 80 columns whatever the names and causes, and cuts no name.", () => {
    const cause = ExitCause.Defect.make({ actor: "Echo", message: "no\nluck ".repeat(100), stack: "" })
    const threads = Array.from({ length: 40 }, (_, index) =>
      thread(`${long.slice(0, 60)}${index}`, {
        state: "quarantined",
        lastCause: cause,
        incarnation: 123_456,
        restarts: 123_455,
        actors: [{ ...actor, name: long, mailboxDepth: 100_000, lastCause: cause, state: "restarting" }]
      }))
    const table = lines(view(threads), { ...shown, before: view(threads) })
    assert.deepStrictEqual(table.filter((line) => line.length > 80), [])
    for (const { name } of threads) assert.include(table, name)
    assert.lengthOf(table.filter((line) => /^ {4}last: Echo died: no luck no luck .*…$/.test(line)), 40)
    assert.isAtMost(Math.max(...table.map((line) => line.length)), 80)
  })

  it("C1: Rates and processor time are those between two views, and unknown for a thread that restarted between.", () => {
    const before = view([thread("web"), thread("bot")], 1000)
    const after = view([
      thread("web", { cpuMicros: 1_250_000, actors: [{ ...actor, handled: 90, failed: 10 }] }),
      thread("bot", { cpuMicros: 5, incarnation: 2 })
    ], 2000)
    const table = lines(after, { ...shown, before })
    assert.deepStrictEqual(table.slice(1), [
      "pid 7  up 25 h 1 min  Node v26.10.0  CPU 0 %  RSS 200 MB",
      "",
      "NAME    STATE    RUN  RESTARTS  MAILBOX  RATE/s  LOOP   HEAP   CPU",
      "web     running    1         0                    3 %  12 MB  25 %",
      "  Echo  running    1         0        0     100",
      "bot     running    2         0                    3 %  12 MB     -",
      "  Echo  running    1         0        0       0"
    ])
    assert.match(table[0] ?? "", /^…\/?deep.*config\.ts$/)
    const sorted = lines(after, { ...shown, before, order: "name" })
    assert.deepStrictEqual(sorted.filter((line) => /^\w+ +running/.test(line)).map((line) => line.slice(0, 3)), [
      "bot",
      "web"
    ])
  })

  it("C1: The table prints no control characters of a program's own texts.", () => {
    const table = lines(
      view([
        thread("web", {
          lastCause: ExitCause.Thrown.make({ name: "Error", message: "\u001b[2Jgone\u0007", stack: "" })
        })
      ]),
      { ...shown, before: view([]) }
    )
    // oxlint-disable-next-line no-control-regex
    assert.notMatch(table.join(""), /[\u0000-\u001f]/)
    assert.include(table.join("\n"), "Error: \\x1b[2Jgone\\x07")
  })

  it("C2: A thread that was never started is no problem; one that was stopped, or an actor that does not run, is.", () => {
    const cause = ExitCause.Exited.make({ code: 1, how: "process.exit" })
    assert.deepStrictEqual(problems(view([thread("web"), thread("bot", { state: "stopped", incarnation: 0 })])), [])
    assert.deepStrictEqual(
      problems(view([
        thread("web", { state: "stopped" }),
        thread("bot", { state: "restarting", lastCause: cause }),
        thread("db", { actors: [{ ...actor, state: "restarting" }] })
      ])),
      [
        "thread web is stopped",
        "thread bot is restarting: process.exit(1) was called",
        "actor Echo of thread db is restarting"
      ]
    )
  })

  it("C1: Below a keyed actor stands how many of its keys are awake, and how many were given up.", () => {
    const keyed = (awake: number, quarantined: number) =>
      view([thread("rooms", { actors: [{ ...actor, name: "Room", keys: { awake, quarantined } }] })])
    const table = (of: SystemView) => lines(of, { ...shown, before: of }).slice(-2)
    assert.deepStrictEqual(table(keyed(12_000, 0)), [
      "  Room  running    1         0        0       -",
      "    keys: 12000 awake"
    ])
    assert.deepStrictEqual(table(keyed(3, 2)).slice(-1), ["    keys: 3 awake, 2 quarantined"])
    // One key that fails is no reason to restart a container.
    assert.deepStrictEqual(problems(keyed(3, 2)), [])
  })

  it("N9: The table shows the machines, where each holds its threads, and who does not say.", () => {
    const bot = thread("bot", { state: "stopped", once: true, heapUsedBytes: 0 })
    const report = (once: ReadonlyArray<string>, threads: ReadonlyArray<ThreadView>) => ({
      pid: 1,
      upMillis: 0,
      cpuMicros: 0,
      residentBytes: 0,
      parts: 128,
      once,
      threads: threads.map(({ cpuMicros: _cpu, ...status }) => status)
    })
    const software = { version: "1.4.0", heddle: "0.1.0", node: "v26.10.0" }
    const keyed = thread("rooms", { actors: [{ ...actor, name: "Room", keys: { awake: 7, quarantined: 0 } }] })
    const machines = [
      {
        address: "10.0.0.1:7400",
        isSelf: true,
        state: "up",
        ageMillis: 0,
        software,
        report: report([], [bot, keyed]),
        problem: null
      },
      {
        address: "10.0.0.2:7400",
        isSelf: false,
        state: "up",
        ageMillis: 0,
        software,
        report: report(["bot"], [{ ...bot, state: "running" }]),
        problem: null
      },
      {
        address: "10.0.0.3:7400",
        isSelf: false,
        state: "gone",
        ageMillis: 125_000,
        software: null,
        report: null,
        problem: "it has left, or its process has ended"
      }
    ] as const
    const seen = { ...view([bot, keyed]), machines }
    const table = lines(seen, { ...shown, before: seen })
    const from = table.findIndex((line) => line.startsWith("MACHINE"))
    assert.deepStrictEqual(table.slice(from), [
      "MACHINE        STATE  VERSION  NEWS           PARTS    KEYS  ONCE",
      "10.0.0.1:7400  up     1.4.0    this one       128/256  7",
      "10.0.0.2:7400  up     1.4.0    now            128/256  0     bot",
      "10.0.0.3:7400  gone   -        2 min 5 s ago  -        -     -",
      "  it has left, or its process has ended",
      "",
      "on 10.0.0.2:7400",
      ...table.slice(-2)
    ])
    assert.match(table.at(-2) ?? "", /^bot +running/)
    assert.match(table[table.findIndex((line) => line.startsWith("bot")) + 1] ?? "", /^ {2}on 10\.0\.0\.2:7400$/)
    assert.deepStrictEqual(problems(seen), [])
    const apart = { ...view([bot]), apart: "this machine left its cluster" }
    assert.strictEqual(
      lines(apart, { ...shown, before: apart }).at(-1),
      "nothing is known of other machines: this machine left its cluster"
    )
  })
})

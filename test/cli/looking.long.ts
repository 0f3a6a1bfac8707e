/** `heddle logs`, `post-mortem`, `profile` and `heap`, against systems that are real processes. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { PostMortem } from "heddle"
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { launch } from "./launching.ts"
import { world } from "./operating.ts"

const hangs = fileURLToPath(new URL("../fixtures/hanging/hangs.ts", import.meta.url))

const hangingIn = (isolation: "thread" | "process") =>
  Effect.flatMap(
    world,
    (world) =>
      Effect.map(
        world.start("hanging/config.ts", /thread "neighbor" #1 is ready/, {
          env: { HEDDLE_TEST_ISOLATION: isolation }
        }),
        (system) => {
          const call = (...args: ReadonlyArray<string>) => world.heddle(["call", ...args, "--timeout", "30 seconds"])
          return { ...world, system, call }
        }
      )
  )
const hanging = hangingIn("thread")

const linesOf = (text: string): ReadonlyArray<string> => text.split("\n").filter((line) => line !== "")
const decodeLine = Schema.decodeUnknownSync(Schema.fromJsonString(PostMortem.LogLine))
const decodeRecord = Schema.decodeUnknownSync(Schema.fromJsonString(PostMortem.PostMortem))

describe("heddle logs", () => {
  it.live("C9: `heddle logs` prints what all threads have logged, those that died and main included, and ends.", () =>
    Effect.gen(function*() {
      const { call, heddle } = yield* hanging
      yield* call("Hanger.Print", JSON.stringify({ line: "before \u001b[2J" }))
      assert.strictEqual((yield* call("Hanger.Exit", "{\"afterMillis\":1}")).code, 4)
      yield* call("Hanger.Print", "{\"line\":\"after\"}")
      const all = yield* heddle(["logs"])
      assert.deepStrictEqual([all.code, all.err], [0, ""])
      const times = linesOf(all.out).map((line) => line.slice(0, 23))
      assert.deepStrictEqual(times, times.toSorted())
      assert.match(times[0] ?? "", /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}$/)
      assert.match(all.out, / INFO {3}main {2}thread "neighbor" #1 is ready after \d+ ms\n/)
      assert.match(all.out, / ERROR {2}main {2}thread "hanging" #1 ended: process.exit\(3\) was called\n/)
      const one = yield* heddle(["logs", "hanging"])
      assert.deepStrictEqual(linesOf(one.out).map((line) => line.slice(24)), [
        "STDOUT hanging  before \\x1b[2J",
        "STDOUT hanging  after"
      ])
      const main = linesOf((yield* heddle(["logs", "main", "--json"])).out).map((line) => decodeLine(line))
      assert.deepStrictEqual(new Set(main.map(({ thread }) => thread)), new Set(["main"]))
      assert.includeMembers(main.map(({ level }) => level), ["INFO", "ERROR", "WARN"])
      assert.deepStrictEqual((yield* heddle(["logs", "neighbor"])).out, "")
      const unknown = yield* heddle(["logs", "nope"])
      assert.strictEqual(unknown.code, 2)
      assert.strictEqual(
        unknown.err,
        "heddle: no thread is named \"nope\"; the threads are main, hanging, reported, neighbor\n"
      )
      const events = linesOf((yield* heddle(["events", "--json"])).out).map((line) => decodeLine(line))
      const ended = events.find(({ message }) => message.startsWith("thread \"hanging\" #1 ended"))
      assert.deepStrictEqual([ended?.thread, ended?.level], ["hanging", "ERROR"])
    }))

  it.live("C9: `heddle logs -f` goes on with what is logged, also while a thread hangs, until the system has ended.", () =>
    Effect.gen(function*() {
      const { call, env, heddle, system } = yield* hanging
      const following = yield* launch(["logs", "-f"], { env })
      yield* following.line(/thread "neighbor" #1 is ready/)
      yield* call("Hanger.Print", "{\"line\":\"now\"}")
      yield* following.line(/STDOUT hanging {2}now$/)
      yield* call("Hanger.Hang", "{\"how\":\"spin\"}")
      yield* following.line(/thread "hanging" #1 is stalled: .*, at spin \(.*hangs\.ts:\d+:\d+\)$/)
      yield* heddle(["shutdown"])
      assert.strictEqual((yield* following.ended).code, 0)
      assert.match(following.lines.join("\n"), / main {2}stopped$/)
      yield* system.ended
      const gone = yield* heddle(["logs"])
      assert.deepStrictEqual([gone.code, gone.out], [3, ""])
    }))
})

describe("heddle post-mortem", () => {
  it.live("C10: `heddle post-mortem` shows each death with the line that hung, and of the last one all that is known.", () =>
    Effect.gen(function*() {
      const { call, heddle, system } = yield* hanging
      assert.deepStrictEqual(yield* heddle(["post-mortem"]), { code: 0, out: "no thread has died unasked\n", err: "" })
      yield* call("Hanger.Print", "{\"line\":\"the last words\"}")
      yield* call("Hanger.Hang", "{\"how\":\"spin\"}")
      yield* system.line(/thread "hanging" #1 ended/)
      const spin = readFileSync(hangs, "utf8").split("\n").findIndex((line) => line.endsWith("// spin")) + 1
      const first = yield* heddle(["post-mortem"])
      assert.match(first.out, /^thread hanging #1 died at [\d-]+ [\d:.]+, \d+ .* after it was ready\n/)
      assert.include(first.out, `while it handled Hanger.Hang, at spin (${hangs}:${spin}:`)
      assert.match(first.out, /\n\nSTACK\n {4}at spin \(/)
      assert.match(first.out, /\n\nHANDLING\nHanger\.Hang {2}from main, for \d+/)
      assert.match(first.out, /\n\nLAST LOG RECORDS\n.* STDOUT hanging {2}the last words\n/)
      assert.match(first.out, /\n\nLAST EVENTS\n[^]*thread "hanging" #1 is stalled/)
      assert.strictEqual((yield* call("Hanger.Exit", "{\"afterMillis\":1}")).code, 4)
      yield* system.line(/thread "hanging" #2 ended/)
      const both = yield* heddle(["post-mortem", "hanging"])
      const [title, one, at, two] = both.out.split("\n")
      assert.strictEqual(title, "DEATHS")
      assert.match(one ?? "", /^.{23} {2}hanging #1: its event loop was blocked for .*…$/)
      assert.isAtMost(one?.length ?? 0, 80)
      assert.match(at ?? "", new RegExp(`^ {2}at spin \\(.*hangs\\.ts:${spin}:\\d+\\)$`))
      assert.match(two ?? "", /hanging #2: process\.exit\(3\) was called$/)
      assert.include(both.out, "thread hanging #2 died at")
      const records = linesOf((yield* heddle(["post-mortem", "--json"])).out).map((line) => decodeRecord(line))
      assert.deepStrictEqual(records.map(({ incarnation }) => incarnation), [1, 2])
      assert.strictEqual((yield* heddle(["post-mortem", "neighbor"])).out, "no thread has died unasked\n")
      const unknown = yield* heddle(["post-mortem", "nope"])
      assert.deepStrictEqual([unknown.code, /no thread is named "nope"/.test(unknown.err)], [2, true])
    }))
})

const Profile = Schema.fromJsonString(Schema.Struct({
  nodes: Schema.Array(Schema.Struct({ callFrame: Schema.Struct({ functionName: Schema.String }) }))
}))
const Snapshot = Schema.fromJsonString(Schema.Struct({ snapshot: Schema.Struct({ node_count: Schema.Int }) }))

describe("heddle profile and heddle heap", () => {
  it.live.each(["thread", "process"] as const)(
    "C11: A profile and a heap of a %s that hangs are files for DevTools that only their owner can read.",
    (isolation) =>
      Effect.gen(function*() {
        const { call, heddle, path, system } = yield* hangingIn(isolation)
        const cwd = path
        const pid = ["--pid", String(system.pid)]
        yield* Effect.forkChild(call("Reported.Hang", "{\"how\":\"long\"}"), { startImmediately: true })
        yield* system.line(/thread "reported" #1 is stalled/)
        const taken = yield* heddle(["profile", "reported", "--seconds", "1", ...pid], { cwd })
        assert.strictEqual(taken.code, 0, taken.err)
        const [file = ""] = taken.out.split("\n")
        assert.match(file, /\/reported-\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d\.cpuprofile$/)
        assert.match(taken.out, /\n[\d.]+ [kM]B; load it in the Performance panel of DevTools\n$/)
        assert.strictEqual(statSync(file).mode & 0o777, 0o600)
        const { nodes } = Schema.decodeUnknownSync(Profile)(readFileSync(file, "utf8"))
        assert.include(nodes.map(({ callFrame }) => callFrame.functionName), "long")
        const heap = yield* heddle(["heap", "reported", "--out", "here.heapsnapshot", "--json", ...pid], { cwd })
        assert.strictEqual(heap.code, 0, heap.err)
        const said = JSON.parse(heap.out)
        assert.deepInclude(said, { thread: "reported", file: join(path, "here.heapsnapshot") })
        const text = readFileSync(said.file, "utf8")
        assert.strictEqual(said.bytes, Buffer.byteLength(text))
        assert.isAbove(Schema.decodeUnknownSync(Snapshot)(text).snapshot.node_count, 1000)
        // Neither has ended the hang.
        assert.match((yield* heddle(["ps"])).out, /^reported +running +1 +0 /m)
      })
  )

  it.live("C11: What can't be recorded is one sentence and an exit code, and leaves no file.", () =>
    Effect.gen(function*() {
      const { call, heddle, path, system } = yield* hanging
      const cwd = path
      const pid = ["--pid", String(system.pid)]
      writeFileSync(join(path, "mine"), "mine")
      yield* heddle(["stop", "neighbor"])
      const cases = [
        [
          ["profile", "nope", ...pid],
          2,
          /^heddle: no thread is named "nope"; the threads are hanging, reported, neighbor\n$/
        ],
        [["heap", "neighbor", ...pid], 1, /^heddle: thread "neighbor" does not run\n$/],
        [["profile", "hanging", "--seconds", "0", ...pid], 2, /^heddle: --seconds: 0 is not between 1 and 600\n$/],
        [["heap", "hanging", "--out", "mine", ...pid], 2, /^heddle: .*\/mine can't be written: it exists\n$/],
        [["heap", "hanging", "--out", "no/where", ...pid], 2, /^heddle: .*\/no\/where can't be written: ENOENT/],
        [["heap", "hanging", "--pid", "1"], 3, /^heddle: no system runs in process 1/]
      ] as const
      for (const [args, code, message] of cases) {
        const ran = yield* heddle(args, { cwd })
        assert.match(ran.err, message)
        assert.strictEqual(ran.code, code, args.join(" "))
      }
      assert.strictEqual(readFileSync(join(path, "mine"), "utf8"), "mine")
      yield* Effect.forkChild(call("Hanger.Hang", "{\"how\":\"spin\"}"), { startImmediately: true })
      const [one, two] = yield* Effect.all([
        heddle(["profile", "hanging", "--seconds", "60", "--out", "one", ...pid], { cwd }),
        heddle(["profile", "hanging", "--seconds", "60", "--out", "two", ...pid], { cwd })
      ], { concurrency: "unbounded" })
      assert.deepStrictEqual([one.code, two.code], [1, 1])
      const reasons = [one.err, two.err].toSorted()
      assert.match(reasons[0] ?? "", /thread "hanging" has no profile: a profile of it is being taken already\n$/)
      assert.match(reasons[1] ?? "", /thread "hanging" has no profile: it ended while it was profiled\n$/)
      assert.deepStrictEqual(readdirSync(path).filter((name) => name === "one" || name === "two"), [])
    }))

  it.live("C11: A profile whose command is interrupted leaves no file, and another one can be taken.", () =>
    Effect.gen(function*() {
      const { env, heddle, path, system } = yield* hanging
      const pid = ["--pid", String(system.pid)]
      const start = (file: string) =>
        launch(["profile", "hanging", "--seconds", "60", "--out", join(path, file), ...pid], { env })
      const [one, two] = [yield* start("one"), yield* start("two")]
      const after = (ended: Effect.Effect<{ readonly code: number | null }>, other: typeof one) =>
        Effect.as(ended, other)
      // The other one is at work once one is refused.
      const left = yield* Effect.raceFirst(after(one.ended, two), after(two.ended, one))
      yield* left.signal("SIGINT")
      assert.strictEqual((yield* left.ended).code, 130)
      assert.deepStrictEqual(readdirSync(path).filter((name) => name === "one" || name === "two"), [])
      const file = join(path, "three")
      const next = yield* Effect.repeat(heddle(["profile", "hanging", "--seconds", "1", "--out", file, ...pid]), {
        until: ({ code }) => code === 0
      })
      assert.include(next.out, file)
    }))
})

/** What becomes of the child processes of a thread. They sleep for a minute: what has ended was ended. */
import { afterAll, assert, it, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { System } from "heddle"
import { execFile, spawn } from "node:child_process"
import { readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { launch } from "../cli/launching.ts"
import config from "../fixtures/children/config.ts"
import { Careless, Grandmother, Nanny, type Way } from "../fixtures/children/Nanny.ts"
import { journal, quietly, watch } from "./watching.ts"

const paper = journal()
afterAll(paper.remove)

/** "gone", "zombie" or "running". */
const stateOf = (pid: number): string => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8")
    return stat[stat.lastIndexOf(")") + 2] === "Z" ? "zombie" : "running"
  } catch {
    return "gone"
  }
}

/** Completes when a process runs no more: where nothing waits for that, it takes the kernel a moment. */
const isOver = (pid: number) =>
  Effect.repeat(Effect.sync(() => stateOf(pid)).pipe(Effect.delay(5)), { until: (state) => state !== "running" })

const ways: ReadonlyArray<Way> = [
  "spawn",
  "exec",
  "execFile",
  "fork",
  "required",
  "Effect",
  "detached",
  "ignores SIGTERM",
  "in its own scope"
]
const ends = ["throw", "reject", "process.exit(0)", "while(true)"] as const

layer(quietly(System.layer(config)), { excludeTestServices: true, timeout: "1 minute" })(
  "the child processes of a thread",
  (it) => {
    it.effect("F21: Child processes are gone after a restart in order, without a zombie, however they were started.", () =>
      Effect.gen(function*() {
        const nanny = yield* Nanny
        const pids = yield* Effect.forEach(ways, (way) => nanny.Spawn({ way }))
        assert.deepStrictEqual(pids.map(stateOf), pids.map(() => "running"))
        yield* (yield* System.System).restart("nursery")
        // Who adopts the child of a child, and when it takes notice of its end, is not heddle's.
        const grandchild = ways.indexOf("detached")
        assert.notStrictEqual(stateOf(pids[grandchild] ?? 0), "running")
        assert.deepStrictEqual(
          pids.filter((_, index) => index !== grandchild).map(stateOf),
          pids.slice(1).map(() => "gone")
        )
      }))

    for (const how of ends) {
      it.effect(`F21: Child processes don't run while a successor does after ${how}, however they were started.`, () =>
        Effect.gen(function*() {
          const nanny = yield* Nanny
          const pids = yield* Effect.forEach(ways, (way) => nanny.Spawn({ way }))
          const events = yield* watch
          yield* nanny.End({ how })
          yield* events.next("ThreadExited", ({ thread }) => thread === "nursery")
          assert.deepStrictEqual(pids.map(stateOf).filter((state) => state === "running"), [])
          yield* events.next("ThreadStarted", ({ thread }) => thread === "nursery")
        }))
    }

    it.effect("F21: Child processes that never ran, or ended by themselves, are in nobody's way.", () =>
      Effect.gen(function*() {
        const nanny = yield* Nanny
        assert.deepStrictEqual(yield* nanny.SpawnInVain(), ["ENOENT", "undefined", "0"])
        yield* (yield* System.System).restart("nursery")
        assert.deepStrictEqual(yield* nanny.SpawnInVain(), ["ENOENT", "undefined", "0"])
      }))

    it.effect("F21: Child processes are ended although nobody listens to them any more.", () =>
      Effect.gen(function*() {
        const nanny = yield* Nanny
        const { restart } = yield* System.System
        const pid = yield* nanny.Spawn({ way: "spawn" })
        yield* nanny.Forget()
        yield* restart("nursery")
        assert.strictEqual(stateOf(pid), "gone")
      }))

    it.effect("F21: Child processes that are started while the thread ends are ended, too.", () =>
      Effect.gen(function*() {
        const nanny = yield* Nanny
        const events = yield* watch
        paper.clear()
        yield* nanny.SpawnAtExit()
        yield* nanny.End({ how: "throw" })
        yield* events.next("ThreadExited", ({ thread }) => thread === "nursery")
        assert.deepStrictEqual(paper.lines().map((pid) => stateOf(Number(pid))), ["zombie"])
      }))

    for (const how of ["throw", "while(true)"] as const) {
      it.effect(`F21: Child processes of a system within a thread end with that thread, by ${how}.`, () =>
        Effect.gen(function*() {
          const grandmother = yield* Grandmother
          const events = yield* watch
          const pid = yield* grandmother.Spawn({ way: "spawn" })
          assert.strictEqual(stateOf(pid), "running")
          yield* grandmother.End({ how })
          yield* events.next("ThreadExited", ({ thread }) => thread === "house")
          assert.notStrictEqual(stateOf(pid), "running")
        }))
    }

    it.effect("F21: Child processes are kept where the thread says so, by a restart and by a crash, and the program's own always.", () =>
      Effect.gen(function*() {
        const careless = yield* Careless
        const { restart } = yield* System.System
        const own = spawn("sleep", ["60"])
        const first = yield* careless.Spawn({ way: "spawn" })
        yield* restart("street")
        const second = yield* careless.Spawn({ way: "detached" })
        const events = yield* watch
        yield* careless.End({ how: "process.exit(0)" })
        yield* events.next("ThreadStarted", ({ thread }) => thread === "street")
        const pids = [first, second, own.pid ?? 0]
        assert.deepStrictEqual(pids.map(stateOf), ["running", "running", "running"])
        for (const pid of pids) process.kill(pid, "SIGKILL")
      }))
  }
)

it.live("F21: Child processes are gone when a second signal ends the process.", () =>
  Effect.gen(function*() {
    const heddle = yield* launch(["start", "children/forced.ts"])
    const pid = Number(/\d+/.exec(yield* heddle.line(/^child \d+/)))
    yield* heddle.line(/"den" #1 is ready/)
    const insist = Effect.forever(Effect.andThen(heddle.signal("SIGTERM"), Effect.sleep(100)))
    const { code, signal } = yield* Effect.raceFirst(heddle.ended, insist)
    // A third signal may reach what the process has become by then.
    assert.include([143, "SIGTERM"], code ?? signal)
    yield* isOver(pid)
  }))

for (const [how, code] of [["process.exit", 3], ["an uncaught error", 1]] as const) {
  it.live(`F21: Child processes are gone when ${how} on main ends the process.`, () =>
    Effect.gen(function*() {
      const program = fileURLToPath(new URL("../fixtures/children/program.ts", import.meta.url))
      const ended = yield* Effect.callback<{ readonly code: unknown; readonly stdout: string }>((resume) => {
        const child = execFile(process.execPath, [program, how], (error, stdout) =>
          resume(Effect.succeed({ code: error?.code, stdout })))
        return Effect.sync(() =>
          child.kill("SIGKILL")
        )
      })
      const pids = Array.from(ended.stdout.matchAll(/child (\d+)/g), ([, pid]) => Number(pid))
      assert.strictEqual(ended.code, code)
      assert.lengthOf(pids, 2)
      yield* Effect.forEach(pids, isOver)
    }))
}

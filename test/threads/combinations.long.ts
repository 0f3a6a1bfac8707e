/** Options that meet: child processes, standby threads, layers, and a thread that can't be killed. */
import { afterAll, assert, it, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { System } from "heddle"
import { readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { launch } from "../cli/launching.ts"
import config from "../fixtures/combined/config.ts"
import { Nest } from "../fixtures/combined/Nest.ts"
import { journal, quietly, watch } from "./watching.ts"

const paper = journal()
afterAll(paper.remove)

const runs = (pid: number): boolean => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8")
    return stat[stat.lastIndexOf(")") + 2] !== "Z"
  } catch {
    return false
  }
}

/** What each thread that has imported the layer spawned then: the thread and the child, the oldest first. */
const imports = (): ReadonlyArray<readonly [thread: number, child: number]> =>
  paper.lines().flatMap((line) => {
    const [, thread, child] = /^imported by (\d+), child (\d+)$/.exec(line) ?? []
    return child === undefined ? [] : [[Number(thread), Number(child)] as const]
  })

const said = (what: string, thread: number): ReadonlyArray<string> =>
  paper.lines().filter((line) => line === `${what} ${thread}`)

layer(quietly(System.layer(config)), { excludeTestServices: true, timeout: "60 seconds" })(
  "a thread with child processes, layers and a standby thread",
  (it) => {
    it.effect("F21, F23: A standby thread keeps its children when it takes over, and the crashed thread's are gone.", () =>
      Effect.gen(function*() {
        const nest = yield* Nest
        const events = yield* watch
        yield* events.next("StandbyReady")
        const before = yield* nest.Where()
        const waiting = imports().find(([thread]) => thread !== before.thread)
        assert.isDefined(waiting)
        const [standby, child] = waiting ?? [0, 0]
        yield* Effect.exit(nest.Die(undefined, { timeout: "30 seconds" }))
        const after = yield* nest.Where(undefined, { timeout: "30 seconds" })
        assert.deepInclude(after, { thread: standby, child })
        assert.deepStrictEqual([before.child, before.spawned].map(runs), [false, false])
        assert.deepStrictEqual([after.child, after.spawned].map(runs), [true, true])
      }))

    it.effect("F21, F23: A standby thread that is not needed takes its children with it.", () =>
      Effect.gen(function*() {
        const system = yield* System.System
        const nest = yield* Nest
        const events = yield* watch
        yield* Effect.exit(nest.Die(undefined, { timeout: "30 seconds" }))
        yield* events.next("StandbyReady")
        const { thread } = yield* nest.Where(undefined, { timeout: "30 seconds" })
        const [standby, child] = imports().at(-1) ?? [0, 0]
        assert.notStrictEqual(standby, thread)
        assert.isTrue(runs(child))
        // An operator's restart takes the program as it is now, and so no standby thread.
        yield* system.restart("nest")
        const now = yield* nest.Where()
        assert.notStrictEqual(now.thread, standby)
        yield* Effect.repeat(Effect.sync(() => runs(child)), { until: (is) => !is })
        assert.deepStrictEqual([now.child, now.spawned].map(runs), [true, true])
      }))

    it.effect("F23, F24: Layers are imported by a standby thread, and built when it takes over, once.", () =>
      Effect.gen(function*() {
        const nest = yield* Nest
        const events = yield* watch
        yield* Effect.exit(nest.Die(undefined, { timeout: "30 seconds" }))
        yield* events.next("StandbyReady")
        const [standby] = imports().at(-1) ?? [0]
        for (const name of ["system layer", "thread layer"]) {
          assert.lengthOf(said(`${name} imported by`, standby), 1)
          assert.lengthOf(said(`${name} built on`, standby), 0)
        }
        yield* Effect.exit(nest.Die(undefined, { timeout: "30 seconds" }))
        const { thread } = yield* nest.Where(undefined, { timeout: "30 seconds" })
        assert.strictEqual(thread, standby)
        for (const name of ["system layer", "thread layer", "actor"]) {
          assert.lengthOf(said(`${name} built on`, standby), 1)
        }
        // A defect builds the actor again, and neither layer.
        yield* Effect.exit(nest.DieOfDefect())
        yield* nest.Where(undefined, { timeout: "30 seconds" })
        assert.lengthOf(said("thread layer built on", standby), 1)
        assert.lengthOf(said("actor built on", standby), 2)
      }))

    it.effect("F24: What a standby thread has built is closed in reverse when the thread stops, children last.", () =>
      Effect.gen(function*() {
        const system = yield* System.System
        const nest = yield* Nest
        const { child, spawned, thread } = yield* nest.Where()
        yield* system.stop("nest")
        assert.deepStrictEqual(
          paper.lines().filter((line) => line.includes(" closed on ") && line.endsWith(` ${thread}`)).slice(-3),
          ["actor", "thread layer", "system layer"].map((name) => `${name} closed on ${thread}`)
        )
        assert.deepStrictEqual([child, spawned].map(runs), [false, false])
        yield* system.start("nest")
      }))
  }
)

it.live(
  "F9, F21: The children are gone when the process ends because a thread can't be killed, the standby thread's, too.",
  () =>
    Effect.gen(function*() {
      const program = fileURLToPath(new URL("../fixtures/combined/unkillable.ts", import.meta.url))
      const heddle = yield* launch([], { program })
      const pids = (yield* heddle.line(/^children /)).match(/\d+/g)?.map(Number) ?? []
      assert.lengthOf(pids, 2)
      const { code } = yield* heddle.exited
      assert.strictEqual(code, 1)
      yield* Effect.repeat(Effect.sync(() => pids.some(runs)), { until: (some) => !some })
      const standby = imports().map(([, child]) => child)
      yield* Effect.repeat(Effect.sync(() => standby.some(runs)), { until: (some) => !some })
    }),
  60_000
)

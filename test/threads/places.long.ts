/** Where in its life a thread hangs: each place is the end of a system of its own. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { type ExitCause, System } from "heddle"
import { spawnSync } from "node:child_process"
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath, pathToFileURL } from "node:url"
import config, { Placed } from "../fixtures/hanging/places.ts"
import standby from "../fixtures/hanging/standby.ts"
import { setClock } from "../fixtures/timing/clock.ts"
import { quietly, watch } from "./watching.ts"

const file = fileURLToPath(new URL("../fixtures/hanging/PlacedLayer.ts", import.meta.url))
const lines = readFileSync(file, "utf8").split("\n")

/** Checks that a cause, or an event, names the line of `PlacedLayer.ts` that is marked with `mark`. */
const assertAt = ({ at, stack }: ExitCause.Whereabouts, mark: string): void => {
  assert.strictEqual(at?.file, file)
  assert.isTrue(lines[(at?.line ?? 0) - 1]?.endsWith(`// ${mark}`), JSON.stringify(at))
  assert.include(stack, `${file}:${at?.line}:${at?.column}`)
}

/** Sets a variable of the environment, which threads that start from now on have. */
const set = (name: string, value: string) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      process.env[name] = value
    }),
    () => Effect.sync(() => delete process.env[name])
  )

const system = quietly(System.layer(config))
const ping = Effect.flatMap(Placed, (placed) => placed.Ping(undefined, { timeout: "20 seconds" }))

/** A module of a package, in a folder that goes with the test. */
const packaged = Effect.map(
  Effect.acquireRelease(
    Effect.sync(() => realpathSync(mkdtempSync(join(tmpdir(), "heddle-places-")))),
    (folder) => Effect.sync(() => rmSync(folder, { recursive: true }))
  ),
  (folder) => {
    const path = join(folder, "node_modules/spinner/index.js")
    mkdirSync(join(path, ".."), { recursive: true })
    writeFileSync(path, "export default function spinner() {\n  for (;;);\n}\n")
    writeFileSync(join(path, "../package.json"), "{ \"type\": \"module\" }")
    return path
  }
)

describe("places", () => {
  for (const place of ["import", "layer"]) {
    it.live(`F29: A first start whose ${place} hangs fails with the line.`, () =>
      Effect.gen(function*() {
        yield* set("HEDDLE_TEST_HANG", place)
        const error = yield* Effect.flip(Layer.build(system))
        assert(error._tag === "StartFailed" && error.cause._tag === "StartTimedOut", JSON.stringify(error))
        assertAt(error.cause, place)
        assert.match(error.message, /was not ready within 5000 ms, at .*PlacedLayer\.ts:\d+:\d+/)
      }).pipe(Effect.scoped))
  }

  it.live("F29: A thread that hangs in a health check ends with the line.", () =>
    Effect.gen(function*() {
      yield* set("HEDDLE_TEST_HANG", "health")
      yield* Effect.gen(function*() {
        const events = yield* watch
        const { cause } = yield* events.next("ThreadExited")
        assert(cause._tag === "Stalled")
        assertAt(cause, "health")
      }).pipe(Effect.provide(system))
    }).pipe(Effect.scoped))

  it.live("F29: A thread that hangs in a finalizer is terminated, and the event names the line.", () =>
    Effect.gen(function*() {
      yield* set("HEDDLE_TEST_HANG", "finalizer")
      yield* Effect.gen(function*() {
        const events = yield* watch
        const { stop } = yield* System.System
        yield* ping
        yield* stop("placed")
        assertAt(yield* events.next("ThreadTerminated"), "finalizer")
      }).pipe(Effect.provide(system))
    }).pipe(Effect.scoped))

  it.live("F29: A standby thread that hangs while it loads fails with the line.", () =>
    Effect.gen(function*() {
      yield* Effect.gen(function*() {
        const events = yield* watch
        const placed = yield* Placed
        yield* ping
        yield* events.next("StandbyReady")
        yield* set("HEDDLE_TEST_HANG", "import")
        yield* Effect.ignore(placed.Exit())
        const { cause } = yield* events.next("StandbyFailed")
        assert(cause._tag === "StartTimedOut")
        assertAt(cause, "import")
        // What had taken over goes on.
        yield* ping
      }).pipe(Effect.provide(quietly(System.layer(standby))))
    }).pipe(Effect.scoped))

  it.live("F29: A thread that hangs in a package ends with the line of the package and the calls that led there.", () =>
    Effect.gen(function*() {
      const path = yield* packaged
      yield* Effect.gen(function*() {
        const events = yield* watch
        const placed = yield* Placed
        yield* Effect.ignore(placed.Call({ url: pathToFileURL(path).href }, { timeout: "20 seconds" }))
        const { cause } = yield* events.next("ThreadExited")
        assert(cause._tag === "Stalled")
        assert.deepInclude(cause.at, { function: "spinner", file: path, line: 2 })
        assert.include(cause.stack, `at call (${file}:`)
      }).pipe(Effect.provide(system))
    }).pipe(Effect.scoped))

  for (const byMillis of [-3_600_000, 3_600_000]) {
    it.live(`F29: A thread that hangs while the clock is set by ${byMillis} ms ends with the line.`, () =>
      Effect.gen(function*() {
        const path = yield* packaged
        yield* Effect.gen(function*() {
          const events = yield* watch
          const placed = yield* Placed
          yield* ping
          yield* Effect.acquireRelease(Effect.sync(() => setClock(byMillis)), (right) => Effect.sync(right))
          yield* Effect.ignore(placed.Call({ url: pathToFileURL(path).href }, { timeout: "20 seconds" }))
          const { cause } = yield* events.next("ThreadExited")
          assert(cause._tag === "Stalled")
          assert.deepInclude(cause.at, { function: "spinner", line: 2 })
        }).pipe(Effect.provide(system))
      }).pipe(Effect.scoped))
  }

  it("F29: A thread that hangs while an inspector listens has no line, and is replaced if its declaration says so.", () => {
    const main = fileURLToPath(new URL("../fixtures/hanging/main.ts", import.meta.url))
    const { status, stderr, stdout } = spawnSync(process.execPath, ["--inspect=127.0.0.1:0", main, "spin"], {
      encoding: "utf8",
      env: { ...process.env, NODE_OPTIONS: "", HEDDLE_TEST_DEBUGGER: "ignore" }
    })
    assert.strictEqual(status, 0, stderr)
    const { cause } = JSON.parse(stdout)
    assert.strictEqual(cause._tag, "Stalled")
    assert.isUndefined(cause.at)
  })
})

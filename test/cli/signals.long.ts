/** Signals of all kinds, and output that nobody reads any more. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { meaningOf } from "../../src/cli/signals.ts"
import { launch, said } from "./launching.ts"

const config = ["start", "command/config.ts"]
const up = /thread "three" #1 is ready/
const closing = ["INFO  three/Third  closes", "INFO  two/Second  closes", "INFO  one/First  closes"]

/** What the finalizers of the three actors left in a file. */
const closes = Effect.map(
  Effect.acquireRelease(
    Effect.sync(() => mkdtempSync(join(tmpdir(), "heddle-signals-"))),
    (directory) => Effect.sync(() => rmSync(directory, { recursive: true }))
  ),
  (directory) => {
    const file = join(directory, "closes")
    return { env: { HEDDLE_TEST_CLOSES: file }, read: () => readFileSync(file, "utf8").trim().split("\n") }
  }
)

describe("signals", () => {
  it("S7: The first signal stops, those within half a second are the same one, a later one forces.", () => {
    assert.strictEqual(meaningOf(undefined, 0), "stop")
    assert.strictEqual(meaningOf(1000, 1000), "echo")
    assert.strictEqual(meaningOf(1000, 1499), "echo")
    assert.strictEqual(meaningOf(1000, 1500), "force")
    assert.strictEqual(meaningOf(1000, 1e6), "force")
  })

  for (const signal of ["SIGHUP", "SIGQUIT"] as const) {
    it.live(`S7: ${signal} stops in reverse order, runs finalizers, and exits with 0.`, () =>
      Effect.gen(function*() {
        const heddle = yield* launch(config)
        yield* heddle.line(up)
        yield* heddle.signal(signal)
        assert.strictEqual((yield* heddle.ended).code, 0)
        const lines = said(heddle.lines)
        assert.include(lines, `INFO  main  stopping: received ${signal}; send it again to force`)
        assert.deepStrictEqual(lines.filter((line) => line.endsWith("closes")), closing)
      }))
  }

  for (
    const [name, together] of [
      ["SIGINT twice, as under npm", ["SIGINT", "SIGINT"]],
      ["SIGTERM and SIGHUP, as systemd's SendSIGHUP", ["SIGTERM", "SIGHUP"]],
      ["three of different kinds", ["SIGHUP", "SIGQUIT", "SIGTERM"]]
    ] as ReadonlyArray<readonly [string, ReadonlyArray<NodeJS.Signals>]>
  ) {
    it.live(`S7: ${name} at the same time are one stop.`, () =>
      Effect.gen(function*() {
        const heddle = yield* launch(config)
        yield* heddle.line(up)
        for (const signal of together) yield* heddle.signal(signal)
        assert.strictEqual((yield* heddle.ended).code, 0)
        assert.deepStrictEqual(said(heddle.lines).filter((line) => line.endsWith("closes")), closing)
      }))
  }

  it.live("S7: A second signal of another kind forces, with its own number.", () =>
    Effect.gen(function*() {
      const heddle = yield* launch(config, { env: { HEDDLE_TEST_THIRD: "closes slowly" } })
      yield* heddle.line(up)
      yield* heddle.signal("SIGTERM")
      yield* heddle.line(/stopping: received/)
      yield* Effect.sleep(600)
      yield* heddle.signal("SIGHUP")
      assert.strictEqual((yield* heddle.ended).code, 129)
    }))

  it.live("S7: SIGHUP is ignored when HEDDLE_SIGHUP says so.", () =>
    Effect.gen(function*() {
      const heddle = yield* launch(config, { env: { HEDDLE_SIGHUP: "ignore" } })
      yield* heddle.line(up)
      yield* heddle.signal("SIGHUP")
      yield* heddle.signal("SIGHUP")
      yield* Effect.sleep(200)
      yield* heddle.signal("SIGTERM")
      assert.strictEqual((yield* heddle.ended).code, 0)
      const lines = said(heddle.lines)
      assert.include(lines, "INFO  main  stopping: received SIGTERM; send it again to force")
      assert.deepStrictEqual(lines.filter((line) => line.endsWith("closes")), closing)
    }))

  it.live("S7: SIGUSR2 is the program's.", () =>
    Effect.gen(function*() {
      const heddle = yield* launch(config)
      yield* heddle.line(up)
      yield* heddle.signal("SIGUSR2")
      const { code, signal } = yield* heddle.ended
      assert.deepStrictEqual([code, signal], [null, "SIGUSR2"])
    }))
})

describe("output that nobody reads", () => {
  for (const signal of ["SIGTERM", "SIGHUP"] as const) {
    it.live(`S7: Finalizers run and the exit code is 0 when output is closed before ${signal}.`, () =>
      Effect.gen(function*() {
        const { env, read } = yield* closes
        const heddle = yield* launch(config, { env: { ...env, HEDDLE_TEST_MAIN: "writes" } })
        yield* heddle.line(up)
        yield* heddle.hangUp
        yield* heddle.signal(signal)
        assert.strictEqual((yield* heddle.ended).code, 0)
        assert.deepStrictEqual(read(), ["Third closes", "Second closes", "First closes"])
      }))
  }

  it.live("S7: Finalizers run when output is closed in the middle of the stop.", () =>
    Effect.gen(function*() {
      const { env, read } = yield* closes
      const heddle = yield* launch(config, { env: { ...env, HEDDLE_TEST_MAIN: "writes" } })
      yield* heddle.line(up)
      yield* heddle.signal("SIGTERM")
      yield* heddle.line(/stopping: received/)
      yield* heddle.hangUp
      assert.strictEqual((yield* heddle.ended).code, 0)
      assert.deepStrictEqual(read(), ["Third closes", "Second closes", "First closes"])
    }))

  it.live("S7: Finalizers run when output stays open and its reader stops reading.", () =>
    Effect.gen(function*() {
      const { env, read } = yield* closes
      const heddle = yield* launch(config, { env: { ...env, HEDDLE_TEST_MAIN: "floods" } })
      yield* heddle.line(up)
      yield* heddle.stopReading
      yield* heddle.signal("SIGUSR2")
      yield* heddle.signal("SIGTERM")
      const { code } = yield* heddle.exited
      assert.strictEqual(code, 0)
      assert.deepStrictEqual(read(), ["Third closes", "Second closes", "First closes"])
    }))
})

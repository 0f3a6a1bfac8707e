import { afterAll, assert, beforeEach, describe, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import type * as LogLevel from "effect/LogLevel"
import * as References from "effect/References"
import { System } from "heddle"
import * as Testing from "heddle/Testing"
import { spawnSync } from "node:child_process"
import { fileURLToPath } from "node:url"
import config from "../fixtures/logging/config.ts"
import everywhere from "../fixtures/logging/everywhere.ts"
import own from "../fixtures/logging/own.ts"
import { Scribe } from "../fixtures/logging/Scribe.ts"
import { journal, watch } from "./watching.ts"

const paper = journal()
beforeEach(paper.clear)
afterAll(paper.remove)

interface Written {
  readonly level: LogLevel.LogLevel
  readonly message: ReadonlyArray<unknown>
  readonly annotations: Readonly<Record<string, unknown>>
  readonly spans: ReadonlyArray<string>
  readonly cause: string
  readonly ageMillis: number
}

/** The loggers and the level of a program on main, and what they have written of actors' records. */
const program = (level: LogLevel.LogLevel = "Info") => {
  const written: Array<Written> = []
  const waiting: Array<() => void> = []
  const logger = Logger.make(({ cause, date, fiber, logLevel, message }) => {
    const annotations = fiber.getRef(References.CurrentLogAnnotations)
    if (annotations["actor"] === undefined) return
    written.push({
      level: logLevel,
      message: Array.isArray(message) ? message : [message],
      annotations,
      spans: fiber.getRef(References.CurrentLogSpans).map(([label]) => label),
      cause: Cause.pretty(cause),
      ageMillis: Date.now() - date.getTime()
    })
    for (const wake of waiting.splice(0)) wake()
  })
  const next = Effect.callback<void>((resume) => void waiting.push(() => resume(Effect.void)))
  const count = (wanted: number): Effect.Effect<void> =>
    Effect.suspend(() => written.length >= wanted ? Effect.void : Effect.andThen(next, count(wanted)))
  return {
    written,
    /** Completes when so many records were written. */
    count,
    layer: Layer.mergeAll(Logger.layer([logger]), Layer.succeed(References.MinimumLogLevel, level))
  }
}

const log = (what: Parameters<Scribe["Service"]["Log"]>[0]["what"]) =>
  Effect.flatMap(Scribe, (scribe) => scribe.Log({ what }))

describe("what threads log", () => {
  for (
    const [name, layer] of [["threads", System.layer(config)], ["simulated threads", Testing.layer(config)]] as const
  ) {
    it.live(`S6: ${name} log with the loggers of the program, which learn thread and actor.`, () => {
      const main = program()
      return Effect.gen(function*() {
        yield* log("annotated")
        yield* main.count(1)
        const [record] = main.written
        assert.deepStrictEqual(record?.message, ["one", "two"])
        assert.deepStrictEqual(record?.annotations, { thread: "desk", actor: "Scribe", key: "value", size: 7n })
        assert.strictEqual(record?.level, "Info")
        assert.isBelow(record?.ageMillis ?? Infinity, 10_000)
        yield* log("caused")
        yield* main.count(2)
        assert.include(main.written[1]?.cause, "RangeError: out of range")
        assert.include(main.written[1]?.cause, "ScribeLayer.ts")
        yield* log("spanned")
        yield* main.count(3)
        assert.deepStrictEqual(main.written[2]?.spans, ["work"])
      }).pipe(Effect.provide(Layer.provide(layer, main.layer)))
    })

    for (
      const [level, expected] of [["Warn", ["warning", "error"]], ["Trace", [
        "trace",
        "debug",
        "info",
        "warning",
        "error"
      ]]] as const
    ) {
      it.live(`S6: ${name} log from the program's level on: ${level}.`, () => {
        const main = program(level)
        return Effect.gen(function*() {
          yield* log("levels")
          yield* main.count(expected.length)
          assert.deepStrictEqual(main.written.map(({ message }) => message[0]), [...expected])
        }).pipe(Effect.provide(Layer.provide(layer, main.layer)))
      })
    }
  }

  it.live("S6: What can't be cloned is logged in words, and costs nobody anything.", () => {
    const main = program()
    return Effect.gen(function*() {
      yield* log("values")
      yield* main.count(1)
      const [plain, option, func, secret] = main.written[0]?.message ?? []
      assert.deepStrictEqual(plain, { n: 1, at: new Date(0), list: [undefined, null] })
      assert.deepStrictEqual(option, { _id: "Option", _tag: "Some", value: 3 })
      assert.strictEqual(func, "() => {}")
      assert.strictEqual(secret, "Secret { value: 7 }")
    }).pipe(Effect.provide(Layer.provide(System.layer(config), main.layer)))
  })

  it.live("S6: The last record before a thread throws is there.", () => {
    const main = program()
    return Effect.gen(function*() {
      const events = yield* watch
      yield* Effect.exit(log("last words"))
      yield* events.next("ThreadExited")
      assert.deepStrictEqual(main.written.map(({ message }) => message[0]), ["last words"])
    }).pipe(Effect.provide(Layer.provide(System.layer(config), main.layer)))
  })

  for (
    const [logger, fits] of [
      ["quiet", () => false],
      ["json", (line: string) => typeof JSON.parse(line).message === "string"],
      ["logFmt", (line: string) => /^timestamp=\S+ level=\w+ fiber=\S+ message=/.test(line)]
    ] as const
  ) {
    it(`S6: A process whose program logs "${logger}" writes that and nothing else.`, () => {
      const script = fileURLToPath(new URL("../fixtures/logging/printing.ts", import.meta.url))
      const { status, stderr, stdout } = spawnSync(process.execPath, [script, logger], { encoding: "utf8" })
      assert.deepStrictEqual([status, stderr], [0, ""])
      const lines = stdout.split("\n").filter((line) => line !== "")
      assert.deepStrictEqual(lines.filter((line) => !fits(line)), [])
      assert.strictEqual(lines.some((line) => /\bwarning\b/.test(line)), logger !== "quiet")
    })
  }

  for (const [name, system] of [["thread", own], ["system", everywhere]] as const) {
    it.live(`S6: Loggers of the ${name}'s layer write the records of its threads, at its level, and main's do not.`, () => {
      const main = program("Trace")
      return Effect.gen(function*() {
        yield* log("levels")
        assert.deepStrictEqual(
          paper.lines().filter((line) => /^\w+ (trace|debug|info|warning|error)$/.test(line)),
          ["Trace trace", "Debug debug", "Info info", "Warn warning", "Error error"]
        )
        assert.deepStrictEqual(main.written, [])
      }).pipe(Effect.provide(Layer.provide(System.layer(system), main.layer)))
    })
  }
})

import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { launch, said } from "./launching.ts"

const config = ["start", "command/config.ts"]
const up = /thread "three" #1 is ready/

const inReverse = [
  "INFO  three/Third  closes",
  "INFO  main  thread \"three\" #1 stopped",
  "INFO  two/Second  closes",
  "INFO  main  thread \"two\" #1 stopped",
  "INFO  one/First  closes",
  "INFO  main  thread \"one\" #1 stopped",
  "INFO  main  stopped"
]

/** So far apart that two signals are two. */
const apartMillis = 600

/** Starts the three actors as told, waits until they are up, and sends a signal. */
const stop = (env: Record<string, string> = {}, signal: NodeJS.Signals = "SIGTERM", when = up) =>
  Effect.gen(function*() {
    const heddle = yield* launch(config, { env })
    yield* heddle.line(when)
    yield* heddle.signal(signal)
    const ended = yield* heddle.ended
    const lines = said(heddle.lines)
    return { ...ended, lines, after: lines.slice(lines.findIndex((line) => line.includes("stopping: "))) }
  })

describe("a stop", () => {
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    it.live(`S1, S2: ${signal} stops in reverse order, runs finalizers, and exits with 0 within a second.`, () =>
      Effect.gen(function*() {
        // Of three times: a machine that does other things may hold up one of them.
        const { after, afterMillis, code } = yield* Effect.repeat(stop({}, signal), {
          until: ({ afterMillis }) => afterMillis < 1000,
          times: 2
        })
        assert.strictEqual(code, 0)
        assert.deepStrictEqual(after, [
          `INFO  main  stopping: received ${signal}; send it again to force`,
          ...inReverse
        ])
        assert.isBelow(afterMillis, 1000)
      }))
  }

  it.live("S1, S3: A slow finalizer is terminated at its time-out, the next thread stops well, and the code is 2.", () =>
    Effect.gen(function*() {
      const { after, afterMillis, code } = yield* stop({
        HEDDLE_TEST_SECOND: "closes slowly",
        HEDDLE_TEST_PATIENCE: "short"
      })
      assert.strictEqual(code, 2)
      assert.deepStrictEqual(after.slice(1), [
        "INFO  three/Third  closes",
        "INFO  main  thread \"three\" #1 stopped",
        "WARN  main  thread \"two\" #1 did not stop within 600 ms and was terminated",
        "INFO  main  thread \"two\" #1 stopped",
        "INFO  one/First  closes",
        "INFO  main  thread \"one\" #1 stopped",
        "INFO  main  stopped; terminated because they did not end in time: two"
      ])
      // Its finalizer never ends.
      assert.isBelow(afterMillis, 10_000)
    }))

  it.live("S1: A busy loop does not stop the stop.", () =>
    Effect.gen(function*() {
      const { after, code } = yield* stop(
        { HEDDLE_TEST_THIRD: "spins", HEDDLE_TEST_PATIENCE: "short" },
        "SIGTERM",
        /spins from now on/
      )
      assert.strictEqual(code, 2)
      assert.strictEqual(after.at(-1), "INFO  main  stopped; terminated because they did not end in time: three")
      assert.include(after, "INFO  two/Second  closes")
    }))

  it.live("S1: With 10,000 messages queued a stop is no slower than its time-outs.", () =>
    Effect.gen(function*() {
      const { after, afterMillis, code } = yield* stop({ HEDDLE_TEST_THIRD: "floods" })
      assert.strictEqual(code, 0, after.join("\n"))
      assert.deepStrictEqual(after.filter((line) => line.endsWith("closes")), [
        "INFO  three/Third  closes",
        "INFO  two/Second  closes",
        "INFO  one/First  closes"
      ])
      assert.isBelow(afterMillis, 7000)
    }))

  it.live("S2: Nothing outlives a synchronous native call either.", () =>
    Effect.gen(function*() {
      const { after, afterMillis, code } = yield* stop(
        { HEDDLE_TEST_THIRD: "blocks", HEDDLE_TEST_PATIENCE: "short" },
        "SIGTERM",
        /blocks from now on/
      )
      assert.isBelow(afterMillis, 5000)
      assert.strictEqual(code, 2)
      assert.strictEqual(after.at(-1), "INFO  main  stopped; terminated because they did not end in time: three")
    }))

  it.live("S4: A stop during start is a stop.", () =>
    Effect.gen(function*() {
      const { after, code, lines } = yield* stop(
        { HEDDLE_TEST_SECOND: "is never built" },
        "SIGTERM",
        /"one" #1 is ready/
      )
      assert.strictEqual(code, 0, after.join("\n"))
      assert.include(after, "INFO  one/First  closes")
      assert.notInclude(lines.join("\n"), "Third")
    }))

  it.live("S4: A stop during back-off is a stop.", () =>
    Effect.gen(function*() {
      const { after, afterMillis, code } = yield* stop(
        { HEDDLE_TEST_SECOND: "crashes", HEDDLE_TEST_BACKOFF: "long" },
        "SIGTERM",
        /thread "two" #1 restarts in [\d.]+ m?s, failure 1 of \d/
      )
      assert.strictEqual(code, 0, after.join("\n"))
      assert.notInclude(after.join("\n"), "#2")
      assert.isBelow(afterMillis, 5000)
    }))
})

describe("a second signal", () => {
  for (const [signal, code] of [["SIGTERM", 143], ["SIGINT", 130], ["SIGHUP", 129], ["SIGQUIT", 131]] as const) {
    it.live(`S2, S7: ${signal} again ends the process at once with ${code}.`, () =>
      Effect.gen(function*() {
        const heddle = yield* launch(config, { env: { HEDDLE_TEST_THIRD: "closes slowly" } })
        yield* heddle.line(up)
        yield* heddle.signal(signal)
        yield* heddle.line(/stopping: received/)
        yield* Effect.sleep(apartMillis)
        yield* heddle.signal(signal)
        const ended = yield* heddle.ended
        assert.strictEqual(ended.code, code)
        assert.isBelow(ended.afterMillis, 2000)
        assert.notInclude(heddle.lines.join("\n"), "First  closes")
      }))
  }
})

describe("a thread in a synchronous native call", () => {
  it.live("S2: A second signal does not wait for it.", () =>
    Effect.gen(function*() {
      const heddle = yield* launch(config, { env: { HEDDLE_TEST_THIRD: "blocks", HEDDLE_TEST_PATIENCE: "short" } })
      yield* heddle.line(/blocks from now on/)
      yield* heddle.signal("SIGTERM")
      yield* heddle.line(/stopping: received/)
      yield* Effect.sleep(apartMillis)
      yield* heddle.signal("SIGTERM")
      const ended = yield* heddle.ended
      assert.strictEqual(ended.code, 143)
      assert.isBelow(ended.afterMillis, 2000)
    }))
})

describe("failures", () => {
  it.live("F6: A spent budget stops in order, exits with 1, and the cause is the last thing said.", () =>
    Effect.gen(function*() {
      const heddle = yield* launch(config, { env: { HEDDLE_TEST_THIRD: "crashes" } })
      const { code } = yield* heddle.ended
      const lines = said(heddle.lines)
      assert.strictEqual(code, 1)
      assert.strictEqual(
        lines.at(-1),
        "heddle: gave up on thread \"three\" after 3 failures without a stable run between: RangeError: it crashes each time"
      )
      assert.deepStrictEqual(lines.filter((line) => line.endsWith("closes")), [
        "INFO  two/Second  closes",
        "INFO  one/First  closes"
      ])
    }))

  it.live("F7: A thread that can't start rolls back in reverse and names thread, actor and cause; later ones never start.", () =>
    Effect.gen(function*() {
      const heddle = yield* launch(config, { env: { HEDDLE_TEST_SECOND: "can't be built" } })
      const { code } = yield* heddle.ended
      const lines = said(heddle.lines)
      assert.strictEqual(code, 1)
      assert.strictEqual(
        lines.at(-1),
        "heddle: thread \"two\" did not start: Second could not be built: no such luck"
      )
      assert.deepStrictEqual(lines.filter((line) => line.endsWith("closes")), [
        "INFO  two/Second  closes",
        "INFO  one/First  closes"
      ])
      assert.notInclude(lines.join("\n"), "Third")
    }))

  it.live("S1: An error that nobody caught on main stops in order and exits with 1.", () =>
    Effect.gen(function*() {
      const { after, code } = yield* stop({ HEDDLE_TEST_MAIN: "throws" }, "SIGUSR2")
      assert.strictEqual(code, 1)
      assert.deepStrictEqual(after.slice(0, 1 + inReverse.length), [
        "INFO  main  stopping: the main thread failed",
        ...inReverse
      ])
      assert.match(
        after.slice(1 + inReverse.length).join("\n"),
        /^heddle: the main thread failed: TypeError: a bug on main\n.*config\.ts:\d+/
      )
    }))
})

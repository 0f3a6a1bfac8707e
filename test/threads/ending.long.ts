/** What a process does when the system in it has ended: each case is a process of its own. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { execFile } from "node:child_process"
import { fileURLToPath } from "node:url"
import { launch } from "../cli/launching.ts"

const main = fileURLToPath(new URL("../fixtures/ending/main.ts", import.meta.url))

interface Ended {
  readonly code: number | null
  readonly out: ReadonlyArray<string>
  readonly err: string
}

const run = (args: ReadonlyArray<string>, env: Readonly<Record<string, string>> = {}): Effect.Effect<Ended> =>
  Effect.callback((resume) => {
    const options = { timeout: 60_000, env: { ...process.env, NODE_OPTIONS: "", ...env } }
    const child = execFile(
      process.execPath,
      [main, ...args],
      options,
      (_, out, err) =>
        resume(Effect.succeed({ code: child.exitCode, out: out.split("\n").filter((line) => line !== ""), err }))
    )
  })

const gaveUp =
  /GaveUp: gave up on thread "work" after 1 failure without a stable run between: process\.exit\(0\) was called/

describe("an end that nobody awaits", () => {
  it.live("F17: A spent budget is thrown after the orderly stop, and the process exits with 1.", () =>
    Effect.gen(function*() {
      const { code, err, out } = yield* run(["crash", "nobody"])
      assert.match(err, gaveUp)
      // The finalizer of another thread ran before.
      assert.match(out.join("\n"), /closes[^]*exit 1/)
      assert.strictEqual(code, 1)
    }))

  it.live("F17: An end that was awaited only by a fiber that stopped waiting is thrown.", () =>
    Effect.gen(function*() {
      const { code, err } = yield* run(["crash", "gave up waiting"])
      assert.match(err, gaveUp)
      assert.strictEqual(code, 1)
    }))

  it.live("F17: A spent budget is thrown in a program that ends meanwhile.", () =>
    Effect.gen(function*() {
      const { code, err } = yield* run(["crash", "leaves"])
      assert.match(err, gaveUp)
      assert.strictEqual(code, 1)
    }))

  it.live("F17: An uncaughtException handler gets the spent budget, and the process goes on.", () =>
    Effect.gen(function*() {
      const { code, out } = yield* run(["crash", "handler"])
      assert.deepStrictEqual(out.slice(-3).map((line) => line.split(":")[0]), [
        "caught GaveUp",
        "the program goes on",
        "exit 0"
      ])
      assert.strictEqual(code, 0)
    }))

  it.live("F17: The process exits with 2 when a thread did not stop in time.", () =>
    Effect.gen(function*() {
      const { code, err } = yield* run(["crash", "nobody"], { HEDDLE_TEST_SLOW: "yes" })
      assert.match(err, gaveUp)
      assert.strictEqual(code, 2)
    }))

  it.live("F17: A shutdown that leaves a thread alive exits with 2 and names it, without waiting for it.", () =>
    Effect.gen(function*() {
      const started = performance.now()
      const { code, err } = yield* run(["block and shutdown", "nobody"])
      assert.match(err, /Unkillable: thread "work" can't be ended: it is in a synchronous native call/)
      assert.strictEqual(code, 2)
      assert.isBelow(performance.now() - started, 30_000)
    }))
})

describe("an end that is awaited", () => {
  it.live("F17: A spent budget fails `ended`, and the program goes on.", () =>
    Effect.gen(function*() {
      const { code, err, out } = yield* run(["crash", "observer"])
      assert.strictEqual(err, "")
      assert.deepStrictEqual(out.slice(-3), ["ended: GaveUp work", "the program goes on", "exit 0"])
      assert.strictEqual(code, 0)
    }))

  for (const how of ["shutdown", "shutdown by an actor"]) {
    it.live(`F17: A ${how} is an orderly end, which nobody needs to await.`, () =>
      Effect.gen(function*() {
        const observed = yield* run([how, "observer"])
        assert.strictEqual(observed.err, "")
        assert.include(observed.out, "ended in order")
        assert.deepStrictEqual(observed.out.slice(-2), ["the program goes on", "exit 0"])
        const unobserved = yield* run([how, "nobody"])
        assert.strictEqual(unobserved.err, "")
        assert.deepStrictEqual(unobserved.out.slice(-2), ["the program goes on", "exit 0"])
      }))
  }
})

describe("a system that nobody closes", () => {
  it.live("F17: A program that has nothing left to do learns what keeps its process running, and not while it asks.", () =>
    Effect.gen(function*() {
      const program = yield* launch([], {
        program: fileURLToPath(new URL("../fixtures/ending/forgotten.ts", import.meta.url))
      })
      yield* program.line(/WARN.*the program has nothing left to do, and its system keeps the process running/).pipe(
        Effect.timeout("60 seconds")
      )
      // The ask took longer than it takes to be told.
      const shown = program.lines.filter((line) => /^answered$|nothing left to do/.test(line))
      assert.strictEqual(shown[0], "answered")
      assert.lengthOf(shown, 2)
    }))
})

describe("onUnkillable: \"exit\"", () => {
  for (const who of ["nobody", "observer"]) {
    it.live(`F17: With onUnkillable: "exit" the process ends with 1, a tick after \`ended\` has failed: ${who} awaits it.`, () =>
      Effect.gen(function*() {
        const started = performance.now()
        const { code, err, out } = yield* run(["block", who], { HEDDLE_TEST_UNKILLABLE: "exit" })
        assert.strictEqual(code, 1)
        assert.match(err, /heddle: thread "work" can't be killed; the process ends, as its onUnkillable says/)
        assert.strictEqual(out.includes("ended: Unkillable work"), who === "observer")
        assert.isBelow(performance.now() - started, 30_000)
      }))
  }
})

describe("a thread in a synchronous native call", () => {
  it.live("F19: Orders to a thread in a synchronous native call fail with Unkillable, and the last one is carried out when it is dead.", () =>
    Effect.gen(function*() {
      const { code, err, out } = yield* run(["block and order", "nobody"])
      assert.strictEqual(err, "")
      assert.deepStrictEqual(out.slice(0, 4), ["Unkillable", "Unkillable", "NotUp", "pong"])
      assert.strictEqual(code, 0)
    }))
})

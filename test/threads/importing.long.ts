/** Modules that start a system where a heddle thread imports them; each case is a process of its own. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { fileURLToPath } from "node:url"
import { launch, said } from "../cli/launching.ts"

const fixture = (name: string): string => fileURLToPath(new URL(`../fixtures/unguarded/${name}`, import.meta.url))

const run = (file: string, args: ReadonlyArray<string>, env: Readonly<Record<string, string>> = {}) =>
  Effect.gen(function*() {
    const heddle = yield* launch(args, { program: fixture(file), env })
    const { code } = yield* heddle.ended
    const lines = said(heddle.lines)
    return { code, lines, text: lines.join("\n"), evaluated: lines.filter((line) => line.endsWith("evaluates")) }
  })

const sentence = /was about to start in a thread of heddle's own, "greeting".*Write System\.run\(import\.meta/

describe("a program that starts its system while a thread imports it", () => {
  for (const how of ["awaited", "a promise", "a fiber", "caught", "a launch", "from a layer's module"]) {
    it.live(`F16: A program that starts its system while a thread imports it fails at once and says what to write: ${how}.`, () =>
      Effect.gen(function*() {
        const { evaluated, lines, text } = yield* run("main.ts", [], { HEDDLE_TEST_HOW: how })
        // Main's, and those of the one thread that it starts.
        assert.deepStrictEqual(evaluated, ["thread 0 evaluates", "thread 1 evaluates"])
        if (how === "caught" || how === "a fiber" || how === "a launch") assert.notInclude(lines, "Hello, thread 0!")
        else assert.match(text, sentence)
      }))
  }

  it.live("F16: A program that starts its system while a thread imports it fails at once however often it tries again.", () =>
    Effect.gen(function*() {
      const heddle = yield* launch([], { program: fixture("main.ts"), env: { HEDDLE_TEST_HOW: "retried for ever" } })
      // On main it tries for ever, one thread at a time; none of these starts one.
      yield* heddle.line(/thread 3 evaluates/)
      assert.deepStrictEqual(
        said(heddle.lines).filter((line) => line.startsWith("thread ")),
        ["thread 0 evaluates", "thread 1 evaluates", "thread 2 evaluates", "thread 3 evaluates"]
      )
    }))

  for (const how of ["later", "later, retried for ever"]) {
    it.live(`F16: A program that starts its system while a thread imports it starts nothing when all is imported either: ${how}.`, () =>
      Effect.gen(function*() {
        const { evaluated, lines, text } = yield* run("main.ts", [], { HEDDLE_TEST_HOW: how })
        assert.include(lines, "Hello, thread 0!")
        assert.notMatch(text, /Hello, thread [1-9]/)
        // With "later" the rejected promise ends the thread, until its budget is spent.
        assert.isAtMost(evaluated.length, 5)
      }))
  }
})

describe.skipIf(Number.parseInt(process.versions.node) < 24)("another system", () => {
  it.live("F16: A timer that a module sets while a thread imports it starts no system there, whoever's it is.", () =>
    Effect.gen(function*() {
      const { text } = yield* run("main.ts", [], { HEDDLE_TEST_HOW: "another system, later" })
      assert.match(text, /Hello from within, thread 0/)
      assert.notMatch(text, /Hello from within, thread [1-9]/)
      assert.match(text, sentence)
    }))
})

describe("a system that is started on purpose", () => {
  for (const how of ["layer", "handler", "promise", "the same one again", "worker"]) {
    it.live(`F16: A system that is started on purpose runs inside an actor, or a thread of the user's own: ${how}.`, () =>
      Effect.gen(function*() {
        const { code, text } = yield* run("nesting.ts", [how])
        assert.match(text, /Hello from within$/)
        assert.strictEqual(code, 0)
      }))
  }
})

/** Programs that use System.run, as processes of their own. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { mkdtempSync, rmSync, symlinkSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { launch, said } from "./launching.ts"

const fixture = (name: string): string => fileURLToPath(new URL(`../fixtures/running/${name}`, import.meta.url))

/** Runs a file to its end. */
const run = (file: string, ...args: ReadonlyArray<string>) =>
  Effect.gen(function*() {
    const heddle = yield* launch(args, { program: fixture(file) })
    const ended = yield* heddle.ended
    return { ...ended, lines: said(heddle.lines) }
  })

describe("System.run", () => {
  it.live("F16: System.run runs the program of the process's entry after the module, then shuts down and exits with 0.", () =>
    Effect.gen(function*() {
      const { code, lines } = yield* run("main.ts")
      assert.deepStrictEqual(lines, ["evaluated", "Hello, Ada!", "Hello, finalizer!", "Greeter closes"])
      assert.strictEqual(code, 0)
    }))

  it.live("F16: System.run only declares where another module is the entry.", () =>
    Effect.gen(function*() {
      const { code, lines } = yield* run("importer.ts")
      assert.deepStrictEqual(lines, ["evaluated", "imported Greeter"])
      assert.strictEqual(code, 0)
    }))

  it.live("F16: `heddle start` runs the program of the file that it names, by a link as well.", () =>
    Effect.gen(function*() {
      const directory = yield* Effect.acquireRelease(
        Effect.sync(() => mkdtempSync(join(tmpdir(), "heddle-run-"))),
        (directory) => Effect.sync(() => rmSync(directory, { recursive: true }))
      )
      symlinkSync(fixture("main.ts"), join(directory, "link.ts"))
      for (const file of [fixture("main.ts"), join(directory, "link.ts")]) {
        const heddle = yield* launch(["start", file])
        const { code } = yield* heddle.ended
        const lines = said(heddle.lines)
        assert.includeMembers([...lines], [
          "Hello, Ada!",
          "Greeter closes",
          "INFO  main  stopping: the program has ended"
        ])
        assert.strictEqual(code, 0)
      }
    }))

  it.live("F16: System.run is refused a second time in the same module.", () =>
    Effect.gen(function*() {
      const { code, lines } = yield* run("twice.ts")
      assert.match(lines.join("\n"), /InvalidSystem: [^]*twice\.ts calls it a second time; write one call per module/)
      assert.notInclude(lines, "the program ran")
      assert.strictEqual(code, 1)
    }))

  it.live("F16: System.run works in CommonJS, by itself and with `heddle start`.", () =>
    Effect.gen(function*() {
      const alone = yield* run("common.cjs")
      assert.deepStrictEqual(alone.lines, ["Hello from CommonJS"])
      assert.strictEqual(alone.code, 0)
      const heddle = yield* launch(["start", fixture("common.cjs")])
      assert.strictEqual((yield* heddle.ended).code, 0)
      assert.include(said(heddle.lines), "Hello from CommonJS")
    }))

  it.live("F16: System.run finds the entry without import.meta.main.", () =>
    Effect.gen(function*() {
      const { code, lines } = yield* run("noMain.ts")
      assert.deepStrictEqual(lines, ["the program ran"])
      assert.strictEqual(code, 0)
    }))
})

describe("the exit code of System.run", () => {
  for (
    const [how, cause] of [
      ["fails", "TypeError: no such luck"],
      ["dies", "RangeError: a bug"],
      ["fails with nothing", "undefined"]
    ] as const
  ) {
    it.live(`F17: The exit code of System.run is 1 when the program ${how}, with the cause, after an orderly stop.`, () =>
      Effect.gen(function*() {
        const { code, lines } = yield* run("main.ts", how)
        const printed = lines.findIndex((line) => line === `heddle: the program failed: ${cause}`)
        assert.isAbove(printed, lines.indexOf("Greeter closes"), lines.join("\n"))
        assert.isAbove(lines.indexOf("Greeter closes"), 0)
        assert.strictEqual(code, 1)
      }))
  }

  it.live("F17: The exit code of System.run is 1 when the system gives up under a program that waits for something else.", () =>
    Effect.gen(function*() {
      const { code, lines } = yield* run("main.ts", "gives up")
      assert.match(lines.at(-1) ?? "", /^heddle: gave up on thread "greeting" after 1 failure .*no more$/)
      assert.strictEqual(code, 1)
    }))

  it.live("F17: The exit code of System.run is 1 when the program observes the end of its system, and the program may end what it does.", () =>
    Effect.gen(function*() {
      const { code, lines } = yield* run("main.ts", "observes")
      assert.include(lines, "observed GaveUp")
      assert.strictEqual(code, 1)
    }))

  it.live("F17: The exit code of System.run is 0 after a shutdown by the program, which goes on to its end.", () =>
    Effect.gen(function*() {
      const { code, lines } = yield* run("main.ts", "shuts down")
      assert.include(lines, "shut down")
      assert.strictEqual(code, 0)
    }))

  it.live("F17: The exit code of System.run is the program's own if it set one, and no timer that it left keeps the process.", () =>
    Effect.gen(function*() {
      assert.strictEqual((yield* run("main.ts", "has a code")).code, 3)
      assert.strictEqual((yield* run("main.ts", "leaves a server")).code, 0)
    }))
})

describe("a signal to System.run", () => {
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP", "SIGQUIT"] as const) {
    it.live(`S7: ${signal} interrupts the program of System.run, then stops in order, with exit code 0.`, () =>
      Effect.gen(function*() {
        const heddle = yield* launch(["waits"], { program: fixture("main.ts") })
        yield* heddle.line(/Hello, Ada!/)
        yield* heddle.signal(signal)
        const { code } = yield* heddle.ended
        assert.deepStrictEqual(said(heddle.lines).slice(-2), ["Hello, finalizer!", "Greeter closes"])
        assert.strictEqual(code, 0)
      }))
  }

  it.live("S7: A program that does not end costs its time, and exit code 2.", () =>
    Effect.gen(function*() {
      const heddle = yield* launch(["does not end"], { program: fixture("main.ts") })
      yield* heddle.line(/Hello, Ada!/)
      yield* heddle.signal("SIGTERM")
      const { afterMillis, code } = yield* heddle.ended
      assert.include(said(heddle.lines), "Greeter closes")
      assert.include(said(heddle.lines), "heddle: the program did not end in time after it was interrupted")
      assert.strictEqual(code, 2)
      assert.isBelow(afterMillis, 20_000)
    }))
})

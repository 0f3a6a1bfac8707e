/** Programs of their own whose threads stop at breakpoints. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { spawn } from "node:child_process"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"

const program = fileURLToPath(new URL("../fixtures/timing/debugged.ts", import.meta.url))

/** Runs the program to its end; what it said, and how it ended. */
const run = (args: ReadonlyArray<string>, inspect = true) =>
  Effect.callback<{ readonly lines: ReadonlyArray<string>; readonly code: number | null }>((resume) => {
    const child = spawn(process.execPath, [...(inspect ? ["--inspect=127.0.0.1:0"] : []), program, ...args], {
      env: { ...process.env, NODE_OPTIONS: "" },
      stdio: ["ignore", "pipe", "pipe"]
    })
    const lines: Array<string> = []
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on("line", (line) => void lines.push(line))
    }
    child.on("close", (code) => resume(Effect.succeed({ lines, code })))
    return Effect.sync(() => child.kill("SIGKILL"))
  })

const count = (lines: ReadonlyArray<string>, part: string) => lines.filter((line) => line.includes(part)).length

describe("a thread at a breakpoint", () => {
  for (const where of ["handler", "layer", "finalizer", "health"]) {
    it.live(`F22: A thread at a breakpoint in its ${where} goes on when that is left, and the process ends.`, () =>
      Effect.gen(function*() {
        const { code, lines } = yield* run([where])
        const said = lines.join("\n")
        assert.strictEqual(code, 0, said)
        assert.isAtLeast(count(lines, "at the breakpoint"), 1, said)
        assert.strictEqual(count(lines, "an inspector listens at ws:"), 1, said)
        assert.include(lines, "asked: Success")
        assert.include(lines, "then: running")
        assert.include(lines, "over")
        assert.strictEqual(count(lines, "was terminated"), 0, said)
        assert.isAtMost(count(lines, "is stalled"), where === "handler" ? 1 : 3, said)
      }))
  }

  it.live("F22: A thread at a breakpoint of an inspector that was opened at run time goes on as well.", () =>
    Effect.gen(function*() {
      const { code, lines } = yield* run(["handler", "open"], false)
      assert.strictEqual(code, 0, lines.join("\n"))
      assert.include(lines, "asked: Success")
    }))

  for (
    const [what, action, millis] of [
      ["with debugger: \"ignore\" is replaced", "ignore", "0"],
      ["is replaced when the inspector is closed", "close", "1500"]
    ] as const
  ) {
    it.live(`F22: A thread at a breakpoint ${what}, and the process ends.`, () =>
      Effect.gen(function*() {
        const { code, lines } = yield* run(["handler", action, millis])
        const said = lines.join("\n")
        assert.strictEqual(code, 0, said)
        assert.include(lines, "asked: Failure")
        assert.include(lines, "over")
        assert.strictEqual(count(lines, "can't be ended"), 0, said)
      }))
  }
})

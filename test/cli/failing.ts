/** A command that fails, and what it says then. */
import { assert } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { launch } from "./launching.ts"

/** Runs the command, which must fail with this exit code and say each of these. */
export const fails = (
  args: ReadonlyArray<string>,
  says: ReadonlyArray<string | RegExp>,
  env: Record<string, string> = {},
  exitCode = 1
) =>
  Effect.gen(function*() {
    const heddle = yield* launch(args, { env })
    const { code, signal } = yield* heddle.ended
    const output = heddle.lines.join("\n")
    assert.strictEqual(signal, null)
    assert.strictEqual(code, exitCode, output)
    for (const text of says) {
      if (typeof text === "string") assert.include(output, text)
      else assert.match(output, text)
    }
    assert.notInclude(output, "Help requested")
    return heddle.lines
  })

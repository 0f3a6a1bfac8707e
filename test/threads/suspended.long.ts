/** Programs of their own that are stopped for longer than their watchdog's patience, and go on. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { spawn } from "node:child_process"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"

const program = fileURLToPath(new URL("../fixtures/timing/suspended.ts", import.meta.url))

/** Longer than `stallAfter`, `startTimeout` and `shutdownTimeout` of the program. */
const stoppedMillis = 4000

/** Runs the program, and stops it for a while when it says so. */
const run = (where: string) =>
  Effect.callback<{ readonly lines: ReadonlyArray<string>; readonly code: number | null }>((resume) => {
    const child = spawn(process.execPath, [program, where], {
      env: { ...process.env, NODE_OPTIONS: "" },
      stdio: ["ignore", "pipe", "pipe"]
    })
    const lines: Array<string> = []
    let timer: NodeJS.Timeout | undefined
    const hear = (line: string): void => {
      if (line === "now" && timer === undefined) {
        child.kill("SIGSTOP")
        timer = setTimeout(() => child.kill("SIGCONT"), stoppedMillis)
      }
      lines.push(line)
    }
    for (const stream of [child.stdout, child.stderr]) createInterface({ input: stream }).on("line", hear)
    child.on("close", (code) => resume(Effect.succeed({ lines, code })))
    return Effect.sync(() => {
      clearTimeout(timer)
      child.kill("SIGKILL")
    })
  })

describe("a process that is stopped", () => {
  for (const where of ["idle", "handler", "block", "start", "stop"]) {
    it.live(
      `F18: A process that is stopped ${where} restarts nothing, and ends in order.`,
      () =>
        Effect.gen(function*() {
          const { code, lines } = yield* run(where)
          const said = lines.join("\n")
          assert.strictEqual(code, 0, said)
          assert.include(lines, "now", said)
          assert.include(lines, "then: running, restarts: 0", said)
          assert.strictEqual(lines.at(-1), "over", said)
          const bad =
            /^(ThreadStalled|ThreadRestarting|ThreadTerminated|ActorRestarting|ThreadUnkillable|StandbyFailed)|was terminated/
          assert.deepStrictEqual(lines.filter((line) => bad.test(line)), [], said)
        }),
      60_000
    )
  }
})

/** Runs a command as an init system does: starts it, waits until it is up, and stops it by a signal. */
import { assert } from "@effect/vitest"
import { spawn } from "node:child_process"
import { once } from "node:events"

/**
 * Completes with all that the command has printed. Fails unless that includes `up`, the sign that its system is up, and the command
 * ends with exit code 0 at the signal.
 */
export const startAndStop = async (
  [command = "", ...args]: ReadonlyArray<string>,
  { cwd, env = {}, signal = "SIGTERM", up }: {
    readonly cwd: string
    readonly up: string
    readonly signal?: NodeJS.Signals
    readonly env?: Readonly<Record<string, string>>
  }
): Promise<string> => {
  const child = spawn(command, args, { cwd, env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "pipe"] })
  try {
    let printed = ""
    const isUp = Promise.withResolvers<void>()
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (text: string) => {
        printed += text
        if (printed.includes(up)) isUp.resolve()
      })
    }
    const closed = once(child, "close")
    await Promise.race([isUp.promise, closed])
    child.kill(signal)
    assert.deepStrictEqual(await closed, [0, null], printed)
    assert.include(printed, up)
    return printed
  } finally {
    child.kill("SIGKILL")
  }
}

/** Systems that listen for the `heddle` command, and the command, each as a process of its own in a folder of its own. */
import * as Effect from "effect/Effect"
import { spawn } from "node:child_process"
import { mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { launch } from "./launching.ts"

const bin = fileURLToPath(new URL("../../src/cli/bin.js", import.meta.url))
export const fixtures = fileURLToPath(new URL("../fixtures/", import.meta.url))

/** A folder that goes with the test. */
export const folder = Effect.acquireRelease(
  Effect.sync(() => realpathSync(mkdtempSync(join(tmpdir(), "heddle-op-")))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true }))
)

/** What a command printed, and how it ended. */
export interface Ran {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

/** Runs a program until it ends; it is killed with the test. */
export const exec = (
  command: string,
  args: ReadonlyArray<string>,
  options: { readonly cwd: string; readonly env: Readonly<Record<string, string>>; readonly input?: string }
) =>
  Effect.callback<Ran>((resume) => {
    const child = spawn(command, args, { cwd: options.cwd, env: { ...process.env, NODE_OPTIONS: "", ...options.env } })
    const text = { out: "", err: "" }
    child.stdout.setEncoding("utf8").on("data", (chunk: string) => text.out += chunk)
    child.stderr.setEncoding("utf8").on("data", (chunk: string) => text.err += chunk)
    child.on("close", (code) => resume(Effect.succeed({ code, ...text })))
    child.stdin.end(options.input)
    return Effect.sync(() => child.kill("SIGKILL"))
  })

/** A folder for sockets that no other test sees, and the command and systems that use it. */
export const world = Effect.map(folder, (path) => {
  const runtime = join(path, "run")
  mkdirSync(runtime, { mode: 0o700 })
  const env = { XDG_RUNTIME_DIR: runtime, TMPDIR: path }
  const sockets = join(runtime, "heddle")
  return {
    path,
    env,
    /** The folder of the sockets. */
    sockets,
    /** What lies in it. */
    files: (): ReadonlyArray<string> => readdirSync(sockets),
    /** Runs the command where systems are started, or elsewhere. */
    heddle: (args: ReadonlyArray<string>, options: { readonly cwd?: string; readonly input?: string } = {}) =>
      exec(process.execPath, [bin, ...args], { cwd: fixtures, env, ...options }),
    /** Starts a system, and waits for a line of its log. */
    start: (config: string, ready: RegExp, options: Parameters<typeof launch>[1] = {}) =>
      Effect.tap(
        launch(options.program === undefined && options.executable === undefined ? ["start", config] : [], {
          ...options,
          env: { ...env, ...options.env }
        }),
        (system) => system.line(ready)
      )
  }
})

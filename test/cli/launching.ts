/** Runs the `heddle` command as a process of its own and reads what it says. */
import * as Effect from "effect/Effect"
import { spawn } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"

const bin = fileURLToPath(new URL("../../src/cli/bin.js", import.meta.url))
const fixtures = fileURLToPath(new URL("../fixtures/", import.meta.url))

/** Where the systems of this file's tests listen for the command; those of other files' tests are not seen here. */
export const runtimeFolder = mkdtempSync(join(tmpdir(), "heddle-launched-"))
process.on("exit", () => rmSync(runtimeFolder, { recursive: true, force: true }))

export interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  /** From the last signal that was sent, or from the start. */
  readonly afterMillis: number
}

/** Starts the command, or another program, in the directory of the fixtures; it is killed when the test ends. */
export const launch = (
  args: ReadonlyArray<string>,
  options: {
    readonly env?: Readonly<Record<string, string>>
    readonly node?: string
    readonly program?: string
    /** An executable that needs no Node; it gets nothing of this process's environment. */
    readonly executable?: string
    readonly cwd?: string
  } = {}
) =>
  Effect.map(
    Effect.acquireRelease(
      Effect.sync(() => {
        const command = options.executable ?? options.node ?? process.execPath
        const inherited = options.executable === undefined
          ? { ...process.env, NODE_OPTIONS: "", XDG_RUNTIME_DIR: runtimeFolder }
          : {}
        const program = options.executable === undefined ? [options.program ?? bin] : []
        const child = spawn(command, [...program, ...args], {
          cwd: options.cwd ?? fixtures,
          env: { ...inherited, ...options.env },
          stdio: ["ignore", "pipe", "pipe"]
        })
        const lines: Array<string> = []
        const listeners = new Set<() => void>()
        for (const stream of [child.stdout, child.stderr]) {
          createInterface({ input: stream }).on("line", (line) => {
            lines.push(line)
            for (const listener of listeners) listener()
          })
        }
        let since = performance.now()
        const ended = new Promise<Ended>((resolve) => {
          child.on("close", (code, signal) => resolve({ code, signal, afterMillis: performance.now() - since }))
        })
        const exited = new Promise<{ readonly code: number | null }>((resolve) => {
          child.on("exit", (code) => resolve({ code }))
        })
        return { child, exited, lines, listeners, ended, restartClock: () => since = performance.now() }
      }),
      ({ child }) => Effect.sync(() => child.kill("SIGKILL"))
    ),
    ({ child, ended, exited, lines, listeners, restartClock }) => {
      /** Waits for what the lines show, said before or still to come. */
      const until = <A>(find: (lines: ReadonlyArray<string>) => A | undefined): Effect.Effect<A> =>
        Effect.callback((resume) => {
          const look = () => {
            const found = find(lines)
            if (found === undefined) return
            listeners.delete(look)
            resume(Effect.succeed(found))
          }
          listeners.add(look)
          look()
          return Effect.sync(() => listeners.delete(look))
        })
      return {
        lines,
        pid: child.pid,
        /** Waits for a line. */
        line: (fits: RegExp): Effect.Effect<string> => until((lines) => lines.find((line) => fits.test(line))),
        /** Waits for so many lines, and gives the last of them. */
        nth: (count: number, fits: RegExp): Effect.Effect<string> =>
          until((lines) => lines.filter((line) => fits.test(line))[count - 1]),
        signal: (signal: NodeJS.Signals) =>
          Effect.sync(() => {
            restartClock()
            child.kill(signal)
          }),
        /** Closes this end of its output: from now on nobody reads what it writes. */
        hangUp: Effect.sync(() => {
          child.stdout.destroy()
          child.stderr.destroy()
        }),
        /** Reads nothing any more of what it writes to standard output, which stays open. */
        stopReading: Effect.sync(() =>
          void child.stdout.removeAllListeners("data").removeAllListeners("readable").pause()
        ),
        /** Waits for its end, and not for its output. */
        exited: Effect.promise(() => exited),
        ended: Effect.promise(() => ended)
      }
    }
  )

/** What the log says, without its times. */
export const said = (lines: ReadonlyArray<string>): ReadonlyArray<string> =>
  lines.map((line) => line.replace(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}[+-]\d\d:\d\d /, ""))

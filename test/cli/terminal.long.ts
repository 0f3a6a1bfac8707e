/** `heddle top` in a real terminal, which tmux is. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import { execFileSync } from "node:child_process"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { fixtures, world } from "./operating.ts"

const bin = fileURLToPath(new URL("../../src/cli/bin.js", import.meta.url))

const hasTmux = ((): boolean => {
  try {
    execFileSync("tmux", ["-V"], { stdio: "ignore" })
    return true
  } catch {
    return false
  }
})()

/** A terminal of 80 columns and 24 rows, with a shell in it. */
const terminal = (path: string, env: Readonly<Record<string, string>>) =>
  Effect.map(
    Effect.acquireRelease(
      Effect.sync(() => {
        const tmux = (...args: ReadonlyArray<string>): string =>
          execFileSync("tmux", ["-S", join(path, "tmux"), "-f", "/dev/null", ...args], {
            encoding: "utf8",
            env: { ...process.env, ...env, NODE_OPTIONS: "", TERM: "xterm" }
          })
        tmux("new-session", "-d", "-x", "80", "-y", "24", "-c", fixtures, "bash --noprofile --norc")
        return tmux
      }),
      (tmux) => Effect.sync(() => tmux("kill-server"))
    ),
    (tmux) => {
      const screen = (): string => tmux("capture-pane", "-p")
      return {
        tmux,
        type: (...keys: ReadonlyArray<string>) => Effect.sync(() => void tmux("send-keys", ...keys)),
        /** Waits until the screen shows something. */
        shows: (what: RegExp) =>
          Effect.sync(screen).pipe(Effect.repeat({
            until: (text) => what.test(text),
            schedule: Schedule.spaced("50 millis")
          }))
      }
    }
  )

describe("heddle top in a terminal", () => {
  it.live.skipIf(!hasTmux)(
    "C1: The screen follows the size of the terminal, and whatever ends it leaves the terminal as it was.",
    () =>
      Effect.gen(function*() {
        const { env, path, start } = yield* world
        yield* start("controlling/config.ts", /thread "shop" #1 is ready/)
        const { shows, tmux, type } = yield* terminal(path, env)
        const top = `"${process.execPath}" "${bin}" top; echo "code $?" $(stty -a | grep -o -- '-*icanon')`
        const begin = Effect.andThen(type("clear; echo before", "Enter"), type(top, "Enter"))
        const running = shows(/^NAME +STATE +RUN.*\n(.*\n)*.*q: leave.*\n$/m)
        /** The screen of before is there again, and lines are edited as before. */
        const left = (code: number) => shows(new RegExp(`^before\n(.*\n)*code ${code} icanon\n`, "m"))

        yield* begin
        const wide = yield* running
        assert.notMatch(wide, /before/)
        tmux("resize-window", "-x", "40", "-y", "12")
        assert.lengthOf((yield* shows(/^NAME +STATE +MAILBOX(.*\n)*.*q: leave/m)).trimEnd().split("\n"), 12)
        tmux("resize-window", "-x", "200", "-y", "30")
        yield* shows(/s: restarts\n$/)
        yield* type("q")
        yield* left(0)

        yield* begin
        yield* running
        yield* type("C-c")
        yield* left(0)

        yield* begin
        yield* running
        yield* type("C-z")
        yield* shows(/^before\n(.*\n)*.*Stopped/m)
        yield* type("fg", "Enter")
        yield* running
        const shell = tmux("display", "-p", "#{pane_pid}").trim()
        const [pid] = execFileSync("ps", ["-o", "pid=", "--ppid", shell], { encoding: "utf8" }).trim().split("\n")
        yield* Effect.sync(() => process.kill(Number(pid), "SIGTERM"))
        yield* shows(/^before\n(.*\n)*.* fg\n/m)
        yield* type("echo code $? $(stty -a | grep -o -- '-*icanon')", "Enter")
        yield* shows(/^code 143 icanon\n/m)
      }),
    180_000
  )

  it.live.skipIf(!hasTmux)(
    "C1: A system that stops answering is said to, on the screen and at the end.",
    () =>
      Effect.gen(function*() {
        const { env, path, start } = yield* world
        const { signal } = yield* start("controlling/config.ts", /thread "shop" #1 is ready/)
        const { shows, type } = yield* terminal(path, env)
        yield* type(`"${process.execPath}" "${bin}" top; echo "code $?"`, "Enter")
        yield* shows(/q: leave/)
        yield* signal("SIGSTOP")
        yield* shows(/NO ANSWER FOR \d+ s/)
        yield* shows(/does not answer: its main thread is blocked,?\s+or the process is\s+suspended\s+code 3/)
        yield* signal("SIGCONT")
      }),
    { timeout: 60_000, retry: 1 }
  )
})

/** Runs `npm run crawl` as its user does, in a folder of its own. */
import * as Effect from "effect/Effect"
import { spawn } from "node:child_process"
import { once } from "node:events"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

const command = join(import.meta.dirname, "../../services/scraper/crawlCommand.ts")

export const directory = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "heddle-command-"))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true }))
)

/** Runs the command to its end, unless `until` says that it is to be interrupted. */
export const run = (cwd: string, args: ReadonlyArray<string>, env = {}, until?: (stop: () => void) => void) =>
  Effect.acquireUseRelease(
    Effect.sync(() => spawn(process.execPath, [command, ...args], { cwd, env: { ...process.env, ...env } })),
    (child) =>
      Effect.promise(async () => {
        let out = ""
        let err = ""
        child.stdout.setEncoding("utf8").on("data", (text: string) => void (out += text))
        child.stderr.setEncoding("utf8").on("data", (text: string) => void (err += text))
        until?.(() => child.kill("SIGINT"))
        await once(child, "close")
        return { code: child.exitCode, out, err }
      }),
    (child) => Effect.sync(() => void child.kill("SIGKILL"))
  )

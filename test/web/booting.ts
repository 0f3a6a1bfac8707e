/** Boots the shipped system as a user does, in a process of its own. */
import * as Effect from "effect/Effect"
import { spawn } from "node:child_process"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"

const file = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url))

/**
 * Runs `heddle start services/config.ts` in a new folder, with this environment and a file `.env` of these lines; `url` is
 * where the page is, `ended` its exit code.
 */
export const boot = Effect.fnUntraced(function*(
  env: Readonly<Record<string, string>> = {},
  dotEnv: ReadonlyArray<string> = []
) {
  const data = yield* Effect.acquireRelease(
    Effect.sync(() => mkdtempSync(join(tmpdir(), "heddle-system-"))),
    (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true }))
  )
  writeFileSync(join(data, ".env"), dotEnv.join("\n"))
  const child = yield* Effect.acquireRelease(
    Effect.sync(() =>
      spawn(process.execPath, [file("src/cli/bin.js"), "start", file("services/config.ts")], {
        cwd: data,
        env: { PATH: process.env["PATH"], HEDDLE_LOG: "text", PORT: "0", SCRAPER_DATA: data, ...env },
        stdio: ["ignore", "pipe", "pipe"]
      })
    ),
    (child) => Effect.sync(() => child.kill("SIGKILL"))
  )
  let output = ""
  let look = () => {}
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk: Buffer) => {
      output += chunk.toString()
      look()
    })
  }
  const says = (text: RegExp) =>
    Effect.callback<string>((resume) => {
      look = () => {
        const found = text.exec(output)
        if (found !== null) resume(Effect.succeed(found[1] ?? ""))
      }
      look()
    }).pipe(
      Effect.timeoutOrElse({ duration: "60 seconds", orElse: () => Effect.die(`no ${text} in:\n${output}`) })
    )
  const url = yield* says(/dashboard at (http:\S+)/)
  yield* says(/(thread "bot" #1 is ready)/)
  const ended = Effect.callback<number | null>((resume) => {
    child.once("exit", (code) => resume(Effect.succeed(code)))
    child.kill("SIGTERM")
  })
  return { url, ended, says }
})

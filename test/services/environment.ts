/** The environment that services read, as a test or a measurement wants it. */
import * as Effect from "effect/Effect"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

/**
 * Sets variables until the scope ends, undefined for none; `SCRAPER_DATA`, and those of `folders`, are one new folder, which
 * goes with it.
 */
export const environment = (
  set: Readonly<Record<string, string | undefined>>,
  folders: ReadonlyArray<string> = []
) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const before = { ...process.env }
      const data = mkdtempSync(join(tmpdir(), "heddle-services-"))
      assign({ ...set, ...Object.fromEntries(["SCRAPER_DATA", ...folders].map((name) => [name, data])) })
      return { before, data }
    }),
    ({ before, data }) =>
      Effect.sync(() => {
        assign({ ...Object.fromEntries(Object.keys(process.env).map((name) => [name, undefined])), ...before })
        rmSync(data, { recursive: true, force: true })
      })
  ).pipe(Effect.map(({ data }) => ({ folder: data })))

const assign = (set: Readonly<Record<string, string | undefined>>): void => {
  for (const [name, value] of Object.entries(set)) {
    if (value === undefined) delete process.env[name]
    else process.env[name] = value
  }
}

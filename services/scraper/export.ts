/**
 * Writes what a crawl delivers to a file, as it is delivered: JSON lines, or CSV.
 *
 * How far the file is good is noted with the crawl after each address. So a crawl that goes on cuts off what was written
 * after the last note, and nothing is in the file twice, or half.
 */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { closeSync, constants, fstatSync, ftruncateSync, mkdirSync, openSync, writeSync } from "node:fs"
import { join } from "node:path"
import type { Exported, Frontier } from "./frontier.ts"
import type { Outcome } from "./outcomes.ts"
import { CrawlFailed } from "./Scraper.ts"
import type { Value } from "./Select.ts"

/** Writes the outcome that was settled as the `nth`, unless it is in the file. */
export type Export = (nth: number, outcome: Outcome) => Effect.Effect<void, CrawlFailed>

/** Where files are written, and which are being written. */
export type Exports = (
  name: string,
  columns: ReadonlyArray<string> | undefined,
  frontier: Pick<Frontier, "exported" | "setExported">
) => Effect.Effect<Export, CrawlFailed, Scope.Scope>

/** The columns of a file of pages. */
const pageColumns = ["url", "finalUrl", "status", "depth", "title", "text"] as const

type Row = Readonly<Record<string, Value>>

const rowsOf = (outcome: Outcome, isOfItems: boolean): ReadonlyArray<Row> => {
  if (outcome._tag === "Failed") return []
  const { finalUrl, items = [], status, text, title, url } = outcome.page
  return isOfItems ? items : [{ url, finalUrl, status, depth: outcome.depth, title, text }]
}

const jsonLine = (row: Row): string => `${JSON.stringify(row)}\n`

/** One line of CSV. Source: RFC 4180. */
export const csvLine = (values: ReadonlyArray<Value>): string => `${values.map(cell).join(",")}\r\n`

const cell = (value: Value): string => {
  const text = value === null ? "" : typeof value === "object" ? JSON.stringify(value) : String(value)
  return /[",\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll("\"", "\"\"")}"` : text
}

export const make = (folder: string): Exports => {
  const open = new Set<string>()

  return Effect.fnUntraced(function*(name, columns, frontier) {
    const isCsv = name.endsWith(".csv")
    const names = columns ?? pageColumns
    const file = yield* Effect.acquireRelease(
      Effect.suspend(() => {
        if (open.has(name)) {
          const detail = `another crawl is writing ${name}; wait for it, or choose another name`
          return Effect.fail(new CrawlFailed({ reason: "Running", detail }))
        }
        return Effect.tap(onDisk(() => openFile(folder, name)), () => Effect.sync(() => open.add(name)))
      }),
      (file) =>
        Effect.sync(() => {
          open.delete(name)
          closeSync(file)
        })
    )
    let at = yield* onDisk((): Exported => {
      const before = frontier.exported()
      // Without the file, or with another in its place, everything is written again.
      const isThere = before.bytes > 0 && fstatSync(file).size >= before.bytes
      if (isThere) ftruncateSync(file, before.bytes)
      else ftruncateSync(file, 0)
      const start = isThere ? before : { nth: 0, bytes: isCsv ? append(file, csvLine(names), 0) : 0 }
      frontier.setExported(start)
      return start
    })
    return (nth, outcome) =>
      nth <= at.nth ? Effect.void : onDisk(() => {
        const lines = rowsOf(outcome, columns !== undefined).map((row) =>
          isCsv ? csvLine(names.map((column) => row[column] ?? null)) : jsonLine(row)
        )
        at = { nth, bytes: at.bytes + append(file, lines.join(""), at.bytes) }
        frontier.setExported(at)
      })
  })
}

const openFile = (folder: string, name: string): number => {
  mkdirSync(folder, { recursive: true })
  // Not "a": what was written after the last note is written over. No link is followed out of the folder.
  return openSync(join(folder, name), constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW, 0o644)
}

/** Returns how many bytes the text has. */
const append = (file: number, text: string, at: number): number => {
  const bytes = Buffer.from(text)
  for (let done = 0; done < bytes.byteLength;) {
    done += writeSync(file, bytes, done, bytes.byteLength - done, at + done)
  }
  return bytes.byteLength
}

const onDisk = <A>(work: () => A): Effect.Effect<A, CrawlFailed> =>
  Effect.try({
    try: work,
    catch: (cause) =>
      new CrawlFailed({
        reason: "Storage",
        detail: `SCRAPER_RESULTS could not be written (${cause instanceof Error ? cause.message : cause}); ` +
          "see to the disk and ask again: the crawl goes on where it was"
      })
  })

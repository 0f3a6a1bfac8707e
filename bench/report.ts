/** What a question answers, and where answers are kept. */
import { createHash } from "node:crypto"
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import { cpus, totalmem } from "node:os"
import { fileURLToPath } from "node:url"
import type { Spread } from "./statistics.ts"

export type Cell = string | number | null

/** A column of a table; its numbers are ratios if it has the unit "×". */
export interface Column {
  readonly name: string
  readonly unit?: "×"
}

export interface Table {
  readonly title: string
  /** What a reader must know to read the table. */
  readonly notes?: string
  readonly columns: ReadonlyArray<string | Column>
  readonly rows: ReadonlyArray<ReadonlyArray<Cell>>
}

/** The answer to one question: what targets are judged by, under the keys of their bounds, and tables. */
export interface Answer {
  readonly measured: Readonly<Record<string, Spread>>
  readonly tables: ReadonlyArray<Table>
}

/**
 * An answer as it is kept.
 *
 * **Details**
 * - `others`: the part (0 to 1) of all processors that was not the benchmark's; null where the system does not say.
 * - `source`: identifies the code that was measured, see `sourceNow`.
 */
export interface Kept extends Answer {
  readonly question: string
  readonly on: string
  readonly seconds: number
  readonly others: number | null
  readonly source: string
}

/** Where the threads of contestants that take turns ran; two that wait for each other gain nothing by a second processor. */
export const where = (onOne: boolean): string =>
  onOne ? "both on one processor" : "on whichever processor the kernel chose"

const folder = new URL("./results/", import.meta.url)

/** When and where. */
const machine = (): string =>
  `${new Date().toISOString().slice(0, 16).replace("T", " ")} UTC, Node ${process.versions.node}, ${cpus().length} × ${
    cpus()[0]?.model.trim() ?? "an unknown processor"
  }, ${Math.round(totalmem() / 2 ** 30)} GB`

/** Eight digits that change with any file of `src`. */
export const sourceNow = (): string => {
  const source = fileURLToPath(new URL("../src", import.meta.url))
  const hash = createHash("sha256")
  for (const file of readdirSync(source, { recursive: true, encoding: "utf8" }).toSorted()) {
    if (/\.[jt]sx?$/.test(file)) hash.update(file).update(readFileSync(`${source}/${file}`))
  }
  return hash.digest("hex").slice(0, 8)
}

/** Writes an answer to `results`. */
export const keep = (
  question: string,
  seconds: number,
  others: number | undefined,
  { measured, tables }: Answer
): Kept => {
  const kept: Kept = { question, on: machine(), seconds, others: others ?? null, source: sourceNow(), measured, tables }
  mkdirSync(folder, { recursive: true })
  // Digits beyond the fifth are noise.
  const short = (_: string, value: unknown) => typeof value === "number" ? Number(value.toPrecision(5)) : value
  writeFileSync(new URL(`${question}.json`, folder), JSON.stringify(kept, short, 2) + "\n")
  return kept
}

/** All answers that are kept. */
export const kept = (): ReadonlyArray<Kept> =>
  !existsSync(folder) ?
    [] :
    readdirSync(folder).filter((name) => name.endsWith(".json")).toSorted().map((name): Kept =>
      JSON.parse(readFileSync(new URL(name, folder), "utf8"))
    )

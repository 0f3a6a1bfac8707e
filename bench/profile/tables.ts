/** A recording as tables: microseconds of a message, and shares. */
import type { Cell, Table } from "../report.ts"
import type { Samples } from "./parts.ts"
import type { Recording } from "./record.ts"

const sumOf = (all: ReadonlyArray<Samples>, what: keyof Samples): ReadonlyMap<string, number> => {
  const sums = new Map<string, number>()
  for (const samples of all) {
    for (const [name, count] of samples[what]) sums.set(name, (sums.get(name) ?? 0) + count)
  }
  return sums
}

const total = (sums: ReadonlyMap<string, number>): number =>
  Array.from(sums.values()).reduce((sum, more) => sum + more, 0)

/** Below this share a part or a thread is not worth a row or a column of its own. */
const least = 0.005

/** Rows for the names with the most time, columns for the threads that do anything. */
const tableOf = (
  { cpuMicros, threads }: Recording,
  what: keyof Samples,
  heading: { readonly title: string; readonly notes?: string; readonly first: string; readonly rows: number }
): Table => {
  const whole = sumOf(Array.from(threads.values()).flat(), what)
  const all = total(whole)
  const columns = Array.from(threads, ([name, samples]) => ({ name, sums: sumOf(samples, what) }))
    .filter(({ sums }) => total(sums) / all >= least)
    .toSorted((a, b) => total(b.sums) - total(a.sums))
  const row = (name: string, sums: (column: ReadonlyMap<string, number>) => number): ReadonlyArray<Cell> => [
    name,
    ...columns.map((column) => sums(column.sums) / all * cpuMicros),
    sums(whole) / all * cpuMicros,
    `${(sums(whole) / all * 100).toFixed(1)} %`
  ]
  const rows = Array.from(whole).toSorted((a, b) => b[1] - a[1]).filter(([, count]) => count / all >= least)
  return {
    title: heading.title,
    ...(heading.notes === undefined ? {} : { notes: heading.notes }),
    columns: [heading.first, ...columns.map(({ name }) => `${name}, µs`), "together, µs", "share"],
    rows: [
      ...rows.slice(0, heading.rows).map(([name]) => row(name, (sums) => sums.get(name) ?? 0)),
      row("all", total)
    ]
  }
}

/** Where the time goes, by part of the program. */
export const partsTable = (recording: Recording, title: string, notes?: string): Table =>
  tableOf(recording, "parts", { title, first: "", rows: 20, ...(notes === undefined ? {} : { notes }) })

/** The functions with the most time of their own. */
export const functionsTable = (recording: Recording, title: string): Table =>
  tableOf(recording, "functions", { title, first: "function", rows: 25 })

/** Which tables are drawn as charts, and what each chart shows. */
import type { Column, Kept, Table } from "./report.ts"

/** A number to draw; its series decides its colour. */
export interface Point {
  readonly label: string
  readonly series: string
  readonly value: number
}

/**
 * A chart.
 *
 * **Details**
 * - `kind`: `"bars"` lie, one below the other, and in groups if a label has several series; `"lines"` go from label to
 *   label.
 * - `series`: in the order of the legend; the first is heddle's.
 */
export interface Chart {
  readonly file: string
  readonly title: string
  readonly unit: string
  readonly kind: "bars" | "lines"
  readonly series: ReadonlyArray<string>
  readonly points: ReadonlyArray<Point>
}

/** Draws a chart as SVG. */
export type Draw = (chart: Chart) => Promise<string>

interface Plan {
  readonly question: string
  readonly table: string
  readonly file: string
  readonly title: string
  readonly unit: string
  readonly kind: Chart["kind"]
  /** The columns to draw, each with the name of its series. One column alone is coloured by whether its row is heddle's. */
  readonly columns: ReadonlyArray<readonly [column: string, series: string]>
}

const plans: ReadonlyArray<Plan> = [
  {
    question: "link",
    table: "One small message",
    file: "asks",
    title: "Asks a second, 1000 in flight (thousands, more is better)",
    unit: "k/s",
    kind: "bars",
    columns: [["asks, k/s", ""]]
  },
  {
    question: "link",
    table: "One small message",
    file: "ask-cpu",
    title: "CPU of an ask, 1000 in flight (µs, less is better)",
    unit: "µs",
    kind: "bars",
    columns: [["ask CPU, µs", ""]]
  },
  {
    question: "link",
    table: "One small message",
    file: "lone-ask",
    title: "A lone ask, there and back (p50 in µs, less is better)",
    unit: "µs",
    kind: "bars",
    columns: [["lone ask p50, µs", ""]]
  },
  {
    question: "shapes",
    table: "Shapes of messages",
    file: "shapes",
    title: "CPU of an ask by the shape of its message (µs, less is better)",
    unit: "µs",
    kind: "bars",
    columns: [["ask CPU, µs", "heddle"], ["raw ask CPU, µs", "raw postMessage"]]
  },
  {
    question: "schemas",
    table: "What a field costs",
    file: "schemas",
    title: "CPU that a field of each kind adds to an ask (µs)",
    unit: "µs",
    kind: "bars",
    columns: [["added, µs", ""]]
  },
  {
    question: "fanout",
    table: "One asker, several threads",
    file: "fanout",
    title: "CPU of an ask when one asker asks several threads (µs, less is better)",
    unit: "µs",
    kind: "lines",
    columns: [
      ["actor asks, CPU, µs", "heddle, from an actor"],
      ["main asks, CPU, µs", "heddle, from main"],
      ["raw, CPU, µs", "raw postMessage"]
    ]
  },
  {
    question: "growth",
    table: "Asks in flight",
    file: "in-flight",
    title: "CPU of an ask by the number in flight (µs, less is better)",
    unit: "µs",
    kind: "lines",
    columns: [["heddle CPU, µs", "heddle"], ["raw CPU, µs", "raw postMessage"]]
  },
  {
    question: "http",
    table: "Requests",
    file: "http",
    title: "HTTP requests a second (thousands, more is better)",
    unit: "k/s",
    kind: "bars",
    columns: [["requests, k/s", ""]]
  },
  {
    question: "start",
    table: "A thread's start",
    file: "start",
    title: "Start of a thread, and return after a crash (ms, less is better)",
    unit: "ms",
    kind: "bars",
    columns: [["ms", ""]]
  },
  {
    question: "memory",
    table: "A million tells to a slow actor",
    file: "memory",
    title: "Memory that a million tells to a slow actor add (MB, less is better)",
    unit: "MB",
    kind: "bars",
    columns: [["growth, MB", ""]]
  }
]

const nameOf = (column: string | Column): string => typeof column === "string" ? column : column.name
const plain = (label: string): string => label.replaceAll(/\*\*|`/g, "")

const chartOf = (plan: Plan, table: Table): Chart => {
  const names = table.columns.map(nameOf)
  const points = table.rows.flatMap((row) => {
    const label = plain(String(row[0]))
    return plan.columns.flatMap(([column, series]): ReadonlyArray<Point> => {
      const value = row[names.indexOf(column)]
      if (typeof value !== "number") return []
      const own = label.includes("heddle") || plan.question === "schemas" ? "heddle" : "others"
      return [{ label, value, series: series === "" ? own : series }]
    })
  })
  const series = plan.columns.length === 1 ? ["heddle", "others"] : plan.columns.map(([, name]) => name)
  return { file: plan.file, title: plan.title, unit: plan.unit, kind: plan.kind, series, points }
}

/** The charts of one table of a question. */
export const charts = (question: string, table: Table): ReadonlyArray<Chart> =>
  plans.filter((plan) => plan.question === question && plan.table === table.title).map((plan) => chartOf(plan, table))

/** All charts of an answer. */
export const chartsOf = ({ question, tables }: Kept): ReadonlyArray<Chart> =>
  tables.flatMap((table) => charts(question, table))

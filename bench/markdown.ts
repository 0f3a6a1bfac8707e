/** Numbers and tables as text. */
import type { Cell, Column, Table } from "./report.ts"
import type { Bound } from "./targets.ts"

/** A number with three significant digits. */
export const show = (value: number | null): string => {
  if (value === null || !Number.isFinite(value)) return "—"
  return Math.abs(value) >= 100 ? Math.round(value).toLocaleString("en-US") : value.toPrecision(3)
}

export const times = (value: number | null): string =>
  value !== null && Number.isFinite(value) ? `${value.toFixed(2)} ×` : "—"

/** A value in the unit of a bound. */
export const inUnit = (unit: Bound["unit"], value: number | null): string =>
  unit === "×" ? times(value) : `${show(value)} ${unit}`

const nameOf = (column: string | Column): string => typeof column === "string" ? column : column.name

const text = (column: string | Column | undefined, cell: Cell): string => {
  if (typeof cell === "string") return cell
  return typeof column === "object" && column.unit === "×" ? times(cell) : show(cell)
}

/** The table as dprint would write it. */
export const grid = (columns: ReadonlyArray<string>, rows: ReadonlyArray<ReadonlyArray<string>>): string => {
  const widths = columns.map((column, index) =>
    Math.max(3, column.length, ...rows.map((row) => row[index]?.length ?? 0))
  )
  const line = (cells: ReadonlyArray<string>) =>
    `| ${widths.map((width, index) => (cells[index] ?? "").padEnd(width)).join(" | ")} |`
  return [line(columns), line(widths.map((width) => "-".repeat(width))), ...rows.map(line)].join("\n")
}

export const tableText = ({ columns, rows }: Table): string =>
  grid(columns.map(nameOf), rows.map((row) => row.map((cell, index) => text(columns[index], cell))))

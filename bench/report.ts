/** What a question answers, and how it is written down. */
import { readdirSync, readFileSync, writeFileSync } from "node:fs"
import { cpus, loadavg, totalmem } from "node:os"

/** A target of the project: what was measured against it, and whether that is enough. */
export interface Target {
  readonly id: string
  readonly what: string
  readonly target: string
  readonly measured: string
  readonly met: boolean
  readonly how: string
}

export interface Table {
  readonly title: string
  readonly columns: ReadonlyArray<string>
  readonly rows: ReadonlyArray<ReadonlyArray<string>>
  /** What a reader must know to read the table. */
  readonly notes?: string
}

/** The answer to one question. */
export interface Answer {
  readonly targets: ReadonlyArray<Target>
  readonly tables: ReadonlyArray<Table>
}

interface Kept extends Answer {
  readonly question: string
  readonly on: string
}

const folder = new URL("./results/", import.meta.url)
const readme = new URL("./README.md", import.meta.url)

/** Where the threads ran that take turns, and so can't gain by a second processor. */
export const where = (onOne: boolean): string =>
  onOne ? "both on one processor" : "on whichever processor the kernel chose"

/** A number with three digits that count. */
export const show = (value: number): string => {
  if (!Number.isFinite(value)) return "—"
  return value >= 100 ? Math.round(value).toLocaleString("en-US").replaceAll(",", " ") : value.toPrecision(3)
}
export const times = (value: number): string => Number.isFinite(value) ? `${value.toFixed(2)} ×` : "—"

/** When, where, and how busy the machine is, ourselves included. */
const machine = (): string =>
  `${new Date().toISOString().slice(0, 16).replace("T", " ")} UTC, Node ${process.versions.node}, ${cpus().length} × ${
    cpus()[0]?.model.trim() ?? "an unknown processor"
  }, ${Math.round(totalmem() / 2 ** 30)} GB, load average ${(loadavg()[0] ?? 0).toFixed(1)}`

/** Keeps an answer and writes the README from all that are kept. */
export const keep = (question: string, answer: Answer): void => {
  const kept: Kept = { question, on: machine(), ...answer }
  writeFileSync(new URL(`${question}.json`, folder), JSON.stringify(kept, null, 2) + "\n")
  const answers = readdirSync(folder).filter((name) => name.endsWith(".json")).sort().map((name): Kept =>
    JSON.parse(readFileSync(new URL(name, folder), "utf8"))
  )
  const [head = ""] = readFileSync(readme, "utf8").split(marker)
  writeFileSync(readme, head + marker + "\n\n" + write(answers))
}

const marker = "<!-- From here on written by `npm run bench`. -->"

const write = (answers: ReadonlyArray<Kept>): string => {
  const targets = answers.flatMap((answer) => answer.targets).toSorted((a, b) => number(a) - number(b))
  return [
    "## Targets",
    "A load average far above the number of processors, which each question states below, means that others used the " +
    "machine: then rates and latencies of threads that work at the same time are noise, and only processor time and " +
    "memory say something. Repeat such a run.",
    markdown(
      ["", "what", "target", "measured", "", "how it was measured"],
      targets.map((
        { how, id, measured, met, target, what }
      ) => [id, what, target, measured, met ? "met" : "**not met**", how])
    ),
    ...answers.flatMap(({ on, question, tables }) => [
      `## ${question}`,
      `${on}.`,
      ...tables.flatMap(({ columns, notes, rows, title }) => [
        `### ${title}`,
        ...(notes === undefined ? [] : [notes]),
        markdown(columns, rows)
      ])
    ])
  ].join("\n\n") + "\n"
}

const number = ({ id }: Target): number => Number.parseFloat(id.slice(1))

/** The table as dprint would write it. */
export const markdown = (columns: ReadonlyArray<string>, rows: ReadonlyArray<ReadonlyArray<string>>): string => {
  const widths = columns.map((column, index) =>
    Math.max(3, column.length, ...rows.map((row) => row[index]?.length ?? 0))
  )
  const line = (cells: ReadonlyArray<string>) =>
    `| ${widths.map((width, index) => (cells[index] ?? "").padEnd(width)).join(" | ")} |`
  return [line(columns), line(widths.map((width) => "-".repeat(width))), ...rows.map(line)].join("\n")
}

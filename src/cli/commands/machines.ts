/**
 * The machines of a cluster in the table of `heddle ps` and `heddle top`. Pure.
 */
import { type MachineView, parts } from "../../actor/fleet.ts"
import type { SystemView, ThreadView } from "../../socket/request.ts"
import { cut, duration, exact } from "./output.ts"
import { fit, padEnd, width } from "./width.ts"

const header = ["MACHINE", "STATE", "VERSION", "NEWS", "PARTS", "KEYS", "ONCE"] as const

/** The machine that each thread of `once` is on, of those that say so. */
export const holders = ({ machines = [] }: SystemView): ReadonlyMap<string, string> =>
  new Map(machines.flatMap(({ address, report }) => report?.once.map((name) => [name, address] as const) ?? []))

/** The threads of the other machines that say how they are; `before` is what they said earlier. */
export const others = (view: SystemView, before: SystemView) =>
  (view.machines ?? []).flatMap(({ address, isSelf, report }) => {
    if (isSelf || report === null) return []
    const earlier = before.machines?.find((machine) => machine.address === address)?.report
    return [{ address, threads: viewsOf(report), before: { threads: earlier == null ? [] : viewsOf(earlier) } }]
  })

/** What processor time another machine's threads take, it does not say. */
const viewsOf = ({ threads }: NonNullable<MachineView["report"]>): ReadonlyArray<ThreadView> =>
  threads.map((thread) => ({ ...thread, cpuMicros: null }))

/** The table of machines; nothing if the system runs on one. */
export const lines = ({ apart, machines }: SystemView, columns: number): ReadonlyArray<string> => {
  if (apart !== undefined) return ["", cut(`nothing is known of other machines: ${apart}`, columns)]
  if (machines === undefined) return []
  const rows = machines.map(cellsOf)
  const widths = header.map((title, column) =>
    rows.reduce((widest, row) => Math.max(widest, width(row[column] ?? "")), title.length)
  )
  const line = (cells: ReadonlyArray<string>): string =>
    fit(cells.map((cell, column) => padEnd(cell, widths[column] ?? 0)).join("  ").trimEnd(), columns)
  return [
    "",
    line(header),
    ...rows.flatMap((cells, index) => {
      const problem = machines[index]?.problem ?? null
      return [line(cells), ...problem === null ? [] : [cut(problem, columns, "  ")]]
    })
  ]
}

const cellsOf = ({ ageMillis, address, isSelf, report, software, state }: MachineView): ReadonlyArray<string> => [
  exact(address),
  state,
  exact(software?.version ?? "-"),
  isSelf ? "this one" : report === null ? `${duration(ageMillis)} ago` : "now",
  report === null ? "-" : `${report.parts}/${parts}`,
  report === null ? "-" : String(awake(report)),
  report === null ? "-" : report.once.join(", ")
]

/** How many keys are awake on a machine. */
const awake = ({ threads }: NonNullable<MachineView["report"]>): number =>
  threads.reduce((sum, { actors }) => actors.reduce((sum, { keys }) => sum + (keys?.awake ?? 0), sum), 0)

/**
 * The table of threads and actors that `heddle ps` and `heddle top` show. Pure.
 */
import * as ExitCause from "../../ExitCause.ts"
import type { SystemView, ThreadView } from "../../socket/request.ts"
import * as machines from "./machines.ts"
import type { Order } from "./order.ts"
import { cut, duration, exact, megabytes, percent } from "./output.ts"
import { padEnd, padStart, width } from "./width.ts"

type Cells = ReadonlyArray<string>

const header: Cells = ["NAME", "STATE", "RUN", "RESTARTS", "MAILBOX", "RATE/s", "LOOP", "HEAP", "CPU"]
/** The columns of words, which begin at the left. */
const words = 2
/** The columns that a narrow terminal can do without, in this order. */
const dispensable = ["RUN", "LOOP", "HEAP", "RESTARTS", "RATE/s", "MAILBOX", "CPU"].map((title) =>
  header.indexOf(title)
)
/** The width that the column of names has at least. */
const leastNameWidth = 12

/** What is measured between two views. */
interface Measured {
  readonly millis: number
  readonly before: Pick<SystemView, "threads">
  /** The machine that each thread of `once` is on. */
  readonly holders: ReadonlyMap<string, string>
  /** The machine that they are of, in a cluster. */
  readonly machine?: string | undefined
}

/** What is to be known besides a view. `before` is an earlier one of the same system, from which rates are known. */
export interface Shown {
  readonly before: SystemView
  readonly columns: number
  readonly order?: Order
  readonly nowMillis: number
}

/** The lines of the table: those that say what it is about, and its rows. */
export const parts = (
  view: SystemView,
  { before, columns, nowMillis, order = "declared" }: Shown
): { readonly heading: ReadonlyArray<string>; readonly rows: ReadonlyArray<string> } => {
  const measured = { before, millis: view.takenMillis - before.takenMillis, holders: machines.holders(view) }
  const rowsIn = (threads: ReadonlyArray<ThreadView>, before: Measured["before"], machine: string | undefined) =>
    sorted(threads, order, { ...measured, before }).flatMap((thread) =>
      rowsOf(thread, { ...measured, before, machine })
    )
  const own = rowsIn(view.threads, before, view.machines?.find(({ isSelf }) => isSelf)?.address)
  const others = machines.others(view, before).map(({ address, before, threads }) => ({
    address,
    rows: rowsIn(threads, before, address)
  }))
  const widths = widthsOf([...own, ...others.flatMap(({ rows }) => rows)], columns)
  return {
    heading: [
      ...heading(view, before, nowMillis, columns),
      "",
      ...rowLines({ cells: header, notes: [] }, widths, columns)
    ],
    rows: [
      ...own.flatMap((row) => rowLines(row, widths, columns)),
      ...machines.lines(view, columns),
      ...others.flatMap(({ address, rows }) => [
        "",
        `on ${exact(address)}`,
        ...rows.flatMap((row) => rowLines(row, widths, columns))
      ])
    ]
  }
}

/** All lines of the table. */
export const lines = (view: SystemView, shown: Shown): ReadonlyArray<string> => {
  const { heading, rows } = parts(view, shown)
  return [...heading, ...rows]
}

/** The width of each column; `undefined` for those that there is no room for. */
const widthsOf = (rows: ReadonlyArray<Row>, columns: number): ReadonlyArray<number | undefined> => {
  const widths: Array<number | undefined> = header.map((title, column) =>
    Math.max(title.length, ...rows.map(({ cells }) => width(cells[column] ?? "")))
  )
  const [longestName = 0, ...others] = widths
  let rest = columns - others.reduce((sum: number, one) => sum + (one ?? 0) + 2, 0)
  for (const column of dispensable) {
    if (rest >= Math.min(leastNameWidth, longestName)) break
    rest += (widths[column] ?? 0) + 2
    widths[column] = undefined
  }
  widths[0] = Math.min(longestName, Math.max(leastNameWidth, rest))
  return widths
}

/** The names of the columns. */
const heading = (
  view: SystemView,
  before: SystemView,
  nowMillis: number,
  columns: number
): ReadonlyArray<string> => {
  const millis = view.takenMillis - before.takenMillis
  const cpu = millis > 0 ? [`CPU ${percent((view.cpuMicros - before.cpuMicros) / 1000 / millis)}`] : []
  const parts = [
    `pid ${view.pid}`,
    `up ${duration(nowMillis - view.startedAtMillis)}`,
    `Node ${view.node}`,
    ...cpu,
    `RSS ${megabytes(view.residentBytes)}`
  ]
  return [fold(exact(view.config), columns), ...folded(parts, columns)]
}

/** Parts of a line, on as many lines as they need. */
const folded = (parts: ReadonlyArray<string>, columns: number): ReadonlyArray<string> => {
  const lines: Array<string> = []
  for (const part of parts) {
    const last = lines.at(-1)
    if (last !== undefined && width(last) + 2 + width(part) <= columns) lines[lines.length - 1] = `${last}  ${part}`
    else lines.push(part)
  }
  return lines
}

/** A path that is too long loses its beginning. */
const fold = (path: string, columns: number): string => {
  if (width(path) <= columns) return path
  let kept = path
  while (width(kept) > columns - 1) kept = kept.slice(1)
  return `…${kept.toWellFormed()}`
}

interface Row {
  readonly cells: Cells
  /** What stands below it: why it ended last, if it failed, and how many keys it has. */
  readonly notes: ReadonlyArray<string>
}

/** A row in the widths of its columns; a name that is too long has a line of its own, since nobody can use half a name. */
const rowLines = (
  { cells, notes }: Row,
  widths: ReadonlyArray<number | undefined>,
  columns: number
): ReadonlyArray<string> => {
  const [name = ""] = cells
  const isLong = width(name) > (widths[0] ?? 0)
  const padded = cells.flatMap((cell, column) => {
    const columns = widths[column]
    if (columns === undefined) return []
    return column < words ? padEnd(column === 0 && isLong ? "" : cell, columns) : padStart(cell, columns)
  })
  const indent = " ".repeat(name.length - name.trimStart().length + 2)
  return [...(isLong ? [name] : []), padded.join("  ").trimEnd(), ...notes.map((note) => cut(note, columns, indent))]
}

/** The rows of a thread: its own, and one for each of its actors. */
const rowsOf = (thread: ThreadView, measured: Measured): ReadonlyArray<Row> => {
  const earlier = measured.before.threads.find(({ name }) => name === thread.name)
  const isSame = earlier?.incarnation === thread.incarnation
  const cpu = thread.cpuMicros === null || !isSame || earlier?.cpuMicros == null || measured.millis <= 0
    ? "-"
    : percent((thread.cpuMicros - earlier.cpuMicros) / 1000 / measured.millis)
  const lives = thread.heapUsedBytes > 0
  return [
    {
      cells: [
        exact(thread.name),
        thread.state,
        String(thread.incarnation),
        String(thread.restarts),
        "",
        "",
        lives ? percent(thread.eventLoopUtilization) : "-",
        lives ? megabytes(thread.heapUsedBytes) : "-",
        cpu
      ],
      notes: [...placeOf(thread, measured), ...stillnessOf(thread), ...lastOf(thread.lastCause)]
    },
    ...thread.actors.map((actor): Row => ({
      cells: [
        `  ${exact(actor.name)}`,
        actor.state,
        String(actor.incarnation),
        String(actor.restarts),
        String(actor.mailboxDepth),
        rateOf(thread, actor.name, measured),
        "",
        "",
        ""
      ],
      notes: [...keysOf(actor), ...lastOf(actor.lastCause)]
    }))
  ]
}

/** Where a thread runs that runs once, if not here. */
const placeOf = ({ group, once, state }: ThreadView, { holders, machine }: Measured): ReadonlyArray<string> => {
  const holder = once === true && state === "stopped" ? holders.get(group) : undefined
  return holder === undefined || holder === machine ? [] : [`on ${exact(holder)}`]
}

/** From then on it is worth a word that an event loop does not turn. */
const stillMillis = 2000

/** A thread that hangs, or is busy for long, before its watchdog has decided which. */
const stillnessOf = ({ actors: [first], unmovedMillis = 0 }: ThreadView): ReadonlyArray<string> =>
  unmovedMillis < stillMillis || first === undefined
    ? []
    : [`has not moved for ${duration(unmovedMillis)}; heddle inspect ${first.name} shows where it is`]

const lastOf = (cause: ThreadView["lastCause"]): ReadonlyArray<string> =>
  cause === null || cause._tag === "Requested" ? [] : [`last: ${ExitCause.format(cause)}`]

const keysOf = ({ keys }: ThreadView["actors"][number]): ReadonlyArray<string> => {
  if (keys === undefined) return []
  const { awake, quarantined } = keys
  return [`keys: ${awake} awake${quarantined === 0 ? "" : `, ${quarantined} quarantined`}`]
}

/** How many messages an actor handles in a second. */
const perSecond = (thread: ThreadView, name: string, { before, millis }: Measured): number => {
  const count = (actors: ThreadView["actors"] = []): number => {
    const actor = actors.find((actor) => actor.name === name)
    return actor === undefined ? 0 : actor.handled + actor.failed
  }
  const earlier = before.threads.find((other) => other.name === thread.name)
  return millis <= 0 ? 0 : Math.max(0, count(thread.actors) - count(earlier?.actors)) / millis * 1000
}

const rateOf = (thread: ThreadView, name: string, measured: Measured): string => {
  const rate = perSecond(thread, name, measured)
  return measured.millis <= 0 ? "-" : rate > 0 && rate < 10 ? rate.toFixed(1) : String(Math.round(rate))
}

/** Threads in the order that was asked for. */
const sorted = (
  threads: ReadonlyArray<ThreadView>,
  order: Order,
  measured: Measured
): ReadonlyArray<ThreadView> => {
  const by: { readonly [Key in Order]: ((thread: ThreadView) => number) | undefined } = {
    declared: undefined,
    name: undefined,
    cpu: (thread) =>
      (thread.cpuMicros ?? 0) - (measured.before.threads.find(({ name }) => name === thread.name)?.cpuMicros ?? 0),
    loop: ({ eventLoopUtilization }) => eventLoopUtilization,
    heap: ({ heapUsedBytes }) => heapUsedBytes,
    rate: (thread) => thread.actors.reduce((sum, { name }) => sum + perSecond(thread, name, measured), 0),
    mailbox: ({ actors }) => actors.reduce((sum, { mailboxDepth }) => sum + mailboxDepth, 0),
    restarts: ({ actors, restarts }) => restarts + actors.reduce((sum, actor) => sum + actor.restarts, 0)
  }
  if (order === "name") return threads.toSorted((a, b) => a.name.localeCompare(b.name))
  const measure = by[order]
  return measure === undefined ? threads : threads.toSorted((a, b) => measure(b) - measure(a))
}

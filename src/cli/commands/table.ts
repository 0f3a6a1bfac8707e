/**
 * The table of threads and actors that `heddle ps` and `heddle top` show. Pure.
 */
import * as ExitCause from "../../ExitCause.ts"
import type { SystemView, ThreadView } from "../../socket/request.ts"
import type { Order } from "./order.ts"
import { cut, duration, megabytes, percent, printable } from "./output.ts"

type Cells = ReadonlyArray<string>

const header: Cells = ["NAME", "STATE", "RUN", "RESTARTS", "MAILBOX", "RATE/s", "LOOP", "HEAP", "CPU"]
/** The columns of words, which begin at the left. */
const words = 2

/** What is measured between two views. */
interface Measured {
  readonly millis: number
  readonly before: SystemView
}

/** The lines of the table. `before` is an earlier view of the same system, from which rates are known. */
export const lines = (
  view: SystemView,
  { before, columns, order = "declared", nowMillis }: {
    readonly before: SystemView
    readonly columns: number
    readonly order?: Order
    readonly nowMillis: number
  }
): ReadonlyArray<string> => {
  const measured = { before, millis: view.takenMillis - before.takenMillis }
  const groups = sorted(view.threads, order, measured).map((thread) => rowsOf(thread, measured))
  const rows = groups.flat()
  const widths = header.map((title, column) =>
    Math.max(title.length, ...rows.map(({ cells }) => column === 0 ? 0 : (cells[column] ?? "").length))
  )
  const rest = columns - widths.slice(1).reduce((sum, width) => sum + width + 2, 0)
  const longest = Math.max(4, ...rows.map(({ cells: [name = ""] }) => name.length))
  widths[0] = Math.min(longest, Math.max(12, rest))
  return [
    ...heading(view, measured, nowMillis, columns),
    "",
    rowLines({ cells: header, notes: [] }, widths, columns).join("\n"),
    ...rows.flatMap((row) => rowLines(row, widths, columns))
  ].map((line) => printable(line))
}

/** The names of the columns. */
const heading = (
  view: SystemView,
  { before, millis }: Measured,
  nowMillis: number,
  columns: number
): ReadonlyArray<string> => {
  const cpu = millis > 0 ? `  CPU ${percent((view.cpuMicros - before.cpuMicros) / 1000 / millis)}` : ""
  return [
    fold(view.config, columns),
    `pid ${view.pid}  up ${duration(nowMillis - view.startedAtMillis)}  Node ${view.node}${cpu}  ` +
    `RSS ${megabytes(view.residentBytes)}`
  ]
}

/** A path that is too long loses its beginning. */
const fold = (path: string, columns: number): string =>
  path.length <= columns ? path : `…${path.slice(path.length - columns + 1)}`

interface Row {
  readonly cells: Cells
  /** What stands below it: why it ended last, if it failed, and how many keys it has. */
  readonly notes: ReadonlyArray<string>
}

/** A row in the widths of its columns; a name that is too long has a line of its own, since nobody can use half a name. */
const rowLines = ({ cells, notes }: Row, widths: ReadonlyArray<number>, columns: number): ReadonlyArray<string> => {
  const [name = "", ...others] = cells
  const [width = 0] = widths
  const isLong = name.length > width
  const padded = others.map((cell, index) =>
    index + 1 < words ? cell.padEnd(widths[index + 1] ?? 0) : cell.padStart(widths[index + 1] ?? 0)
  )
  const line = [(isLong ? "" : name).padEnd(width), ...padded].join("  ").trimEnd()
  const indent = " ".repeat(name.length - name.trimStart().length + 2)
  return [...(isLong ? [name] : []), line, ...notes.map((note) => cut(note, columns, indent))]
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
        thread.name,
        thread.state,
        String(thread.incarnation),
        String(thread.restarts),
        "",
        "",
        lives ? percent(thread.eventLoopUtilization) : "-",
        lives ? megabytes(thread.heapUsedBytes) : "-",
        cpu
      ],
      notes: [...stillnessOf(thread), ...lastOf(thread.lastCause)]
    },
    ...thread.actors.map((actor): Row => ({
      cells: [
        `  ${actor.name}`,
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

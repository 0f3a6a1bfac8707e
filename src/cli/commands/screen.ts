/**
 * What `heddle top` shows on a terminal, and what its keys do. Pure.
 */
import type { SystemView } from "../../socket/request.ts"
import type { Order } from "./order.ts"
import { duration } from "./output.ts"
import * as table from "./table.ts"
import { fit, width } from "./width.ts"

/** What the screen shows. */
export interface Screen {
  readonly view: SystemView | undefined
  readonly before: SystemView | undefined
  readonly order: Order
  /** How many rows are scrolled away. */
  readonly skipped: number
  /** When the view came. */
  readonly seenMillis: number
  /** How often one is to come. */
  readonly everyMillis: number
}

/** The size of a terminal, and the time. */
export interface Frame {
  readonly columns: number
  readonly rows: number
  readonly nowMillis: number
}

/** How late a view may be before it is said that what is shown is old. */
const lateMillis = 2000

/** The lines of the screen, as many as it has and none wider than it is. */
export const lines = (screen: Screen, frame: Frame): ReadonlyArray<string> => {
  const { heading, room, rows } = layout(screen, frame)
  const from = Math.min(screen.skipped, Math.max(0, rows.length - room))
  const seen = rows.slice(from, from + room)
  const gap = Array.from({ length: room - seen.length }, () => "")
  const position = rows.length > seen.length ? `${from + 1}–${from + seen.length} of ${rows.length}` : ""
  return [...heading, ...seen, ...gap, status(screen, position, frame)].slice(-frame.rows).map((line) =>
    fit(line, frame.columns)
  )
}

const layout = ({ before, order, view }: Screen, { columns, nowMillis, rows }: Frame) => {
  const all = view === undefined
    ? { heading: ["waiting for the system"], rows: [] }
    : table.parts(view, { before: before ?? view, columns, order, nowMillis })
  return { ...all, room: Math.max(1, rows - all.heading.length - 1) }
}

/** The last line: what is most needed stands first. */
const status = (
  { everyMillis, order, seenMillis, view }: Screen,
  position: string,
  { columns, nowMillis }: Frame
): string => {
  const age = nowMillis - seenMillis
  const old = view !== undefined && age > everyMillis + lateMillis
    ? `NO ANSWER FOR ${duration(Math.floor(age / 1000) * 1000)}`
    : ""
  const short = "q: leave  j k: scroll  d n c l h r m s: order"
  const long = "q: leave  j k: scroll  order by: declared, name, cpu, loop, heap, rate, mailbox, s: restarts"
  const how = order === "declared" ? "as declared" : `by ${order}`
  const parts = (hint: string): string => [old, position, how, hint].filter((part) => part !== "").join("  ")
  return width(parts(long)) <= columns ? parts(long) : parts(short)
}

/** What a key does. */
export type Act = { readonly _tag: "Leave" } | { readonly _tag: "Suspend" } | {
  readonly _tag: "Show"
  readonly screen: Screen
}

const orderOf: ReadonlyMap<string, Order> = new Map([
  ["d", "declared"],
  ["n", "name"],
  ["c", "cpu"],
  ["l", "loop"],
  ["h", "heap"],
  ["r", "rate"],
  ["m", "mailbox"],
  ["s", "restarts"]
])

/** The keys in what a terminal has sent at once. */
export const keysIn = (text: string): ReadonlyArray<string> =>
  // oxlint-disable-next-line no-control-regex
  text.match(/\u001b(?:\[[0-?]*[ -/]*[@-~]|O.)|[^]/gu) ?? []

/** Does what a key asks for. */
export const press = (screen: Screen, key: string, frame: Frame): Act => {
  if (key === "q" || key === "Q" || key === "\u0003" || key === "\u001b") return { _tag: "Leave" }
  if (key === "\u001a") return { _tag: "Suspend" }
  const { room, rows } = layout(screen, frame)
  const last = Math.max(0, rows.length - room)
  const skipped = scrolled(Math.min(screen.skipped, last), key, room, last)
  return {
    _tag: "Show",
    screen: { ...screen, skipped: Math.max(0, Math.min(last, skipped)), order: orderOf.get(key) ?? screen.order }
  }
}

/** Where a key scrolls to; it may lie outside. */
const scrolled = (skipped: number, key: string, room: number, last: number): number => {
  const by: ReadonlyMap<string, number> = new Map([
    ["j", 1],
    ["\u001b[B", 1],
    ["\u001bOB", 1],
    ["k", -1],
    ["\u001b[A", -1],
    ["\u001bOA", -1],
    [" ", room],
    ["\u001b[6~", room],
    ["b", -room],
    ["\u001b[5~", -room],
    ["G", last],
    ["\u001b[F", last],
    ["g", -last],
    ["\u001b[H", -last]
  ])
  return skipped + (by.get(key) ?? 0)
}

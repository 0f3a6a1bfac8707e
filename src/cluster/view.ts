/**
 * What a machine makes of what it sees of the others: whom it puts out, and whom it forgets. Pure: time is an argument.
 *
 * ```text
 *   its session is gone, at two looks ------------------------------------------> forgotten
 *   it does not answer for `failover` less `noticeMillis` --------> condemned --> after `noticeMillis` --> forgotten
 *     and lives, but most of the others answer it: not by us
 * ```
 *
 * A machine that is condemned has `noticeMillis` to see that and to leave, before others take over what it holds.
 */
import type { Row } from "./tables.ts"

/** How often machines look. */
export const lookMillis = 500

/** How long a machine has to notice that it is condemned: two looks. */
export const noticeMillis = 2 * lookMillis

/** How recently a machine has looked at the database that lives, if others put it out after `failoverMillis`. */
export const livingMillis = (failoverMillis: number): number => failoverMillis - noticeMillis - lookMillis

/** How long a machine may take to listen that has just entered. */
export const enteringMillis = 10_000

/** Looks that are further apart than this say nothing about the others: this machine stood still. */
const standstillMillis = 2 * lookMillis + 500

/** What is known of another machine. */
export interface Seen {
  readonly row: Row
  /** When it was seen first, and when it answered last, if it has. */
  readonly since: number
  readonly answered: number | undefined
  readonly condemnedSince: number | undefined
  readonly goneSince: number | undefined
}

/** The other machines, by number. */
export interface View {
  readonly at: number
  readonly machines: ReadonlyMap<number, Seen>
  /** Those that have left or were forgotten, the last one last. */
  readonly gone: ReadonlyArray<Seen>
}

/** How many machines that are gone are remembered, and for how long. */
const mostGone = 16
const goneMillis = 3_600_000

/** After this time without an answer a machine is silent: three looks. */
const silentMillis = 3 * lookMillis

export const empty: View = { at: -Infinity, machines: new Map(), gone: [] }

/** Takes in what a look has shown. After a standstill, everybody gets their time again. */
export const looked = (view: View, rows: ReadonlyArray<Row>, now: number): View => {
  const stoodStill = now - view.at > standstillMillis
  const machines = rows.map((row): [number, Seen] => {
    const before = view.machines.get(row.id) ?? firstSeen(row, now)
    const known = stoodStill ? { since: now, answered: before.answered === undefined ? undefined : now } : before
    return [row.id, {
      row,
      since: known.since,
      answered: known.answered,
      condemnedSince: row.condemned ? before.condemnedSince ?? now : undefined,
      goneSince: row.isGone ? before.goneSince ?? now : undefined
    }]
  })
  return remember(view, { at: now, machines: new Map(machines), gone: view.gone })
}

/** Remembers who is there no longer, unless another process has come to its address. */
const remember = (before: View, { at, gone, machines }: View): View => {
  const left = Array.from(before.machines.values()).filter(({ row }) => !machines.has(row.id))
  if (left.length === 0 && gone.length === 0) return { at, machines, gone }
  const there = new Set(Array.from(machines.values(), ({ row }) => row.address))
  const young = [...gone, ...left].filter((seen) => at - lastOf(seen) < goneMillis && !there.has(seen.row.address))
  const last = new Map(young.map((seen) => [seen.row.address, seen]))
  return { at, machines, gone: Array.from(last.values()).slice(-mostGone) }
}

/** When there was the last sign of life. */
const lastOf = ({ answered, since }: Seen): number => answered ?? since

/** How a machine is, in a word, and how old the newest sign of life of it is. */
export interface Described {
  readonly row: Row
  readonly state: "up" | "joining" | "silent" | "put out" | "gone"
  readonly ageMillis: number
}

/** How the other machines are: those that are there, then those that are gone. */
export const described = (view: View, now: number): ReadonlyArray<Described> => [
  ...Array.from(
    view.machines.values(),
    (seen) => ({ row: seen.row, state: stateOf(seen, now), ageMillis: now - lastOf(seen) })
  ),
  ...view.gone.map((seen) => ({ row: seen.row, state: "gone" as const, ageMillis: now - lastOf(seen) }))
]

const stateOf = ({ answered, condemnedSince, goneSince }: Seen, now: number): Described["state"] => {
  if (goneSince !== undefined) return "gone"
  if (condemnedSince !== undefined) return "put out"
  if (answered === undefined) return "joining"
  return now - answered > silentMillis ? "silent" : "up"
}

const firstSeen = (row: Row, now: number): Seen => ({
  row,
  since: now,
  answered: undefined,
  condemnedSince: undefined,
  goneSince: undefined
})

/** A machine has answered. */
export const answered = (view: View, id: number, now: number): View => {
  const seen = view.machines.get(id)
  return seen === undefined
    ? view
    : { ...view, machines: new Map(view.machines).set(id, { ...seen, answered: now }) }
}

/** The machines that have not answered for too long; `moreMillis`: and for that much longer. */
export const silent = ({ at, machines }: View, failoverMillis: number, moreMillis = 0): ReadonlyArray<Row> =>
  Array.from(machines.values()).flatMap(({ answered, condemnedSince, goneSince, row, since }) => {
    if (condemnedSince !== undefined || goneSince !== undefined) return []
    const patience = failoverMillis - noticeMillis + moreMillis
    const until = answered === undefined ? since + enteringMillis + patience : answered + patience
    return at >= until ? [row] : []
  })

/**
 * The machines that are to be put out, of those that are silent. `living`: those of them that have looked at the database lately.
 *
 * **Details**
 * - A machine that is silent there as well has ended, stands still, or is cut off from everything.
 * - If both live, and can't reach each other, either may be at fault. Those who still reach most of the machines put the others out; of two
 *   halves, the one that has the oldest machine. The others do so if nothing has happened long after.
 */
export const outgoing = (
  view: View,
  self: number,
  failoverMillis: number,
  living: ReadonlySet<number>
): ReadonlyArray<Row> => {
  const all = silent(view, failoverMillis)
  const away = new Set(all.flatMap(({ id }) => living.has(id) ? [id] : []))
  const still = all.filter(({ id }) => !away.has(id))
  if (away.size === 0) return still
  const others = Array.from(view.machines.values()).flatMap(({ condemnedSince, goneSince, row: { id } }) =>
    condemnedSince === undefined && goneSince === undefined && !still.some((row) => row.id === id) ? [id] : []
  )
  const reached = [self, ...others.filter((id) => !away.has(id))]
  const most = 2 * reached.length - (others.length + 1)
  const prevails = most > 0 || (most === 0 && reached.includes(Math.min(self, ...others)))
  return prevails ? all : [...still, ...silent(view, failoverMillis, failoverMillis).filter(({ id }) => away.has(id))]
}

/** The machines whose time is over: nobody else may hold what they held before this. */
export const over = ({ at, machines }: View): ReadonlyArray<Row> =>
  Array.from(machines.values()).flatMap(({ condemnedSince, goneSince, row }) =>
    (goneSince !== undefined && at - goneSince >= lookMillis / 2) ||
      (condemnedSince !== undefined && at - condemnedSince >= noticeMillis)
      ? [row]
      : []
  )

/** The addresses of machines that have left, or that others have forgotten. */
export const vanished = (before: View, after: View): ReadonlyArray<string> =>
  Array.from(before.machines.values()).flatMap(({ row: { address, id } }) => after.machines.has(id) ? [] : [address])

/** A machine is forgotten. */
export const without = (view: View, id: number): View => {
  const machines = new Map(view.machines)
  machines.delete(id)
  return remember(view, { ...view, machines })
}

/** Whether a machine has this address that is not known to be gone. */
export const isAt = ({ machines }: View, address: string): boolean =>
  Array.from(machines.values()).some(({ goneSince, row }) => row.address === address && goneSince === undefined)

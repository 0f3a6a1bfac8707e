/**
 * The time in tenths of a millisecond, read a few times a turn: to read it for each of many messages costs more than all else
 * that is noted of them.
 *
 * ```text
 *   the first messages of a turn, and all while somebody looks   exact
 *   the others                                                   the last reading of their turn
 * ```
 *
 * Readings are small integers, which cost no memory. They wrap around after 59 hours: only differences mean anything.
 */
import { performance } from "node:perf_hooks"
import * as tick from "./tick.ts"

/** How many readings a turn may have. */
const mostReadings = 3

/** For how long all readings are exact after somebody has looked. */
const exactMillis = 600_000

let turn = -1
let readings = 0
let last = 0
let exactUntil = -1

const now = (): number => {
  const millis = performance.now()
  if (exactUntil >= 0 && millis > exactUntil) exactUntil = -1
  return last = Math.trunc(millis * 10) | 0
}

/** The time at which something begins: as it was last read in this turn, or read now. */
export const recent = (): number => {
  const open = tick.openTurn()
  if (open === turn && open >= 0) return last
  turn = open
  readings = 1
  return now()
}

/** The time at which something ends: read now, if this turn has not had too many readings. */
export const ended = (): number => {
  const open = tick.openTurn()
  if (exactUntil < 0 && readings >= mostReadings && open === turn && open >= 0) return last
  turn = open
  readings++
  return now()
}

/** Somebody looks: readings are exact for a while. */
export const beExact = (): void => {
  exactUntil = performance.now() + exactMillis
}

/** How many tenths of a millisecond passed from one reading to a later one. */
export const tenths = (from: number, to: number): number => Math.max(0, (to - from) | 0)

/** How many milliseconds passed from one reading to a later one. */
export const between = (from: number, to: number): number => tenths(from, to) / 10

/** How many milliseconds ago a reading was. */
export const since = (reading: number): number => between(reading, Math.trunc(performance.now() * 10) | 0)

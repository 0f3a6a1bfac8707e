/**
 * What an operator has ordered, and when it is done.
 *
 * Pure: an order is looked at after each step of the supervisor, and what that finds depends on the state alone.
 *
 * ```text
 *   stop     done when the incarnation that it found is gone
 *   start    done when the thread runs
 *   restart  done when a later incarnation runs
 * ```
 */
import type { State } from "./decide/index.ts"

export type Kind = "Stop" | "Start" | "Restart"

export interface Order {
  readonly kind: Kind
  readonly thread: number
  /** The incarnation that the order found. */
  readonly incarnation: number
}

/**
 * How far an order is.
 *
 * **Details**
 * - `Overruled`: a later order wants the opposite. Nothing more comes of this one.
 * - `NotUp`: the thread was given up, or the system ends: it won't run.
 * - `Unkillable`: the thread that has to end first is in a synchronous native call, or held by a debugger.
 */
export type Progress = "Pending" | "Done" | "Overruled" | "NotUp" | "Unkillable"

/** The order to `kind` a thread, in the state that it finds. */
export const make = (kind: Kind, thread: number, { threads }: State): Order => ({
  kind,
  thread,
  incarnation: threads[thread]?.incarnation ?? 0
})

export const look = ({ incarnation, kind, thread: index }: Order, { ending, threads }: State): Progress => {
  const thread = threads[index]
  if (thread === undefined) return "Done"
  const isUp = thread.wanted && !thread.recycle && (thread.phase === "starting" || thread.phase === "running")
  if (kind === "Stop") {
    if (thread.phase === "idle" || thread.incarnation > incarnation) return "Done"
    if (thread.unkillable) return "Unkillable"
    // Stops take turns: a start may come before the turn of this one.
    return isUp ? "Overruled" : "Pending"
  }
  if (isUp && thread.phase === "running" && (kind === "Start" || thread.incarnation > incarnation)) return "Done"
  if (thread.unkillable) return "Unkillable"
  if (thread.gaveUp || ending !== undefined) return "NotUp"
  return thread.wanted ? "Pending" : "Overruled"
}

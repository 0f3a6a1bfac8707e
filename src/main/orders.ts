/**
 * When an operator's order is done.
 *
 * Pure: progress is checked after each step of the supervisor, and depends on the state alone.
 *
 * ```text
 *   stop     done when the incarnation that it found is gone
 *   start    done when the thread runs
 *   restart  done when a later incarnation runs
 * ```
 */
import type { State, ThreadState } from "./decide/index.ts"

export type Kind = "Stop" | "Start" | "Restart" | "Renew"

/** An order that was given, and is not done yet. */
export interface Order {
  readonly kind: Kind
  readonly thread: number
  /** The incarnation that the order found. */
  readonly incarnation: number
}

/**
 * The progress of an order.
 *
 * **Details**
 * - `Overruled`: a later order wants the opposite, so this one has no further effect.
 * - `NotUp`: the thread won't run, because it was given up or the system ends.
 * - `Unkillable`: the thread that has to end first is in a synchronous native call, or held by a debugger.
 */
export type Progress = "Pending" | "Done" | "Overruled" | "NotUp" | "Unkillable"

/** Makes an order for a thread, in the state before it is applied. */
export const make = (kind: Kind, thread: number, { threads }: State): Order => ({
  kind,
  thread,
  incarnation: threads[thread]?.incarnation ?? 0
})

/** The progress of an order in the present state. */
export const look = ({ incarnation, kind, thread: index }: Order, { ending, threads }: State): Progress => {
  const thread = threads[index]
  if (thread === undefined) return "Done"
  if (kind === "Stop") return lookAtStop(thread, incarnation)
  const isLater = kind === "Start" || thread.incarnation > incarnation
  if (isUp(thread) && thread.phase === "running" && isLater) return "Done"
  if (thread.unkillable) return "Unkillable"
  if (thread.gaveUp || ending !== undefined) return "NotUp"
  return thread.wanted ? "Pending" : "Overruled"
}

const lookAtStop = (thread: ThreadState, incarnation: number): Progress => {
  if (thread.phase === "idle" || thread.incarnation > incarnation) return "Done"
  if (thread.unkillable) return "Unkillable"
  // Stops take turns: a start may come before the turn of this one.
  return isUp(thread) ? "Overruled" : "Pending"
}

/** It is up, and nothing is about to stop it. */
const isUp = ({ phase, recycle, wanted }: ThreadState): boolean =>
  wanted && !recycle && (phase === "starting" || phase === "running")

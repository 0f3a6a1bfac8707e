/**
 * Decides whether a child that ended starts again: now, later or not at all.
 *
 * Pure: moments of the monotonic clock and chance come in, and the answer goes out as a value.
 */
import type * as Duration from "effect/Duration"
import type { Moment } from "./loop/monotonic.ts"

/**
 * How a thread or an actor is restarted.
 *
 * **Details**
 * - `policy`: `"on-failure"` (default), `"always"`, `"never"`. A thread that ends without being asked to has failed,
 *   whatever its exit code, so `"on-failure"` and `"always"` differ only for a child that can end well.
 * - `backoff`: wait `min` (default 100 millis) before the first restart, then `factor` (2) times as long after each
 *   further failure, up to `max` (30 seconds, or `min` if that is more); `jitter` (0.2) moves each wait by up to that part of it, up or down.
 * - `limit`: the budget. `failures` (default 5) consecutive failures are restarted, the next one is not. A run that
 *   went well for `resetAfter` (default 30 seconds) makes the count start over.
 *
 * **Gotchas**
 * - The budget counts consecutive failures rather than failures in a time window, because a window is defeated by a
 *   slow sibling or by the back-off itself.
 * - A run ends when it was last known to go well. The time in which it hung, or in which its health check had not
 *   succeeded again, does not count, however long that is.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options {
  readonly policy?: "on-failure" | "always" | "never" | undefined
  readonly backoff?: {
    readonly min?: Duration.Input | undefined
    readonly max?: Duration.Input | undefined
    readonly factor?: number | undefined
    readonly jitter?: number | undefined
  } | undefined
  readonly limit?: {
    readonly failures?: number | undefined
    readonly resetAfter?: Duration.Input | undefined
  } | undefined
}

/**
 * The same with every default filled in and every unit in the name.
 *
 * @since 0.1.0
 * @category models
 */
export interface RestartPolicy {
  readonly policy: "on-failure" | "always" | "never"
  readonly minMillis: number
  readonly maxMillis: number
  readonly factor: number
  readonly jitter: number
  readonly failures: number
  readonly resetAfterMillis: number
}

/**
 * What is remembered of a child between its restarts.
 *
 * @since 0.1.0
 * @category models
 */
export interface History {
  /** Consecutive failures, the present one not included. */
  readonly failures: number
  /** When the child was last known to be well before the first of them; nothing when there is none. */
  readonly wellUntil: Moment | undefined
}

/**
 * The history of what has never failed.
 *
 * @since 0.1.0
 * @category constructors
 */
export const noFailures: History = { failures: 0, wellUntil: undefined }

/**
 * What is known of a child that ended.
 *
 * @since 0.1.0
 * @category models
 */
export interface Ending {
  /** When it became ready, or nothing when it never did. */
  readonly readyAt: Moment | undefined
  /** When it was last known to be well, which may be long before it ended. */
  readonly wellUntil: Moment
  /** Whether the child ended as a failure; a stop that was asked for is none. */
  readonly failed: boolean
  /** The child said that trying again is pointless. */
  readonly fatal: boolean
  /** A number in [0, 1), for the jitter. */
  readonly random: number
}

/**
 * What follows an end: a restart after a wait, rest, or giving up.
 *
 * @since 0.1.0
 * @category models
 */
export type Decision =
  | { readonly _tag: "Restart"; readonly afterMillis: number; readonly history: History }
  | { readonly _tag: "GiveUp"; readonly history: History }
  | { readonly _tag: "Rest" }

/**
 * Decides what follows the end of a child.
 *
 * **Details**
 * - Worked example with the defaults: a child that crashes as soon as it is ready is restarted after about 100, 200,
 *   400, 800 and 1600 ms; the sixth crash in a row gives up. After 30 s of health the next crash waits 100 ms again.
 * - Source: the separation of the decision from the deed is Erlang/OTP `supervisor`, `do_restart/3`, `add_restart/1`.
 *
 * @since 0.1.0
 * @category decisions
 */
export const decide = (policy: RestartPolicy, history: History, ending: Ending): Decision => {
  if (!ending.failed) {
    return policy.policy === "always"
      ? { _tag: "Restart", afterMillis: backoff(policy, 0, ending.random), history: noFailures }
      : { _tag: "Rest" }
  }
  const stable = ending.readyAt !== undefined && ending.wellUntil - ending.readyAt >= policy.resetAfterMillis
  const { failures: before, wellUntil } = stable ? noFailures : history
  const after: History = { failures: before + 1, wellUntil: wellUntil ?? ending.wellUntil }
  return ending.fatal || policy.policy === "never" || before >= policy.failures
    ? { _tag: "GiveUp", history: after }
    : { _tag: "Restart", afterMillis: backoff(policy, before, ending.random), history: after }
}

const backoff = (policy: RestartPolicy, failuresBefore: number, random: number): number => {
  // 0 times a power that is too large for a number would be no number.
  const exact = policy.minMillis === 0
    ? 0
    : Math.min(policy.maxMillis, policy.minMillis * policy.factor ** failuresBefore)
  return Math.round(exact * (1 + policy.jitter * (2 * random - 1)))
}

/**
 * When a message runs again that has failed: a number that depends on how often it has failed, and on nothing that is lost with the process.
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Schedule from "effect/Schedule"

/** How often a message runs again that its actor has crashed with, if it does not say. */
const mostByDefault = 5

/** What a message failed with. */
export interface Failed {
  /** An error that its protocol declares, or an `ActorError`. */
  readonly error: unknown
  readonly isDeclared: boolean
  /** How often it has failed, this time included. */
  readonly failures: number
  readonly acceptedAtMillis: number
}

/**
 * The delay after which a message runs again; undefined if its retries are spent.
 *
 * **Details**
 * - The schedule is stepped from its beginning as often as the message has failed, as if all failures had been like the last one.
 * - A schedule that fails or dies ends there.
 */
export const delayMillis = Effect.fnUntraced(function*(
  retry: Schedule.Schedule<unknown, unknown> | undefined,
  { acceptedAtMillis, error, failures, isDeclared }: Failed
) {
  if (retry === undefined) {
    return isDeclared || failures > mostByDefault ? undefined : 1000 * 2 ** (failures - 1)
  }
  const step = yield* Schedule.toStep(retry)
  let at = acceptedAtMillis
  let millis = 0
  for (let failure = 0; failure < failures; failure++) {
    const exit = yield* Effect.exit(step(at, error))
    if (Exit.isFailure(exit)) return undefined
    millis = Duration.toMillis(exit.value[1])
    at += millis
  }
  return Number.isFinite(millis) ? millis : undefined
})

/**
 * What the failure of a handler means for its caller and for its actor. Pure.
 */
import * as Cause from "effect/Cause"
import * as ActorError from "../ActorError.ts"
import * as ExitCause from "../ExitCause.ts"
import type { Ended } from "../link/delivery.ts"
import { rejected } from "./middleware.ts"

/** The answer to a message, and what its end means for the actor. */
export interface Outcome {
  readonly answer: Ended
  /**
   * How the message is counted. `neither`: it was interrupted because its caller left, refused by its middleware, or ended by a
   * deadlock.
   */
  readonly counts: "handled" | "failed" | "neither"
  /** The handler died of this, so the actor can't be trusted any more. */
  readonly defect?: Cause.Cause<unknown>
}

/** What the outcome of a message depends on besides its cause. */
export interface Handled {
  readonly actor: string
  /** Its middleware has not let it through to its handler. */
  readonly withheld: boolean
  /** Its sender does not wait for an answer. */
  readonly isTell: boolean
}

/** Judges why a handler, or the middleware before it, has not succeeded. */
export const judge = ({ actor, isTell, withheld }: Handled, cause: Cause.Cause<unknown>): Outcome => {
  const deadlock = deadlockOf(cause)
  if (deadlock !== undefined) return { answer: { _tag: "Failed", reason: deadlock }, counts: "neither" }
  const died = Cause.hasDies(cause)
  const failure = cause.reasons.find(Cause.isFailReason)
  if (withheld && !died && (failure === undefined || isTell)) {
    return { answer: { _tag: "Failed", reason: rejected(Cause.squash(cause)) }, counts: "neither" }
  }
  if (failure !== undefined && !died) return { answer: { _tag: "Error", error: failure.error }, counts: "handled" }
  const answer: Ended = {
    _tag: "Failed",
    reason: new ActorError.Crashed({ handled: "maybe", cause: defect(actor, cause) })
  }
  return died ? { answer, counts: "failed", defect: cause } : { answer, counts: "neither" }
}

/** A defect of an actor, in the form that outlives its thread. */
export const defect = (actor: string, cause: Cause.Cause<unknown>): ExitCause.ExitCause =>
  ExitCause.Defect.make({ actor, ...ExitCause.describeCause(cause) })

/**
 * The deadlock that a handler has died of, if it died of nothing else: its caller is part of it. A deadlock is no bug of this
 * actor, which goes on as it does when the time of a caller is over. Several branches may have died of it.
 */
const deadlockOf = (cause: Cause.Cause<unknown>): ActorError.Reason | undefined => {
  const reasons = cause.reasons.filter((reason) => !Cause.isInterruptReason(reason))
  const deadlocks = reasons.flatMap((reason) => (Cause.isDieReason(reason) ? deadlockIn(reason) : undefined) ?? [])
  return deadlocks.length === reasons.length ? deadlocks[0] : undefined
}

const deadlockIn = ({ defect }: Cause.Die): ActorError.Reason | undefined =>
  ActorError.isActorError(defect) && defect.reason._tag === "TimedOut" && defect.reason.deadlock
    ? defect.reason
    : undefined

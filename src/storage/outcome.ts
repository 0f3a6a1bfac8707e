/**
 * What the end of a delivery means for its message: it is done, runs again, or is dead.
 *
 * **Details**
 * - It has run to its end: it is done, and its answer is kept for those that ask again with its id.
 * - It never started: it runs again as if it had not been handed over. Neither an attempt nor a failure is counted.
 * - Its run was cut off by a stop that somebody asked for, or by the end of another machine: it runs again, and the attempt counts.
 * - It failed: its retries say whether it runs again, and when. Without any left it is dead.
 * - It can't run, because its payload no longer fits or its middleware refuses it: it is dead at once.
 */
import * as Effect from "effect/Effect"
import type * as Actor from "../Actor.ts"
import type { Answer } from "../actor/storageActor.ts"
import * as ActorError from "../ActorError.ts"
import * as thrown from "../base/thrown.ts"
import * as ExitCause from "../ExitCause.ts"
import type { Settlement } from "../link/outgoing.ts"
import { decodeReason, encodeReason } from "../link/reasons.ts"
import * as codec from "../wire/codec.ts"
import * as stored from "../wire/stored.ts"
import { CodecIssue } from "../wire/translator.ts"
import type { Outcome, Stored } from "./message.ts"
import * as retries from "./retries.ts"

/** What becomes of a message with which the process has ended too often. */
export const ofKiller = (message: Stored, nowMillis: number): Outcome => {
  const reason = new ActorError.Crashed({
    handled: "maybe",
    cause: ExitCause.Thrown.make({
      name: "Killed",
      message: `each of the ${message.kills} times that it was handed over, the process ended without a stop`,
      stack: ""
    })
  })
  return {
    _tag: "Dead",
    message,
    answer: answerOf("failed", encodeReason(false, reason).value),
    failures: message.failures + message.kills,
    why: whyOf(errorOf(message, reason)),
    atMillis: nowMillis
  }
}

/** How a delivery has ended, as far as its message is concerned. */
type End =
  | { readonly _tag: "Success"; readonly wire: unknown }
  | { readonly _tag: "Error"; readonly wire: unknown }
  | { readonly _tag: "Reason"; readonly reason: ActorError.Reason }

const endOf = (settlement: Settlement): End => {
  if (settlement[0] === "undelivered") return { _tag: "Reason", reason: settlement[1] }
  const [, , status, wire] = settlement
  if (status === "success") return { _tag: "Success", wire }
  return status === "error" ? { _tag: "Error", wire } : { _tag: "Reason", reason: decodeReason(false, wire) }
}

/** What a reason means: the message never started, its run was cut off though nothing failed, it has failed, or it can't run. */
const meaningOf = (reason: ActorError.Reason): "not started" | "cut off" | "failed" | "can't run" => {
  switch (reason._tag) {
    case "NotSendable":
    case "Rejected":
      return reason.handled === "no" ? "can't run" : "failed"
    case "Crashed":
      if (reason.handled === "no") return "not started"
      return reason.cause._tag === "Requested" || reason.cause._tag === "Recycled" ? "cut off" : "failed"
    // Its machine has ended, or is out of reach: that is no failure of the message.
    case "Unreachable":
      return reason.handled === "no" ? "not started" : "cut off"
    default:
      return reason.handled === "no" ? "not started" : "failed"
  }
}

/** Whether an actor has not taken a message. */
export const isRefused = (settlement: Settlement): boolean => {
  const end = endOf(settlement)
  return end._tag === "Reason" && meaningOf(end.reason) === "not started"
}

/** What becomes of a message whose delivery has ended. */
export const of = Effect.fnUntraced(function*(given: {
  readonly message: Stored
  readonly settlement: Settlement
  readonly actor: Actor.Any | undefined
  /** Somebody waits for the answer. */
  readonly isAsked: boolean
  readonly nowMillis: number
}): Effect.fn.Return<Outcome> {
  const { actor, isAsked, message, nowMillis, settlement } = given
  const end = endOf(settlement)
  if (end._tag === "Success") {
    const answer = isAsked || message.keepForMillis !== null ? answerOf("success", end.wire) : undefined
    return { _tag: "Done", message, answer, atMillis: nowMillis }
  }
  return yield* ofFailure(
    message,
    end,
    codec.make(actor?.protocol.requests ?? new Map()).get(message.message),
    nowMillis
  )
})

/** What becomes of a message that has not run to its end. */
const ofFailure = Effect.fnUntraced(function*(
  message: Stored,
  end: Exclude<End, { readonly _tag: "Success" }>,
  rpc: codec.MessageCodec | undefined,
  nowMillis: number
): Effect.fn.Return<Outcome> {
  const isDeclared = end._tag === "Error"
  const error = isDeclared ? rpc?.error.decode(end.wire) : errorOf(message, end.reason)
  const answer = isDeclared ? answerOf("error", end.wire) : answerOf("failed", encodeReason(false, end.reason).value)
  const { attempt, dueAtMillis, kills } = message
  const failures = message.failures + 1
  const why = whyOf(error)
  const dead: Outcome = { _tag: "Dead", message, answer, failures, why, atMillis: nowMillis }
  switch (isDeclared ? "failed" : meaningOf(end.reason)) {
    case "not started":
      return { _tag: "Again", message, dueAtMillis, attempt: attempt - 1, failures: message.failures, kills, why }
    case "cut off":
      return { _tag: "Again", message, dueAtMillis, attempt, failures: message.failures, kills, why }
    case "can't run":
      return dead
    case "failed": {
      const { acceptedAtMillis } = message
      const delay = yield* retries.delayMillis(rpc?.durable?.retry, { error, isDeclared, failures, acceptedAtMillis })
      return delay === undefined
        ? dead
        // It has ended without the process, so it is no longer suspected.
        : { _tag: "Again", message, dueAtMillis: nowMillis + delay, attempt, failures, kills: 0, why }
    }
  }
})

/** An error in words: those of an `ActorError` name the actor, the message, and what happened. */
const whyOf = (error: unknown): string => {
  const { message, name } = thrown.limited(thrown.describe(error))
  const text = ActorError.isActorError(error) ? error.message : `${name}: ${message}`
  // Postgres takes no text with a NUL, and what is refused once is refused each time.
  return text.replaceAll("\0", "\\0").toWellFormed()
}

const errorOf = ({ actor, key, message }: Stored, reason: ActorError.Reason): ActorError.ActorError =>
  new ActorError.ActorError({ actor, request: message, reason, ...key === "" ? {} : { key } })

/** An answer as bytes. One that can't be written says so instead: the message has run all the same. */
const answerOf = (status: Answer["status"], wire: unknown): Answer => {
  const value = stored.bounded(stored.write(wire))
  if (!(value instanceof CodecIssue)) return { status, value }
  const reason = new ActorError.NotSendable({ handled: "maybe", detail: `the actor's reply: ${value.text}.` })
  const written = stored.write(encodeReason(false, reason).value)
  return { status: "failed", value: written instanceof CodecIssue ? new Uint8Array() : written }
}

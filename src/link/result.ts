/**
 * What a caller gets: the actor's answer, or why there is none.
 */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as ActorError from "../ActorError.ts"
import { named } from "../base/keyName.ts"
import * as trace from "../base/trace.ts"
import * as ExitCause from "../ExitCause.ts"
import * as codec from "../wire/codec.ts"
import type { Chain, Done } from "../wire/frame.ts"
import { CodecIssue } from "../wire/translator.ts"
import type { Method } from "./method.ts"
import type { Outgoing, Settlement } from "./outgoing.ts"
import { decodeReason } from "./reasons.ts"

/**
 * Decodes the settlement of a message: its result, as the caller gets it.
 *
 * **Details**
 * - A value of an actor on this thread is a copy already. It is decoded only if its schema changes it on the way.
 */
export const resultOf = (
  method: Method,
  sent: Outgoing,
  settlement: Settlement
): Effect.Effect<unknown, unknown> => {
  if (settlement[0] === "undelivered") return Exit.fail(failed(method, settlement[1]))
  const [, , status, wire, stack = ""] = settlement
  return read(method, status, wire, method.target.outbox.isLocal(sent), stack)
}

/** The same for an answer that the storage has kept, which is never this thread's own. */
export const resultOfStored = (method: Method, [, , status, wire]: Done): Effect.Effect<unknown, unknown> =>
  read(method, status, wire, false, "")

/** What a caller gets of a settled message. */
const read = (
  method: Method,
  status: Done[2],
  wire: unknown,
  local: boolean,
  stack: string
): Effect.Effect<unknown, unknown> => {
  const { message, sites } = method
  if (status === "failed") return Exit.fail(failed(method, decodeReason(local, wire)))
  const translator = status === "success" ? message.success : message.error
  const value = local && !translator.changes() ? wire : translator.decode(wire)
  if (value instanceof CodecIssue) return undecodable(method, value)
  if (status === "success") return Exit.succeed(value)
  trace.setStack(value, stack)
  sites.renew()
  return Exit.fail(value)
}

/** The error of a reason. One of a crash has the stack of what the actor or its thread has died of. */
const failed = (method: Method, reason: ActorError.Reason): ActorError.ActorError => {
  const error = method.failure(reason)
  method.sites.renew()
  const stack = reason._tag === "Crashed" ? ExitCause.stack(reason.cause) : ""
  if (stack !== "") trace.setStack(error, `${error.name}: ${error.message}\n${trace.ofProgram(stack)}`)
  return error
}

/** Fails a call whose answer does not match its schema here: the two threads run different protocols. */
export const undecodable = (
  method: Method,
  { text }: CodecIssue
): Exit.Exit<never, ActorError.ActorError> =>
  Exit.fail(method.failure(
    new ActorError.NotSendable({
      handled: "maybe",
      detail: `the actor's reply does not decode where it was asked (${text}). ${codec.versionsDiffer}`
    })
  ))

/**
 * Takes back a message whose time is over, and fails its call.
 *
 * **Details**
 * - `Restarting` if it has not started and its actor does not run; else `TimedOut`, which says whether the handler may have
 *   started, and names the actors that wait for each other if the ask has closed a circle.
 */
export const timedOut = (
  method: Method,
  message: Outgoing,
  afterMillis: number
): Effect.Effect<never, ActorError.ActorError> => {
  const { actor, key, target: { actor: index, outbox } } = method
  const running = outbox.isRunning(index)
  const handled = outbox.cancel(message)
  return Effect.fail(method.failure(
    handled === "no" && !running
      ? new ActorError.Restarting({ afterMillis, starting: !outbox.hasRun(index) })
      : new ActorError.TimedOut({
        handled,
        afterMillis,
        cycle: message.circle.length > 0 || outbox.isGroup ? message.circle : cycle(message.chain, named(actor, key))
      })
  ))
}

/** The circle that an ask has closed, if the actor that is asked waits for the one that asks. */
const cycle = (chain: Chain, actor: string): ReadonlyArray<string> => {
  const from = chain.indexOf(actor)
  return from < 0 ? [] : [...chain.slice(from), actor]
}

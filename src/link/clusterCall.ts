/**
 * Asks and tells of messages whose actor or key may be on another machine: the cluster's actor carries them there.
 */
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Fiber from "effect/Fiber"
import { type Call, clusterActor } from "../actor/clusterActor.ts"
import * as ActorError from "../ActorError.ts"
import * as ExitCause from "../ExitCause.ts"
import { CodecIssue } from "../wire/translator.ts"
import * as durableCall from "./durableCall.ts"
import { type Method, refuse, spanOf } from "./method.ts"
import type { Given, Origin, SendRemote } from "./middleware.ts"

/** For how much longer than the call itself its sender waits for the cluster, which knows better how the call has ended. */
const graceMillis = 2000

/**
 * Sends a message to the machine that holds its actor or key.
 *
 * **Details**
 * - An ask completes with the answer, a tell when that machine has accepted it.
 * - What the actor itself says, and what its machine knows of how the message has ended, is passed on as it is.
 */
export const send: SendRemote = (method, origin, given) =>
  Effect.withFiber((fiber) => {
    const payload = durableCall.payloadOf(method, given.input)
    if (payload instanceof CodecIssue) return refuse(method, payload)
    const cluster = Context.getUnsafe(origin.clients(), clusterActor())
    const call = callOf(method, given, { fiber, origin, payload })
    return cluster.Send(call, { timeout: Duration.millis(given.millis + graceMillis) }).pipe(
      Effect.mapError((error) => method.failure(reasonOf(error))),
      Effect.flatMap((answer) =>
        call.discard && answer.status === "success" ? Exit.void : durableCall.resultOf(method, answer)
      )
    )
  })

/** A message as the cluster takes it. */
const callOf = (
  method: Method,
  given: Given,
  { fiber, origin, payload }: {
    readonly fiber: Fiber.Fiber<unknown, unknown>
    readonly origin: Origin
    readonly payload: Uint8Array
  }
): Call => {
  const { actor, key = "", message } = method
  return {
    actor,
    message: message.tag,
    key,
    payload,
    sender: durableCall.senderOf(fiber, given, origin),
    headers: given.envelope?.[1] ?? null,
    span: spanOf(fiber),
    delivered: null,
    discard: given.options?.discard === true,
    timeoutMillis: Number.isFinite(given.millis) ? given.millis : null
  }
}

/** What an error of the way to the cluster's own actor means to the sender of a message. */
export const reasonOf = (error: ActorError.ActorError | ActorError.Unreachable): ActorError.Reason => {
  if (error._tag === "Unreachable") return error
  const { reason } = error
  switch (reason._tag) {
    case "Stopping":
    case "NotSendable":
      return reason
    case "Restarting":
      return unreachable("no", `this machine was not back in its cluster within ${reason.afterMillis} ms`)
    case "Crashed":
      return unreachable(
        reason.handled,
        `this machine left its cluster while the message was on its way (${ExitCause.format(reason.cause)})`
      )
    default:
      return unreachable(reason.handled, `this machine's cluster thread does not answer (${error.message})`)
  }
}

const unreachable = (handled: "no" | "maybe", why: string): ActorError.Reason =>
  new ActorError.Unreachable({ handled, why, of: "cluster" })

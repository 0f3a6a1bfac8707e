/**
 * Asks and tells of durable messages: they go into the system's storage, which sends them on from there.
 */
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Fiber from "effect/Fiber"
import * as Actor from "../Actor.ts"
import { type Acceptance, type Answer, storageActor } from "../actor/storageActor.ts"
import * as ActorError from "../ActorError.ts"
import * as uuid from "../base/uuid.ts"
import type { Durability } from "../wire/durable.ts"
import type { Done } from "../wire/frame.ts"
import * as stored from "../wire/stored.ts"
import { CodecIssue } from "../wire/translator.ts"
import { type Method, prepare, refuse } from "./method.ts"
import type { Given, Origin, SendDurable } from "./middleware.ts"
import { resultOfStored } from "./result.ts"

/** The longest id of a message. */
const longestId = 512

/**
 * Sends a durable message into the storage.
 *
 * **Details**
 * - A tell completes when it is accepted, an ask when the message has run.
 * - Whatever happens on the way to the storage is `Unreachable`: it concerns the storage, not the actor.
 */
export const send: SendDurable = (method, durability, origin, given) =>
  Effect.withFiber((fiber) => {
    const acceptance = accept(method, durability, given, senderOf(fiber, given, origin))
    if (acceptance instanceof CodecIssue) return refuse(method, acceptance)
    const storage = Context.getUnsafe(origin.clients(), storageActor())
    const timeout = Duration.millis(given.millis)
    if (given.options?.discard === true) {
      return storage.Accept(acceptance, { timeout }).pipe(
        Effect.mapError((error) => method.failure(reasonOf(error)))
      )
    }
    return storage.Ask(acceptance, { timeout }).pipe(
      Effect.mapError((error) => method.failure(reasonOf(error))),
      Effect.flatMap((answer) => resultOf(method, answer))
    )
  })

/** The message as the storage takes it; a `CodecIssue` if the sender has made a mistake. */
const accept = (
  method: Method,
  durability: Durability,
  { envelope, input, options }: Given,
  sender: string
): Acceptance | CodecIssue => {
  const { actor, key = "", message } = method
  const payload = stored.bounded(payloadOf(method, input))
  if (payload instanceof CodecIssue) return payload
  const id = identify(method, durability, input)
  if (id instanceof CodecIssue) return id
  const afterMillis = afterOf(options?.after)
  if (afterMillis instanceof CodecIssue) return afterMillis
  const headers = envelope?.[1] ?? null
  return { actor, message: message.tag, key, ...id, payload, sender, headers, afterMillis }
}

/** A payload in the form in which it crosses a link, as bytes. */
export const payloadOf = (method: Method, input: unknown): Uint8Array | CodecIssue => {
  const encoded = prepare(method, input)
  return encoded instanceof CodecIssue
    ? new CodecIssue(`the payload does not match its schema (${encoded.text})`)
    : stored.write(encoded.value)
}

/** The id of a message, and how long it is remembered. */
const identify = (
  { actor, message }: Method,
  { id, keepForMillis }: Durability,
  input: unknown
): Pick<Acceptance, "id" | "keepForMillis"> | CodecIssue => {
  if (id === undefined) return { id: uuid.timed(Date.now()), keepForMillis: null }
  const own = idOf(`${actor}.${message.tag}`, id(message.construct(input)))
  return own instanceof CodecIssue ? own : { id: own, keepForMillis }
}

/** An id must be one that is found again. */
const idOf = (what: string, id: unknown): string | CodecIssue => {
  if (typeof id === "string" && id.length > 0 && id.length <= longestId) return id
  const got = typeof id === "string" ? `a text of ${id.length} characters` : typeof id
  return new CodecIssue(`the id of ${what} is ${got}, and must be a text of 1 to ${longestId} characters`)
}

const afterOf = (after: Duration.Input | undefined): number | CodecIssue => {
  if (after === undefined) return 0
  const millis = Duration.fromInput(after)
  const found = millis._tag === "Some" && !Number.isNaN(after) ? Duration.toMillis(millis.value) : Number.NaN
  return found >= 0 && Number.isFinite(found)
    ? found
    : new CodecIssue(`after: ${String(after)} is not a duration of 0 or more; write it as "10 minutes"`)
}

/** Who sends a message: an actor, or the thread of a program. */
export const senderOf = (fiber: Fiber.Fiber<unknown, unknown>, { envelope }: Given, origin: Origin): string =>
  envelope?.[0] ?? Context.getOrUndefined(fiber.context, Actor.Current)?.actor ?? origin.thread

/** What an error of the way to the storage means to the sender of a message. */
const reasonOf = (error: ActorError.ActorError | ActorError.Unreachable): ActorError.Reason => {
  if (error._tag === "Unreachable") return error
  const { reason } = error
  switch (reason._tag) {
    case "Stopping":
    case "NotSendable":
      return reason
    case "TimedOut":
      return new ActorError.Unreachable({
        handled: reason.handled,
        why: `has not answered within ${reason.afterMillis} ms`
      })
    case "Restarting":
      return new ActorError.Unreachable({ handled: "no", why: `was not up within ${reason.afterMillis} ms` })
    default:
      return new ActorError.Unreachable({ handled: reason.handled, why: `has failed: ${error.message}` })
  }
}

/** What a sender gets of an answer in bytes. */
export const resultOf = (method: Method, { status, value }: Answer): Effect.Effect<unknown, unknown> => {
  const read = stored.read(value, stored.version)
  if (read instanceof CodecIssue) {
    const reason = new ActorError.NotSendable({ handled: "maybe", detail: `the actor's reply: ${read.text}.` })
    return Exit.fail(method.failure(reason))
  }
  const settlement: Done = ["done", 0, status, read.value]
  return resultOfStored(method, settlement)
}

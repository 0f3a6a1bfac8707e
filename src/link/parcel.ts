/**
 * A message that the storage hands over, and how it gets to an actor or a key that may be on another machine.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import { clusterActor } from "../actor/clusterActor.ts"
import type { Answer } from "../actor/storageActor.ts"
import * as ActorError from "../ActorError.ts"
import type { Delivered } from "../wire/durable.ts"
import * as stored from "../wire/stored.ts"
import { CodecIssue } from "../wire/translator.ts"
import * as clusterCall from "./clusterCall.ts"
import type { Settlement } from "./outgoing.ts"

/** A message that is to be handed over. */
export interface Parcel {
  readonly actor: string
  readonly tag: string
  /** The key that it is for; empty unless its actor is keyed. */
  readonly key: string
  /** Its payload as it crosses a link. */
  readonly value: unknown
  readonly sender: string
  readonly headers: Readonly<Record<string, string>>
  readonly delivered: Delivered
  readonly onSettled: (settlement: Settlement) => void
}

/** Sends a message by way of the cluster, and says how it has ended. */
export const sendAway = (clients: Context.Context<never>, parcel: Parcel): void => {
  const { actor, delivered, headers, key, onSettled, sender, tag, value } = parcel
  const payload = stored.write(value)
  if (payload instanceof CodecIssue) return onSettled(unsendable(payload))
  const call = {
    actor,
    message: tag,
    key,
    payload,
    sender,
    headers,
    span: null,
    delivered,
    discard: false,
    timeoutMillis: null
  }
  Effect.runFork(
    Context.getUnsafe(clients, clusterActor()).Send(call, { timeout: "Infinity" }).pipe(
      Effect.match({
        onFailure: (error): Settlement => ["undelivered", clusterCall.reasonOf(error)],
        onSuccess: settlementOf
      }),
      Effect.map(onSettled)
    )
  )
}

const settlementOf = ({ status, value }: Answer): Settlement => {
  const read = stored.read(value, stored.version)
  return read instanceof CodecIssue ? unsendable(read) : ["done", 0, status, read.value]
}

const unsendable = ({ text }: CodecIssue): Settlement => [
  "undelivered",
  new ActorError.NotSendable({ handled: "maybe", detail: `${text}.` })
]

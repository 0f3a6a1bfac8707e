/**
 * Dead letters on their way from the thread that finds them to the threads that read them.
 *
 * The payload travels only while somebody reads payloads: main notes that on each thread's status block. It crosses in the form
 * that its message would have crossed in, and is decoded where it is read.
 */
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as ActorError from "../ActorError.ts"
import type { DeadLetter as LostMessage } from "../link/deadLetter.ts"
import type { Place } from "../link/place.ts"
import type { Loss } from "../shared/remains.ts"
import { DeadLetter, type DeadLetterWithPayload } from "../SystemEvent.ts"
import * as codec from "../wire/codec.ts"
import { CodecIssue } from "../wire/translator.ts"

/** A dead letter with its payload as it crosses; without `payload` where nobody knows it. */
export const Letter = Schema.Struct({
  letter: DeadLetter,
  payload: Schema.optional(Schema.Struct({ value: Schema.Unknown }))
})
export type Letter = typeof Letter.Type

/** The event of a message that nobody waited for and that was not handled, or not to its end. */
export const deadLetter = (
  atMillis: number,
  { actor, key, reason, request, sender, senderThread }: Omit<LostMessage, "payload">
): DeadLetter =>
  DeadLetter.make({
    atMillis,
    actor,
    ...key === undefined ? {} : { key },
    request,
    sender,
    senderThread,
    count: 1,
    cause: reason._tag,
    why: new ActorError.ActorError({ actor, request, reason, ...key === undefined ? {} : { key } }).message
  })

/** The same with the payload, if `isPayloadRead` and the payload is still there. */
export const withPayload = (atMillis: number, lost: LostMessage, isPayloadRead: boolean): Letter => {
  const letter = deadLetter(atMillis, lost)
  const value = isPayloadRead ? copy(lost.payload) : undefined
  return value === undefined ? { letter } : { letter, payload: value }
}

/** A copy, so that nothing is shared with a handler that goes on; nothing of what has moved away. */
const copy = (value: unknown): { readonly value: unknown } | undefined => {
  try {
    return { value: structuredClone(value) }
  } catch {
    return undefined
  }
}

/** The events of tells of which nothing more is known than how many there were, because the thread that told them is dead. */
export const lostLetters = (
  atMillis: number,
  places: ReadonlyArray<Place>,
  sender: string,
  losses: ReadonlyArray<Loss>
): ReadonlyArray<DeadLetter> =>
  losses.map(({ actor: index, count, handled, thread }) => {
    const actor = places.find((place) => place.thread === thread)?.actors[index]?.actorName ?? ""
    const messages = count === 1 ? "1 message" : `${count} messages`
    const why = handled === "no"
      ? `${messages} that thread "${sender}" had told ${actor} did not run: the thread ended before they were handed over.`
      : `${messages} that thread "${sender}" had told ${actor} may have run, and not to the end: both are gone.`
    return DeadLetter.make({
      atMillis,
      actor,
      request: "",
      sender,
      senderThread: sender,
      count,
      cause: "SenderEnded",
      why
    })
  })

/** Decodes the payloads of letters, by the protocols that this thread knows. */
export const reader = (places: ReadonlyArray<Place>): (letter: Letter) => DeadLetterWithPayload => {
  const protocols = new Map<string, codec.ProtocolCodec>()
  const protocolOf = (name: string): codec.ProtocolCodec | undefined => {
    const known = protocols.get(name)
    if (known !== undefined) return known
    const actor = places.flatMap(({ actors }) => actors).find(({ actorName }) => actorName === name)
    if (actor === undefined || !("protocol" in actor)) return undefined
    const protocol = codec.make(actor.protocol.requests)
    protocols.set(name, protocol)
    return protocol
  }
  return ({ letter, payload }) => {
    const message = payload && protocolOf(letter.actor)?.get(letter.request)
    const value = message?.payload.decode(payload?.value)
    const isKnown = message !== undefined && !(value instanceof CodecIssue)
    return { ...letter, payload: isKnown ? Option.some(value) : Option.none() }
  }
}

/**
 * Encodes why a message failed for its way back to the caller.
 */
import * as Schema from "effect/Schema"
import * as ActorError from "../ActorError.ts"
import { CodecIssue, type Encoded, translatorOf } from "../wire/translator.ts"
import { cloned } from "../wire/valueFormat.ts"

const reasons = translatorOf(ActorError.Reason)
const isReason = Schema.is(ActorError.Reason)

/** A reason in its wire form. Within one thread it passes as it is. */
export const encodeReason = (local: boolean, reason: ActorError.Reason): Encoded => {
  if (local) return { value: reason, transfer: [], format: cloned, copies: [] }
  const encoded = reasons.encode(reason)
  if (encoded instanceof CodecIssue) throw new Error(encoded.text)
  return encoded
}

/** The inverse of `encodeReason`. */
export const decodeReason = (local: boolean, wire: unknown): ActorError.Reason => {
  if (local && isReason(wire)) return wire
  const reason = reasons.decode(wire)
  if (reason instanceof CodecIssue) throw new Error(reason.text)
  return reason
}

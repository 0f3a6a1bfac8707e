/**
 * A tell that was accepted and not handled, or not to its end, as an event of the system.
 */
import type * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as ActorError from "../ActorError.ts"

/**
 * A tell was accepted and could not be handled, or its handler had started when the actor crashed.
 *
 * **Details**
 * - `sender`: the actor that sent it, `"main"` for a program, or the thread if no actor sent it.
 * - `senderThread`: the thread that sent it.
 * - `count`: of how many tells the event is, 1 where each is known. If the sender died before it had handed them over, nothing
 *   more is known than from which thread, to which actor and how many: then `request` is empty, `sender` is the thread and
 *   `cause` is `"SenderEnded"`.
 * - A durable message that the storage has given up has the cause `"RetriesSpent"`, and `why` is its last failure.
 * - What the message said is in `System.deadLetters`.
 *
 * @since 0.1.0
 * @category events
 */
export const DeadLetter = Schema.TaggedStruct("DeadLetter", {
  atMillis: Schema.Finite,
  actor: Schema.String,
  /** The key that it was for, as text, of a keyed actor. */
  key: Schema.optionalKey(Schema.String),
  request: Schema.String,
  sender: Schema.String,
  senderThread: Schema.String,
  count: Schema.Int,
  /** The reason's name: `"Crashed"`, or `"Rejected"` by middleware, for example. */
  cause: Schema.Union([ActorError.ReasonTag, Schema.Literals(["SenderEnded", "RetriesSpent"])]),
  /** Says why, in the words of the `ActorError` that an ask would have got. */
  why: Schema.String
})
/**
 * The type of a dead letter.
 *
 * @since 0.1.0
 * @category events
 */
export type DeadLetter = typeof DeadLetter.Type
/**
 * A dead letter and what its message said, as `System.deadLetters` has them.
 *
 * **Details**
 * - `payload`: what the tell was sent with, as the handler would have got it. `None` where nobody knows it any more: the thread
 *   that sent it is dead, what it carried has moved to a thread that died, or its protocol has changed meanwhile.
 *
 * **Gotchas**
 * - A handler that had started may have changed what it was given.
 *
 * @since 0.1.0
 * @category models
 */
export interface DeadLetterWithPayload extends DeadLetter {
  readonly payload: Option.Option<unknown>
}

/**
 * What is known of the messages of one actor on one thread: those that it handled last, and those that it handles now.
 */
import * as Schema from "effect/Schema"
import { Whereabouts } from "../base/whereabouts.ts"
import { ActorStatus, ThreadStatus } from "../Status.ts"

/**
 * A message that an actor has handled.
 *
 * **Details**
 * - `key`: of a keyed actor. `sender`: the actor that sent it, or the thread whose program did.
 * - `payload`, `error`: as JSON, of failures only, at most 4 KiB; what is redacted is masked.
 */
export const HandledMessage = Schema.Struct({
  message: Schema.String,
  key: Schema.NullOr(Schema.String),
  sender: Schema.String,
  /** When its handler ended, in epoch milliseconds. */
  atMillis: Schema.Finite,
  /** From its arrival at the thread to the start of its handler. */
  waitMillis: Schema.Finite,
  /** From then to the end of its handler. */
  handleMillis: Schema.Finite,
  /** `error`: with an error that the message declares. `failed`: the handler died. `left`: its sender left, or it was refused. */
  outcome: Schema.Literals(["handled", "error", "failed", "left"]),
  payload: Schema.NullOr(Schema.String),
  error: Schema.NullOr(Schema.String)
})
export type HandledMessage = typeof HandledMessage.Type

/** A message that an actor handles. */
export const CurrentMessage = Schema.Struct({
  message: Schema.String,
  key: Schema.NullOr(Schema.String),
  sender: Schema.String,
  waitMillis: Schema.Finite,
  /** For how long it has been handled. */
  forMillis: Schema.Finite
})
export type CurrentMessage = typeof CurrentMessage.Type

/** The messages of an actor. */
export const Inspection = Schema.Struct({
  /** The last 20, the oldest first. */
  last: Schema.Array(HandledMessage),
  /** Those of the last 20 failures that are older, the oldest first. */
  failures: Schema.Array(HandledMessage),
  /** At most 20, the oldest first. */
  current: Schema.Array(CurrentMessage),
  /** What the actor keeps, as JSON; null if it keeps nothing. */
  kept: Schema.NullOr(Schema.String)
})
export type Inspection = typeof Inspection.Type

/** An actor on one of its threads. */
export const ActorView = Schema.Struct({
  thread: Schema.Struct({ name: Schema.String, state: ThreadStatus.fields.state }),
  actor: ActorStatus,
  /** Its messages and what it keeps; null if the thread does not answer. */
  inspection: Schema.NullOr(Inspection),
  /** Where the thread is, if it does not answer and does not move. */
  where: Whereabouts,
  /** Its last messages when it last died of one. */
  lastOfDeath: Inspection.fields.last
})
export type ActorView = typeof ActorView.Type

/** Why nothing can be looked at. `wrong`: there is nothing of that name. */
export class NotSeen extends Schema.TaggedError<NotSeen>()("NotSeen", {
  kind: Schema.Literals(["refused", "wrong"]),
  problem: Schema.String
}, { httpApiStatus: 409 }) {
  override get message(): string {
    return this.problem
  }
}

/**
 * What is known of the messages of one actor on one thread: those that it handled last, and those that it handles now.
 */
import * as Schema from "effect/Schema"

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

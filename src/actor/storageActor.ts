/**
 * The actor that keeps durable messages: `heddle.Storage`, on a thread of its own. Everyone sends it what is to be accepted.
 */
import * as Rpc from "effect/rpc/Rpc"
import * as Schema from "effect/Schema"
import * as Actor from "../Actor.ts"
import * as ActorError from "../ActorError.ts"

/** The thread of the storage. */
export const storageThread = "heddle.storage"

/** A message on its way into the storage. */
export const Acceptance = Schema.Struct({
  actor: Schema.String,
  message: Schema.String,
  /** The key that it is for; empty unless its actor is keyed. */
  key: Schema.String,
  id: Schema.String,
  /** How long the id is remembered, if it is the message's own; a random one is not. */
  keepForMillis: Schema.NullOr(Schema.Number),
  /** In the form in which it crosses a link, as bytes. */
  payload: Schema.Uint8Array,
  sender: Schema.String,
  /** Of a message that has middleware. */
  headers: Schema.NullOr(Schema.Record(Schema.String, Schema.String)),
  afterMillis: Schema.Finite
})
export type Acceptance = typeof Acceptance.Type

/** How a message has ended, in the form in which it crosses a link. */
export const Answer = Schema.Struct({
  status: Schema.Literals(["success", "error", "failed"]),
  value: Schema.Uint8Array
})
export type Answer = typeof Answer.Type

/** Dead letters: those of an actor, or of these numbers; all if both are null. */
const Selection = Schema.Struct({
  actor: Schema.NullOr(Schema.String),
  numbers: Schema.NullOr(Schema.Array(Schema.Number))
})

/** A message whose retries are spent. */
export const StoredLetter = Schema.Struct({
  number: Schema.Number,
  actor: Schema.String,
  message: Schema.String,
  key: Schema.String,
  id: Schema.String,
  sender: Schema.String,
  failures: Schema.Number,
  why: Schema.String,
  acceptedAtMillis: Schema.Number,
  endedAtMillis: Schema.Number,
  /** The form of its payload, which is as it crosses a link. */
  form: Schema.Number,
  payload: Schema.Uint8Array
})
export type StoredLetter = typeof StoredLetter.Type

/** The messages that the storage takes. */
const makeMessages = () => [
  /** Answered when the message is on disk. */
  Rpc.make("Accept", { payload: Acceptance, error: ActorError.Unreachable }),
  /** Answered when the message has run. */
  Rpc.make("Ask", { payload: Acceptance, success: Answer, error: ActorError.Unreachable }),
  /** The latest dead letters, the latest first. */
  Rpc.make("DeadLetters", {
    payload: { ...Selection.fields, limit: Schema.Number },
    success: Schema.Array(StoredLetter),
    error: ActorError.Unreachable
  }),
  /** Has dead letters run again; answered with their numbers. */
  Rpc.make("Repeat", { payload: Selection, success: Schema.Array(Schema.Number), error: ActorError.Unreachable }),
  /** Forgets dead letters, and their ids; answered with their numbers. */
  Rpc.make("Drop", { payload: Selection, success: Schema.Array(Schema.Number), error: ActorError.Unreachable })
]

/** Identifies the client of the storage. */
export interface StorageActor {
  readonly key: "heddle/Actor/heddle.Storage"
}

type Class = Actor.Service<StorageActor, "heddle.Storage", ReturnType<typeof makeMessages>[number]>

let defined: Class | undefined

/** The class of the actor. It is defined when it is first needed: a system without storage has none. */
export const storageActor = (): Class => defined ??= Actor.Service<StorageActor>()("heddle.Storage", makeMessages())

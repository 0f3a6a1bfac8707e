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

const makeMessages = () => [
  /** Answered when the message is on disk. */
  Rpc.make("Accept", { payload: Acceptance, error: ActorError.Unreachable }),
  /** Answered when the message has run. */
  Rpc.make("Ask", { payload: Acceptance, success: Answer, error: ActorError.Unreachable })
]

/** Identifies the client of the storage. */
export interface StorageActor {
  readonly key: "heddle/Actor/heddle.Storage"
}

type Class = Actor.Service<StorageActor, "heddle.Storage", ReturnType<typeof makeMessages>[number]>

let defined: Class | undefined

/** The class of the actor. It is defined when it is first needed: a system without storage has none. */
export const storageActor = (): Class => defined ??= Actor.Service<StorageActor>()("heddle.Storage", makeMessages())

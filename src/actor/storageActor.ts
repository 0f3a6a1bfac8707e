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
  /** The id is the message's own, and is remembered for so long; else it is random, and is not. */
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

const define = () => {
  class StorageActor extends Actor.Service<StorageActor>()("heddle.Storage", [
    /** Answered when the message is on disk. */
    Rpc.make("Accept", { payload: Acceptance, error: ActorError.Unreachable }),
    /** Answered when the message has run. */
    Rpc.make("Ask", { payload: Acceptance, success: Answer, error: ActorError.Unreachable })
  ]) {}
  return StorageActor
}

let defined: ReturnType<typeof define> | undefined

/** The class of the actor. It is defined when it is first needed: a system without storage has none. */
export const storageActor = (): ReturnType<typeof define> => defined ??= define()

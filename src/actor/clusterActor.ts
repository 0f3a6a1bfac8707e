/**
 * The actor that knows the other machines: `heddle.Cluster`, on a thread of its own. Messages that may be for another machine go
 * through it.
 */
import * as Rpc from "effect/rpc/Rpc"
import * as Schema from "effect/Schema"
import * as Actor from "../Actor.ts"
import * as ActorError from "../ActorError.ts"
import { NotUp, Unkillable, UnknownThread } from "../SystemError.ts"
import { KeysView, MachineView } from "./fleet.ts"
import { Answer } from "./storageActor.ts"

/** The thread of the cluster. */
export const clusterThread = "heddle.cluster"

/** The fewest characters that the key of a cluster may have. */
export const shortestKey = 8

/** A message on its way to the machine that holds its actor or key. */
export const Call = Schema.Struct({
  actor: Schema.String,
  message: Schema.String,
  /** The key that it is for; empty unless its actor is keyed. */
  key: Schema.String,
  /** In the form in which it crosses a link, as bytes. */
  payload: Schema.Uint8Array,
  sender: Schema.String,
  /** Of a message that has middleware. */
  headers: Schema.NullOr(Schema.Record(Schema.String, Schema.String)),
  span: Schema.NullOr(Schema.Tuple([Schema.String, Schema.String, Schema.Boolean])),
  /** Of a durable message, the delivery that it is. */
  delivered: Schema.NullOr(Schema.Struct({
    id: Schema.String,
    attempt: Schema.Finite,
    redelivered: Schema.Boolean,
    from: Schema.String,
    fence: Schema.Finite
  })),
  /** It is a tell: nobody waits for its answer. */
  discard: Schema.Boolean,
  /** How long its sender waits; null: for as long as it takes. */
  timeoutMillis: Schema.NullOr(Schema.Finite)
})
export type Call = typeof Call.Type

/** An order to a thread of `once`: to all of its instances, or one of them. */
export const Order = Schema.Struct({
  group: Schema.String,
  name: Schema.String,
  order: Schema.Literals(["start", "stop", "restart"])
})
export type Order = typeof Order.Type

/** Why an order was not carried out. */
export const OrderFailure = Schema.Union([UnknownThread, NotUp, Unkillable, ActorError.Unreachable])
export type OrderFailure = typeof OrderFailure.Type

/** The messages that the cluster takes. */
const makeMessages = () => [
  /** Answered when the message has run, or was accepted if it is a tell. */
  Rpc.make("Send", { payload: Call, success: Answer, error: ActorError.Unreachable }),
  /** The keys of an actor that are awake, of all machines. */
  Rpc.make("Awake", {
    payload: { actor: Schema.String },
    success: Schema.Array(Schema.String),
    error: ActorError.Unreachable
  }),
  /** The token of the present holding of an actor, or of a key of it, on this machine. */
  Rpc.make("Fence", {
    payload: { actor: Schema.String, key: Schema.String },
    success: Schema.Finite,
    error: ActorError.Unreachable
  }),
  /** How the keys of an actor are, on all machines. */
  Rpc.make("Keys", { payload: { actor: Schema.String }, success: KeysView }),
  /** Answered when it is carried out, on whichever machine the thread is. */
  Rpc.make("Order", { payload: Order, error: OrderFailure }),
  /** How all machines are; each is asked. `isDetailed`: with all that they count. */
  Rpc.make("Machines", { payload: { isDetailed: Schema.Boolean }, success: Schema.Array(MachineView) })
]

/** Identifies the client of the cluster. */
export interface ClusterActor {
  readonly key: "heddle/Actor/heddle.Cluster"
}

type Class = Actor.Service<ClusterActor, "heddle.Cluster", ReturnType<typeof makeMessages>[number]>

let defined: Class | undefined

/** The class of the actor. It is defined when it is first needed: a system without cluster has none. */
export const clusterActor = (): Class => defined ??= Actor.Service<ClusterActor>()("heddle.Cluster", makeMessages())

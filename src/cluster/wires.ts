/**
 * What machines say to each other about messages; about who holds what the engine has words of its own.
 */
import * as Rpc from "effect/rpc/Rpc"
import * as RpcGroup from "effect/rpc/RpcGroup"
import * as Schema from "effect/Schema"
import { Call, Order, OrderFailure } from "../actor/clusterActor.ts"
import { Answer } from "../actor/storageActor.ts"

/** The message has not run here, and won't: its place is not held here, or not any more. */
export class NotHere extends Schema.TaggedError<NotHere>()("NotHere", {}) {
  readonly why = "the machine does not hold it"
}

/** What machines ask each other. */
export const Wires = RpcGroup.make(
  /** Answered with the number of the machine. */
  Rpc.make("HeddlePing", { success: Schema.Finite }),
  /** Tries to connect to the machine that asks, which listens: why it can't, or nothing. */
  Rpc.make("HeddleReach", { payload: { address: Schema.String }, success: Schema.NullOr(Schema.String) }),
  /** Answered when the message has run, or was accepted if it is a tell. */
  Rpc.make("HeddleDeliver", {
    payload: {
      call: Call,
      /** The place that it is for, and the lease by which its sender thinks that it is held here. */
      place: Schema.String,
      lease: Schema.String,
      /** How much of its time is left; null: as long as it takes. */
      restMillis: Schema.NullOr(Schema.Finite)
    },
    success: Answer,
    error: NotHere
  }),
  /** Answered when the order is carried out here, or with why it was not. */
  Rpc.make("HeddleOrder", { payload: Order, success: Schema.NullOr(OrderFailure), error: NotHere }),
  /** The keys of an actor that are awake here. */
  Rpc.make("HeddleAwake", { payload: { actor: Schema.String }, success: Schema.Array(Schema.String) }),
  /** How the keys of an actor are here. JSON, because a machine of another version may know more of them. */
  Rpc.make("HeddleKeys", { payload: { actor: Schema.String }, success: Schema.String }),
  /** What this machine says of itself, as JSON. */
  Rpc.make("HeddleReport", { payload: { isDetailed: Schema.Boolean }, success: Schema.String })
)

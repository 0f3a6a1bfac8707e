import * as Rpc from "effect/rpc/Rpc"
import * as Schema from "effect/Schema"
import { Actor } from "heddle"

/** Takes durable messages and does nothing with them. */
export class Sink extends Actor.Service<Sink>()("Sink", [
  Actor.durable(Rpc.make("Take", { payload: { order: Schema.Int, text: Schema.String }, success: Schema.Int })),
  Rpc.make("Taken", { success: Schema.Int })
]) {}

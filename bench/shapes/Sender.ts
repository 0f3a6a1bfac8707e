import * as Rpc from "effect/rpc/Rpc"
import * as Schema from "effect/Schema"
import { Actor } from "heddle"

const payload = { carrier: Schema.Int, count: Schema.Int, window: Schema.Int }

/** Sends messages to the carrier of a number; answers with the milliseconds for all. */
export class Sender extends Actor.Service<Sender>()("Sender", [
  Rpc.make("Ask", { payload, success: Schema.Finite }),
  Rpc.make("Tell", { payload, success: Schema.Finite })
]) {}

/** The actors that the benchmarks of the link run on: one that answers, one that asks. */
import * as Rpc from "effect/rpc/Rpc"
import * as Schema from "effect/Schema"
import * as Transferable from "effect/workers/Transferable"
import { Actor } from "heddle"

/** The small message that all peers carry too. */
export const Small = Schema.Struct({ id: Schema.Int, a: Schema.String, b: Schema.Finite })

export const Copied = Schema.Struct({ bytes: Schema.Uint8Array })
export const Moved = Schema.Struct({ bytes: Transferable.Uint8Array })

export class Target extends Actor.Service<Target>()("Target", [
  Rpc.make("Echo", { payload: Small, success: Small }),
  Rpc.make("Take", { payload: Small }),
  /** How many were taken; it comes after them in the same mailbox. */
  Rpc.make("Count", { success: Schema.Int }),
  Rpc.make("Many", { payload: { count: Schema.Int }, success: Small, stream: true }),
  Rpc.make("Copy", { payload: Copied, success: Copied }),
  Rpc.make("Move", { payload: Moved, success: Moved }),
  Rpc.make("EchoText", { payload: { text: Schema.String }, success: Schema.String })
]) {}

/** Runs a measurement by its name; answers with the microseconds of each message, or the milliseconds for all. */
export class Driver extends Actor.Service<Driver>()("Driver", [
  Rpc.make("Measure", {
    payload: { name: Schema.String, args: Schema.Array(Schema.Int) },
    success: Schema.Array(Schema.Finite)
  })
]) {}

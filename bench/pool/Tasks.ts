/** The actor that does the tasks of the pools: a trivial one, one that computes, and one with many bytes. */
import * as Rpc from "effect/rpc/Rpc"
import * as Schema from "effect/Schema"
import { Actor } from "heddle"

export class Tasks extends Actor.Service<Tasks>()("Tasks", [
  Rpc.make("Plus", { payload: { n: Schema.Int }, success: Schema.Int }),
  Rpc.make("Spin", { payload: { rounds: Schema.Int }, success: Schema.Int }),
  Rpc.make("Length", { payload: { bytes: Schema.Uint8Array }, success: Schema.Int })
]) {}

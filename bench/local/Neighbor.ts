import * as Rpc from "effect/rpc/Rpc"
import * as Schema from "effect/Schema"
import { Actor } from "heddle"

/** Asks `Target`, which is on the same thread, or forks and joins what it does; the answers are milliseconds for all. */
export class Neighbor extends Actor.Service<Neighbor>()("Neighbor", [
  Rpc.make("Measure", {
    payload: { how: Schema.Literals(["ask", "fork"]), count: Schema.Int, concurrency: Schema.Int },
    success: Schema.Finite
  })
]) {}

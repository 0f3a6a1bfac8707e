import * as Rpc from "effect/rpc/Rpc"
import * as Schema from "effect/Schema"
import { Actor } from "heddle"
import { Small } from "../link/Bench.ts"

/** Sleeps 2 ms at every 1000th message. */
export class Slow extends Actor.Service<Slow>()("Slow", [
  Rpc.make("Take", { payload: Small }),
  /** How many were taken. */
  Rpc.make("Count", { success: Schema.Int })
]) {}

/** Tells `Slow` so many messages, from so many fibers; answers when all are handled. */
export class Hasty extends Actor.Service<Hasty>()("Hasty", [
  Rpc.make("Flood", { payload: { count: Schema.Int, concurrency: Schema.Int }, success: Schema.Int })
]) {}

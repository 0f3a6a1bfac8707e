/** The actors that the benchmarks of the link run on: one that answers, one that asks. */
import * as Rpc from "effect/rpc/Rpc"
import * as Schema from "effect/Schema"
import { Actor } from "heddle"

/** The small message that all peers carry too. */
export const Small = Schema.Struct({ id: Schema.Int, a: Schema.String, b: Schema.Finite })

export class Target extends Actor.Service<Target>()("Target", [
  Rpc.make("Echo", { payload: Small, success: Small }),
  Rpc.make("Take", { payload: Small }),
  Rpc.make("Count", { success: Schema.Int }),
  Rpc.make("Numbers", { payload: { count: Schema.Int }, success: Schema.Int, stream: true })
]) {}

export const Driving = Schema.Struct({ count: Schema.Int, concurrency: Schema.Int })

export class Driver extends Actor.Service<Driver>()("Driver", [
  /** One ask after the other; the answer is microseconds each, sorted. */
  Rpc.make("Latencies", { payload: { count: Schema.Int }, success: Schema.Array(Schema.Finite) }),
  /** The answers are milliseconds for all. */
  Rpc.make("Asks", { payload: Driving, success: Schema.Finite }),
  Rpc.make("Tells", { payload: Driving, success: Schema.Finite }),
  Rpc.make("Stream", { payload: { count: Schema.Int }, success: Schema.Finite })
]) {}

/** Keyed actors and a plain one that do the same, one that asks them, and one that watches their thread. */
import * as Rpc from "effect/rpc/Rpc"
import * as Schema from "effect/Schema"
import { Actor } from "heddle"
import { Small } from "../link/Bench.ts"

const messages = [
  Rpc.make("Echo", { payload: Small, success: Small }),
  Rpc.make("Take", { payload: Small })
] as const

export class Plain extends Actor.Service<Plain>()("Plain", messages) {}
export class Room extends Actor.Keyed<Room>()("Room", { key: Schema.String }, messages) {}
/** Its keys close after two seconds. */
export class Brief extends Actor.Keyed<Brief>()("Brief", { key: Schema.String }, messages) {}

/** Sends `count` messages, to the plain actor if there are no keys; answers with the milliseconds for all. */
export class Driver extends Actor.Service<Driver>()("Driver", [
  Rpc.make("Asks", { payload: { count: Schema.Int, keys: Schema.Int }, success: Schema.Finite }),
  Rpc.make("Tells", { payload: { count: Schema.Int, keys: Schema.Int }, success: Schema.Finite })
]) {}

/** Is on the thread of the keys. */
export class Watcher extends Actor.Service<Watcher>()("Watcher", [
  /** Completes when so many were taken by all actors of the thread since the last time. */
  Rpc.make("Taken", { payload: { count: Schema.Int } }),
  /** Bytes of the heap, after its garbage is collected. */
  Rpc.make("Heap", { success: Schema.Finite }),
  /** The milliseconds of the processor that the longest turn of the loop has used, until so long is over. */
  Rpc.make("LongestTurn", { payload: { millis: Schema.Int }, success: Schema.Finite })
]) {}

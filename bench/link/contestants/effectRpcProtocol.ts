import * as Rpc from "effect/rpc/Rpc"
import * as RpcGroup from "effect/rpc/RpcGroup"
import { Small } from "../Bench.ts"

/** `Target`'s question, without its actor. */
export class Echoes extends RpcGroup.make(Rpc.make("Echo", { payload: Small, success: Small })) {}

import * as Rpc from "effect/rpc/Rpc"
import * as Schema from "effect/Schema"
import { Actor } from "heddle"

export class Target extends Actor.Service<Target>()("Target", [
  Rpc.make("Echo", {
    payload: { id: Schema.Int, name: Schema.String },
    success: Schema.Struct({ id: Schema.Int, name: Schema.String })
  }),
  Rpc.make("Bytes", { payload: { bytes: Schema.Uint8Array }, success: Schema.Uint8Array }),
  Rpc.make("Pid", { success: Schema.Int })
]) {}

import * as Rpc from "effect/rpc/Rpc"
import * as Schema from "effect/Schema"
import { Actor } from "heddle"

export class Web extends Actor.Service<Web>()("Web", [Rpc.make("Port", { success: Schema.Int })]) {}

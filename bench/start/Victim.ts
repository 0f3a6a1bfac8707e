import * as Rpc from "effect/rpc/Rpc"
import * as Schema from "effect/Schema"
import { Actor } from "heddle"

export class Victim extends Actor.Service<Victim>()("Victim", [
  Rpc.make("Ping"),
  /** The file that its thread began with. */
  Rpc.make("Entry", { success: Schema.String }),
  /** Ends the thread. */
  Rpc.make("Die")
]) {}

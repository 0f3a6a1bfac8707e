import * as Rpc from "effect/rpc/Rpc"
import { Actor } from "heddle"

export class Victim extends Actor.Service<Victim>()("Victim", [
  Rpc.make("Ping"),
  /** Ends the thread. */
  Rpc.make("Die")
]) {}

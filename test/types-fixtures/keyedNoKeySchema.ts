import * as Rpc from "effect/rpc/Rpc"
import { Actor } from "heddle"

export class Hall extends Actor.Keyed<Hall>()("Hall", [Rpc.make("Open")]) {}

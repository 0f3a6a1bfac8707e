/** Eight actors, each on its own thread, and one that asks them. */
import * as Rpc from "effect/rpc/Rpc"
import * as Schema from "effect/Schema"
import { Actor } from "heddle"
import { Small } from "../link/Bench.ts"

export interface Blade {
  readonly blade: true
}

export const blades = Array.from(
  { length: 8 },
  (_, index) => Actor.Service<Blade>()(`Blade-${index}`, [Rpc.make("Echo", { payload: Small, success: Small })])
)

/** Asks the first `blades` of them in turn; answers with the milliseconds for all. */
export class Fan extends Actor.Service<Fan>()("Fan", [
  Rpc.make("Ask", {
    payload: { count: Schema.Int, window: Schema.Int, blades: Schema.Int },
    success: Schema.Finite
  })
]) {}

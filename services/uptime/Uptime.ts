/** Watches addresses and tells when one goes down or comes back: the example of services/README.md. */
import * as Rpc from "effect/rpc/Rpc"
import * as Schema from "effect/Schema"
import { Actor } from "heddle"

/** How an address is. `why` says what is wrong, and is empty while it is up. */
export const Health = Schema.Struct({
  url: Schema.String,
  up: Schema.Boolean,
  why: Schema.String,
  sinceMillis: Schema.Finite
})
export type Health = typeof Health.Type

export class Uptime extends Actor.Service<Uptime>()("Uptime", [
  /** Every address that was looked at, as it was last. */
  Rpc.make("Status", { success: Schema.Array(Health) }),
  /** Each change from now on. */
  Rpc.make("Changes", { success: Health, stream: true })
]) {}

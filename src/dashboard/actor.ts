/**
 * The dashboard's actor and its options. Light: every thread loads them.
 */
import type * as Redacted from "effect/Redacted"
import * as Rpc from "effect/rpc/Rpc"
import * as Schema from "effect/Schema"
import * as Actor from "../Actor.ts"

/**
 * The dashboard's protocol.
 *
 * @since 0.1.0
 * @category services
 */
export class Dashboard extends Actor.Service<Dashboard>()("Dashboard", [
  /** Where the server listens, as `http://HOST:PORT`. */
  Rpc.make("Address", { success: Schema.String })
]) {}

/**
 * Where the server listens, and who may use it.
 *
 * **Details**
 * - What is left out is read by `Config` from the environment, where lists are separated by commas.
 * - `host` (`HOST`): the interface to listen on. Default `127.0.0.1`: only this machine reaches it.
 * - `port` (`PORT`): 0 to 65535, where 0 takes any free one. Default 3000.
 * - `token` (`HEDDLE_TOKEN`): `/api` and `/metrics` ask for it, as `Authorization: Bearer`. Default none. The server does not
 *   start without one on any interface but loopback.
 * - `hosts` (`HEDDLE_HOSTS`): further names under which browsers may reach the server. Default none.
 * - `proxies` (`HEDDLE_PROXIES`): addresses and networks (`10.0.0.0/8`) of the proxies in front of the server, whose
 *   `X-Forwarded-For` names the client. Default none.
 *
 * **Gotchas**
 * - The config module is loaded by every thread, and so is a `token` that is written there.
 * - Without a token, everybody on this machine may steer the system, send messages to its actors and read its
 *   log. On a machine with other users, set one.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options {
  readonly host?: string | undefined
  readonly port?: number | undefined
  readonly token?: Redacted.Redacted | undefined
  readonly hosts?: ReadonlyArray<string> | undefined
  readonly proxies?: ReadonlyArray<string> | undefined
}

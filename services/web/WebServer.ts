/** Serves health, the control API and the dashboard. */
import * as Rpc from "effect/rpc/Rpc"
import * as Schema from "effect/Schema"
import { Actor } from "heddle"

export class WebServer extends Actor.Service<WebServer>()("WebServer", [
  /** Where the server listens, as `http://HOST:PORT`. */
  Rpc.make("Address", { success: Schema.String })
]) {}

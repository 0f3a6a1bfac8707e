/**
 * The limits of a server's connections.
 */
import type * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { Server } from "node:http"
import type { Socket } from "node:net"
import { admit } from "./admission.ts"
import { noProxies, type Proxies } from "./clients.ts"
import { cutLingering } from "./lingering.ts"

/**
 * Protects an HTTP server as the dashboard protects itself, so that a health probe always gets in.
 *
 * **Details**
 * - A client may keep 64 connections open, all clients together 512; of more, the oldest that are not in use are closed, twice a
 *   second. A client that goes on sending a request which has had its answer, or sends more than 256 requests on one
 *   connection, is cut off.
 * - Returns what takes a connection out of its sight, because it speaks another protocol than HTTP from now on.
 *
 * @since 0.1.0
 * @category servers
 */
export const limitConnections = (
  server: Server,
  proxies: Proxies = noProxies
): Effect.Effect<(socket: Socket) => void, never, Scope.Scope> => {
  cutLingering(server)
  return admit(server, proxies)
}

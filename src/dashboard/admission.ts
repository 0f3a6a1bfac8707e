/**
 * Keeps room for new connections, whatever the old ones do: a client that holds many without using them loses the
 * oldest, so that a health probe always gets in.
 *
 * Node's own `maxConnections` does the opposite: it turns the newest away.
 */
import * as Effect from "effect/Effect"
import type { IncomingMessage, Server, ServerResponse } from "node:http"
import type { Socket } from "node:net"
import { isProxy, networkOf, type Proxies } from "./clients.ts"

/** What a connection is used for. */
export type Use = "idle" | "receiving" | "unread" | "serving"

/** What the decision needs to know of a connection. */
export interface Connection {
  /** The client's network; undefined for a trusted proxy, which speaks for many clients. */
  readonly network: string | undefined
  readonly use: Use
  /** When it was opened, or its last response ended. */
  readonly sinceMillis: number
}

/**
 * How many connections may stay open.
 *
 * **Details**
 * - `perNetwork` and `total`: what is more is closed at the next look, twice a second; requests that are being served stay.
 * - `most`: never exceeded; at that number even a connection that was just opened is closed for a newer one.
 * - `graceMillis`: how long a new connection has to send its request before it may be closed.
 */
export const limits = { perNetwork: 64, total: 512, most: 4096, graceMillis: 1000 } as const

/** Unused connections go first; a response that its client does not read goes before one that it reads. */
const order: ReadonlyArray<Use> = ["idle", "receiving", "unread", "serving"]

const leastUsedFirst = (a: Connection, b: Connection): number =>
  order.indexOf(a.use) - order.indexOf(b.use) || a.sinceMillis - b.sinceMillis

/** Chooses the connections to close now. */
export const surplus = <A extends Connection>(open: ReadonlyArray<A>, nowMillis: number): ReadonlySet<A> => {
  const closable = open
    .filter(({ sinceMillis, use }) => use !== "serving" && nowMillis - sinceMillis >= limits.graceMillis)
    .toSorted(leastUsedFirst)
  const closed = new Set<A>()
  const networks = new Map<string, number>()
  for (const { network } of open) if (network !== undefined) networks.set(network, (networks.get(network) ?? 0) + 1)
  for (const connection of closable) {
    const { network } = connection
    const count = network === undefined ? 0 : networks.get(network) ?? 0
    if (network === undefined || count <= limits.perNetwork) continue
    networks.set(network, count - 1)
    closed.add(connection)
  }
  for (const connection of closable) {
    if (open.length - closed.size <= limits.total) break
    closed.add(connection)
  }
  return closed
}

/** Chooses the one to close for a newer connection when there are too many. */
export const leastUsed = <A extends Connection>(open: ReadonlyArray<A>): A | undefined =>
  open.length <= limits.most ? undefined : open.reduce((a, b) => leastUsedFirst(b, a) < 0 ? b : a)

/** A connection, and the request on it. */
class Tracked implements Connection {
  readonly socket: Socket
  readonly network: string | undefined
  sinceMillis = performance.now()
  private request: IncomingMessage | undefined
  private response: ServerResponse | undefined

  constructor(socket: Socket, network: string | undefined) {
    this.socket = socket
    this.network = network
  }

  get use(): Use {
    if (this.request === undefined) return "idle"
    if (!this.request.complete) return "receiving"
    return this.response?.writableNeedDrain === true ? "unread" : "serving"
  }

  serve(request: IncomingMessage, response: ServerResponse): void {
    this.request = request
    this.response = response
    response.once("close", () => {
      if (this.response !== response) return
      this.request = this.response = undefined
      this.sinceMillis = performance.now()
    })
  }
}

const lookEveryMillis = 500

/**
 * Watches the connections of a server for as long as the scope lives.
 *
 * Returns what takes a connection out of its sight, because it speaks another protocol than HTTP from now on.
 */
export const admit = Effect.fnUntraced(function*(server: Server, proxies: Proxies) {
  const open = new Map<Socket, Tracked>()
  const close = ({ socket }: Tracked): void => {
    open.delete(socket)
    socket.destroy()
  }
  server.on("connection", (socket) => {
    const address = socket.remoteAddress ?? ""
    open.set(socket, new Tracked(socket, isProxy(proxies, address) ? undefined : networkOf(address)))
    socket.once("close", () => open.delete(socket))
    if (open.size <= limits.most) return
    const least = leastUsed([...open.values()])
    if (least !== undefined) close(least)
  })
  server.on("request", (request, response) => open.get(request.socket)?.serve(request, response))
  yield* Effect.acquireRelease(
    Effect.sync(() => {
      const look = (): void => surplus([...open.values()], performance.now()).forEach(close)
      return setInterval(look, lookEveryMillis)
    }),
    (timer) => Effect.sync(() => clearInterval(timer))
  )
  return (socket: Socket): void => void open.delete(socket)
})

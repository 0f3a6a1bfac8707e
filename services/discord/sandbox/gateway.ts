/** All gateway connections and what they share: the sessions, the token, the limits of logging in. */
import type { APIGatewayBotInfo } from "discord-api-types/v10"
import { type IncomingMessage, STATUS_CODES } from "node:http"
import type { Duplex } from "node:stream"
import { WebSocketServer } from "ws"
import { Connection, Shared } from "./connection.ts"
import { bareToken } from "./frames.ts"
import { refusal } from "./visitors.ts"
import { zlibStream } from "./zlibStream.ts"

/** Connections that may be open without having logged in. */
const mostStrangers = 64

// Above Discord's own 4096 so that a payload of 5000 bytes gets Discord's close code and not WebSocket's.
const maxFrameBytes = 1 << 20

export class Gateway extends Shared {
  refusing = false
  #tokenRevoked = false
  readonly #connections = new Set<Connection>()
  readonly #server = new WebSocketServer({ noServer: true, perMessageDeflate: false, maxPayload: maxFrameBytes })

  accepts(token: string): boolean {
    return !this.#tokenRevoked && bareToken(token) === this.options.token
  }

  revokeToken(): void {
    this.#tokenRevoked = true
    this.sessions.destroyAll()
    for (const connection of this.#connections) connection.close(4004, "Authentication failed.")
  }

  get info(): APIGatewayBotInfo {
    const starts = this.starts.peek(performance.now())
    return {
      url: this.url,
      shards: 1,
      session_start_limit: {
        total: this.starts.limit,
        remaining: starts.remaining,
        reset_after: Math.max(0, starts.resetAtMillis - performance.now()),
        max_concurrency: 1
      }
    }
  }

  /** Takes an HTTP upgrade: `/?v=10&encoding=json[&compress=zlib-stream]`. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    // Whatever ends the socket early, there is nobody to tell.
    socket.on("error", () => {})
    const refused = refusal(request)
    if (refused !== undefined) return turnAway(socket, refused.status)
    if (this.refusing) {
      this.tally.add("refusedConnects")
      return turnAway(socket, 503)
    }
    this.#server.handleUpgrade(request, socket, head, (webSocket) => {
      webSocket.on("error", () => {})
      const query = new URLSearchParams(request.url?.split("?")[1])
      const compress = query.get("compress") ?? "none"
      if (query.get("v") !== "10" || query.get("encoding") !== "json" || !["none", "zlib-stream"].includes(compress)) {
        return webSocket.close(4012, "The sandbox speaks v=10, encoding=json and compress=zlib-stream or none.")
      }
      const connection = new Connection(this, webSocket, compress === "none" ? (payload) => payload : zlibStream())
      this.#connections.add(connection)
      this.#makeRoom()
      this.tally.add("connections")
      this.tally.add("connects")
    })
  }

  /** Cuts the connection that has gone longest without logging in, when there are too many of them. */
  #makeRoom(): void {
    const strangers = [...this.#connections].filter(({ isLoggedIn }) => !isLoggedIn)
    if (strangers.length > mostStrangers) strangers[0]?.cut()
  }

  left(connection: Connection): void {
    if (this.#connections.delete(connection)) this.tally.add("connections", -1)
  }

  each(act: (connection: Connection) => void): void {
    for (const connection of this.#connections) act(connection)
  }
}

/** Answers an upgrade with a status, and ends the connection. */
const turnAway = (socket: Duplex, status: number): void =>
  void socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`)

/**
 * The listening socket: its limits, its errors in words, and a close that doesn't wait for slow clients.
 */
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import * as Effect from "effect/Effect"
import type * as HttpServer from "effect/http/HttpServer"
import type { ServeError } from "effect/http/HttpServerError"
import * as Schema from "effect/Schema"
import { createServer } from "node:http"
import { admit } from "./admission.ts"
import { cutLingering } from "./lingering.ts"
import type { Settings } from "./settings.ts"

/** The server can't listen where the settings say; `message` names the address and the setting to change. */
export class CannotListen extends Schema.TaggedError<CannotListen>()("CannotListen", {
  host: Schema.String,
  port: Schema.Int,
  code: Schema.String
}) {
  override get message(): string {
    return `the web server can't listen on ${this.host}:${this.port}: ${explain(this.code, this.port)}`
  }
}

/** Why a port can't be listened on, and what to do. */
const explain = (code: string, port: number): string => {
  switch (code) {
    case "EADDRINUSE":
      return `port ${port} is taken by another program; stop that one, or choose another port with PORT=${
        port === 65_535 ? port - 1 : port + 1
      } (PORT=0 takes any free one)`
    case "EACCES":
      return `this user may not use port ${port}; choose one above 1023 with PORT=3000`
    case "EADDRNOTAVAIL":
    case "ENOTFOUND":
      return "this machine has no such address; change HOST, or leave it out for 127.0.0.1"
    default:
      return `${code}; change HOST or PORT`
  }
}

/**
 * Listens for as long as the scope lives.
 *
 * **Details**
 * - On close, requests in work have 100 ms to finish; then every connection is cut.
 * - A client has 10 s to send its headers and 30 s for the whole request. Connections that it doesn't use are closed when
 *   there are too many of them: see `admission.ts`.
 * - A connection on which nothing moves for a minute is closed; an open page gets a ping every 15 s.
 */
export const listen = Effect.fnUntraced(function*({ host, port, proxies }: Settings) {
  const node = createServer({
    headersTimeout: 10_000,
    requestTimeout: 30_000,
    // Node looks every 30 s by default, and until then the time-outs above do nothing.
    connectionsCheckingInterval: 1000,
    maxHeaderSize: 16_384,
    // A page whose machine vanished is noticed by TCP, else it would hold its place for ever.
    keepAlive: true,
    keepAliveInitialDelay: 30_000
  })
  node.timeout = 60_000
  yield* admit(node, proxies)
  cutLingering(node)
  const server = yield* NodeHttpServer.make(() => node, {
    host: host.replace(/^\[|\]$/g, ""),
    port,
    // A client that finds the queue of new connections full tries again after a second.
    backlog: 4096,
    gracefulShutdownTimeout: "100 millis"
  }).pipe(Effect.mapError((error) => new CannotListen({ host, port, code: codeOf(error) })))
  yield* Effect.addFinalizer(() => Effect.sync(() => node.closeAllConnections()))
  return server
})

/** The port that a server got. */
export const portOf = ({ address }: HttpServer.HttpServer["Service"]): number =>
  address._tag === "UnixPathAddress" ? 0 : address.port

const codeOf = ({ cause }: ServeError): string =>
  cause instanceof Error && "code" in cause && typeof cause.code === "string" ? cause.code : String(cause)

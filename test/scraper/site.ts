/** What the scraper's tests run against: real servers on loopback, and a scraper with the settings of the test. */
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import { createServer, type IncomingMessage, type Server as HttpServer, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import * as Net from "node:net"
import * as Connections from "../../services/scraper/connections.ts"
import * as Pages from "../../services/scraper/pages.ts"
import * as Settings from "../../services/scraper/settings.ts"

/** A server, its `host:port`, and the paths it was asked for (robots.txt left out). */
export interface Site {
  readonly host: string
  readonly url: (path: string) => string
  readonly hits: Array<string>
  readonly server: HttpServer
}

export type Handler = (request: IncomingMessage, response: ServerResponse) => void

export const page = (body: string): Handler => (_, response) => {
  response.setHeader("content-type", "text/html; charset=utf-8")
  response.end(body)
}

export const redirect = (location: string, status = 302): Handler => (_, response) => {
  response.writeHead(status, { location })
  response.end()
}

/** Serves paths by handlers; a path with no handler, robots.txt for one, is 404. */
export const site = (handlers: Readonly<Record<string, Handler>> | Handler): Effect.Effect<Site, never, Scope.Scope> =>
  Effect.gen(function*() {
    const hits: Array<string> = []
    const server = createServer((request, response) => {
      const path = request.url ?? ""
      if (path !== "/robots.txt") hits.push(path)
      const handler = typeof handlers === "function" ? handlers : handlers[path]
      if (handler !== undefined) return handler(request, response)
      response.statusCode = 404
      response.end()
    })
    const port = yield* listen(server)
    yield* Effect.addFinalizer(() => Effect.sync(() => server.closeAllConnections()))
    return { host: `127.0.0.1:${port}`, url: (path) => `http://127.0.0.1:${port}${path}`, hits, server }
  })

/** A plain TCP server; `onSocket` decides what it does with those who connect. Their sockets are closed with the scope. */
export const tcp = (onSocket: (socket: Net.Socket) => void): Effect.Effect<number, never, Scope.Scope> =>
  Effect.gen(function*() {
    const sockets = new Set<Net.Socket>()
    const server = Net.createServer((socket) => {
      sockets.add(socket)
      socket.on("error", () => {}).on("close", () => sockets.delete(socket))
      onSocket(socket)
    })
    const port = yield* listen(server)
    yield* Effect.addFinalizer(() => Effect.sync(() => sockets.forEach((socket) => socket.destroy())))
    return port
  })

/** Takes connections and never says a word. */
export const blackHole: Effect.Effect<number, never, Scope.Scope> = tcp((socket) => void socket.resume())

/** Listens on a free port of loopback until the scope ends. */
const listen = (server: Net.Server): Effect.Effect<number, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.callback<number>((resume) => {
      server.listen(0, "127.0.0.1", () => resume(Effect.succeed(portOf(server.address()))))
    }),
    () => Effect.sync(() => void server.close())
  )

const portOf = (address: AddressInfo | string | null): number =>
  typeof address === "object" && address !== null ? address.port : 0

/** A port of loopback where nobody listens. */
export const deadPort: Effect.Effect<number> = Effect.scoped(listen(Net.createServer()))

export const settings = (env: Readonly<Record<string, string>>) =>
  Effect.provideService(
    Settings.read,
    ConfigProvider.ConfigProvider,
    ConfigProvider.fromUnknown({ SCRAPER_HOST_DELAY: "0 millis", SCRAPER_RETRIES: "0", ...env })
  )

/** A scraper that may reach the given sites and no other private address. It doesn't retry unless told to. */
export const scraper = (sites: ReadonlyArray<{ readonly host: string }>, env: Readonly<Record<string, string>> = {}) =>
  Effect.gen(function*() {
    const SCRAPER_ALLOW_ORIGINS = sites.map(({ host }) => host).join(",")
    const read = yield* Effect.orDie(settings({ SCRAPER_ALLOW_ORIGINS, ...env }))
    const http = yield* Layer.build(Layer.provide(NodeHttpClient.layerUndiciNoDispatcher, Connections.layer(read)))
    return yield* Effect.provide(Pages.make(read), http)
  })

/** Fetches one page with a scraper of its own. */
export const fetch = (url: string, sites: ReadonlyArray<{ readonly host: string }>, env?: Record<string, string>) =>
  Effect.flatMap(scraper(sites, env), (pages) => pages.fetch(url))

/** The same, for the failure. */
export const refusal = (url: string, sites: ReadonlyArray<{ readonly host: string }>, env?: Record<string, string>) =>
  Effect.flip(fetch(url, sites, env))

import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { createServer, type IncomingMessage, request } from "node:http"
import { createServer as createSecureServer } from "node:https"
import * as Net from "node:net"
import { certificate } from "./certificate.ts"
import { deadPort, page, refusal, scraper, site } from "./site.ts"

/** A forward proxy as they are: whole addresses for http, CONNECT for https. It notes what it was asked for. */
const proxy = (auth?: string) =>
  Effect.acquireRelease(
    Effect.callback<{ readonly port: number; readonly asked: Array<string>; readonly close: () => void }>((resume) => {
      const asked: Array<string> = []
      const sockets = new Set<Net.Socket>()
      const isWelcome = ({ headers }: IncomingMessage) =>
        auth === undefined || headers["proxy-authorization"] === `Basic ${Buffer.from(auth).toString("base64")}`
      const server = createServer((incoming, outgoing) => {
        asked.push(`${incoming.method} ${incoming.url}`)
        if (!isWelcome(incoming)) return void outgoing.writeHead(407).end()
        const sent = request(incoming.url ?? "", { method: incoming.method, headers: incoming.headers }, (answer) => {
          outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
          answer.pipe(outgoing)
        })
        sent.on("error", () => outgoing.writeHead(502).end())
        incoming.pipe(sent)
      })
      server.on("connect", (incoming: IncomingMessage, socket: Net.Socket) => {
        asked.push(`CONNECT ${incoming.url}`)
        if (!isWelcome(incoming)) return void socket.end("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n")
        const [host, port] = (incoming.url ?? "").split(":")
        const far = Net.connect(Number(port), host, () => {
          socket.write("HTTP/1.1 200 OK\r\n\r\n")
          far.pipe(socket).pipe(far)
        })
        far.on("error", () => socket.destroy())
        socket.on("error", () => far.destroy())
      })
      server.on("connection", (socket) => sockets.add(socket))
      server.listen(0, "127.0.0.1", () => {
        const address = server.address()
        resume(Effect.succeed({
          port: typeof address === "object" && address !== null ? address.port : 0,
          asked,
          close: () => {
            server.close()
            sockets.forEach((socket) => socket.destroy())
          }
        }))
      })
    }),
    ({ close }) => Effect.sync(close)
  )

const secureSite = Effect.acquireRelease(
  Effect.callback<{ readonly host: string; readonly close: () => void }>((resume) => {
    const server = createSecureServer(certificate, (_, response) => {
      response.setHeader("content-type", "text/html")
      response.end("<title>secure</title>")
    })
    server.listen(0, "127.0.0.1", () => {
      const address = server.address()
      const port = typeof address === "object" && address !== null ? address.port : 0
      resume(Effect.succeed({ host: `localhost:${port}`, close: () => void server.close() }))
    })
  }),
  ({ close }) => Effect.sync(close)
)

describe("24.1: through an HTTP proxy", () => {
  it.live("http pages are asked for by their whole address, user and password are sent to the proxy alone.", () =>
    Effect.gen(function*() {
      const seen: Array<string | undefined> = []
      const local = yield* site((request, response) => {
        seen.push(request.headers["proxy-authorization"])
        page("<title>far</title>")(request, response)
      })
      const via = yield* proxy("ada:s:t")
      const pages = yield* scraper([local], {
        SCRAPER_PROXY: `http://ada:s%3At@127.0.0.1:${via.port}`,
        SCRAPER_ROBOTS: "false"
      })
      assert.strictEqual((yield* pages.fetch(local.url("/a"))).title, "far")
      assert.deepStrictEqual(via.asked, [`GET ${local.url("/a")}`])
      assert.lengthOf(seen, 1)
    }))

  it.live("https pages go through a tunnel.", () =>
    Effect.gen(function*() {
      const far = yield* secureSite
      const via = yield* proxy()
      const pages = yield* scraper([far], {
        SCRAPER_PROXY: `http://127.0.0.1:${via.port}`,
        SCRAPER_ROBOTS: "false"
      })
      const failure = yield* Effect.exit(pages.fetch(`https://${far.host}/`))
      assert.deepStrictEqual(via.asked, [`CONNECT ${far.host}`])
      assert.notInclude(JSON.stringify(failure), "Proxy")
    }))

  it.live("What the proxy did is not blamed on the site.", () =>
    Effect.gen(function*() {
      const local = yield* site({ "/": page("x") })
      const dead = yield* deadPort
      const gone = yield* refusal(local.url("/"), [local], { SCRAPER_PROXY: `http://127.0.0.1:${dead}` })
      assert.deepInclude(gone, { reason: "Unreachable", failedBy: "Proxy" })
      const far = yield* secureSite
      const goneToo = yield* refusal(`https://${far.host}/`, [far], { SCRAPER_PROXY: `http://127.0.0.1:${dead}` })
      assert.deepInclude(goneToo, { reason: "Unreachable", failedBy: "Proxy" })
      const strict = yield* proxy("ada:secret")
      for (const url of [local.url("/"), `https://${far.host}/`]) {
        const refused = yield* refusal(url, [local, far], { SCRAPER_PROXY: `http://127.0.0.1:${strict.port}` })
        assert.deepInclude(refused, { reason: "Unreachable", failedBy: "Proxy" }, url)
        assert.include(refused.detail, "the proxy")
      }
      assert.lengthOf(local.hits, 0)
    }))

  it.live("Names that only the proxy's own network knows are refused.", () =>
    Effect.gen(function*() {
      const via = yield* proxy()
      const failure = yield* refusal("http://intranet/", [], { SCRAPER_PROXY: `http://127.0.0.1:${via.port}` })
      assert.strictEqual(failure.reason, "Blocked")
      assert.lengthOf(via.asked, 0)
    }))
})

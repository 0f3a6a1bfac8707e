import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { once } from "node:events"
import { createServer } from "node:https"
import * as Net from "node:net"
import * as Tls from "node:tls"
import { certificate } from "./certificate.ts"
import { microsocks, socksProxy } from "./microsocks.ts"
import { deadPort, page, refusal, scraper, site, tcp } from "./site.ts"

/** A SOCKS5 server behind a tap that keeps what clients said to it. */
const proxy = (options: ReadonlyArray<string> = []) =>
  Effect.gen(function*() {
    const port = yield* socksProxy(options)
    const said: Array<string> = []
    const tap = yield* tcp((client) => {
      const server = Net.connect(port, "127.0.0.1")
      client.on("data", (bytes) => said.push(bytes.toString("latin1")))
      client.on("close", () => server.destroy())
      server.on("error", () => client.destroy())
      client.pipe(server).pipe(client)
    })
    return { url: (auth = "") => `socks5://${auth}127.0.0.1:${tap}`, said }
  })

/** What this process was warned of, from before the first proxy. */
const warnings: Array<string> = []
process.on("warning", ({ message }) => warnings.push(message))

const named = (host: string) => `localhost:${host.split(":")[1]}`

describe("through a SOCKS5 proxy", () => {
  it.live.skipIf(!microsocks)(
    "[microsocks] The proxy resolves the name, and connections serve several pages.",
    () =>
      Effect.gen(function*() {
        const local = yield* site({ "/": page("<title>far away</title>") })
        const via = yield* proxy()
        const host = named(local.host)
        const pages = yield* scraper([{ host }], { SCRAPER_PROXY: via.url() })
        for (const path of ["/", "/", "/", "/"]) {
          assert.strictEqual((yield* pages.fetch(`http://${host}${path}`)).title, "far away")
        }
        // Five requests: the first page may be asked for while the connection of robots.txt is still busy.
        const tunnels = via.said.filter((said) => said.includes("\u0003\u0009localhost"))
        assert.isAtLeast(tunnels.length, 1)
        assert.isAtMost(tunnels.length, 2)
      })
  )

  it.live.skipIf(!microsocks)("[microsocks] Pages of https come through a SOCKS5 proxy.", () =>
    Effect.gen(function*() {
      const secure = yield* secureSite
      const via = yield* proxy()
      const host = named(secure)
      const pages = yield* scraper([{ host }], { SCRAPER_PROXY: via.url() })
      assert.strictEqual((yield* pages.fetch(`https://${host}/`)).title, "secure")
    }))

  it.live.skipIf(!microsocks)(
    "[microsocks] The user and password that are set are given, and it is said when they are refused.",
    () =>
      Effect.gen(function*() {
        const local = yield* site({ "/": page("<title>for members</title>") })
        const via = yield* proxy(["-u", "ada", "-P", "p:w"])
        const ours = yield* scraper([local], { SCRAPER_PROXY: via.url("ada:p%3Aw@") })
        assert.strictEqual((yield* ours.fetch(local.url("/"))).title, "for members")
        // RFC 1929: version, length and user, length and password. Tor opens one circuit for each.
        assert.include(via.said.join(""), "\u0001\u0003ada\u0003p:w")
        const failure = yield* refusal(local.url("/"), [local], { SCRAPER_PROXY: via.url("ada:wrong@") })
        assert.deepInclude(failure, { reason: "Unreachable", retryable: false })
        assert.include(failure.message, "the proxy refused our user and password")
        assert.notInclude(failure.message, "wrong")
      })
  )

  it.live.skipIf(!microsocks)(
    "[microsocks] The failure says that the proxy could not reach the server.",
    () =>
      Effect.gen(function*() {
        const host = `127.0.0.1:${yield* deadPort}`
        const via = yield* proxy()
        const failure = yield* refusal(`http://${host}/`, [{ host }], { SCRAPER_PROXY: via.url() })
        assert.deepInclude(failure, { reason: "Unreachable", retryable: true })
        assert.include(failure.message, "proxy")
      })
  )

  it.live("Private addresses and names are refused before the proxy is asked.", () =>
    Effect.gen(function*() {
      let asked = 0
      const port = yield* tcp((socket) => {
        asked++
        socket.destroy()
      })
      for (
        const url of [
          "http://127.0.0.1/",
          "http://localhost/",
          "http://[::1]/",
          "http://box.local/",
          "http://10.0.0.1/"
        ]
      ) {
        assert.strictEqual((yield* refusal(url, [], { SCRAPER_PROXY: `socks5://127.0.0.1:${port}` })).reason, "Blocked")
      }
      assert.strictEqual(asked, 0)
    }))

  it.live("undici's word that SOCKS5 is an experiment is not passed on to the operator; other warnings are.", () =>
    Effect.gen(function*() {
      yield* scraper([], { SCRAPER_PROXY: "socks5://127.0.0.1:9" })
      const warned = once(process, "warning")
      process.emitWarning("something else")
      yield* Effect.promise(() => warned)
      assert.deepStrictEqual(warnings.filter((warning) => /SOCKS5|else/.test(warning)), ["something else"])
    }))

  it.live("Nothing goes around a proxy that isn't there.", () =>
    Effect.gen(function*() {
      const local = yield* site({ "/": page("<title>direct</title>") })
      const failure = yield* refusal(local.url("/"), [local], {
        SCRAPER_PROXY: `socks5://127.0.0.1:${yield* deadPort}`
      })
      assert.deepInclude(failure, { reason: "Unreachable", retryable: true, failedBy: "Proxy" })
      assert.lengthOf(local.hits, 0)
    }))

  const replies: ReadonlyArray<readonly [what: string, says: ReadonlyArray<string>, failedBy: "Site" | "Proxy"]> = [
    ["refuses all ways to log in", ["05ff"], "Proxy"],
    ["speaks another protocol", ["485454502f312e31"], "Proxy"],
    ["fails by itself", ["0500", "05010001000000000000"], "Proxy"],
    ["has a rule against it", ["0500", "05020001000000000000"], "Proxy"],
    ["finds no way to the host", ["0500", "05040001000000000000"], "Site"],
    ["was refused by the site", ["0500", "05050001000000000000"], "Site"]
  ]
  for (const [what, says, failedBy] of replies) {
    it.live(`Of a proxy that ${what} it is said that the ${failedBy.toLowerCase()} failed.`, () =>
      Effect.gen(function*() {
        const port = yield* tcp((socket) => {
          const left = says.map((said) => Buffer.from(said, "hex"))
          socket.on("data", () => socket.write(left.shift() ?? ""))
        })
        const host = "far.example:80"
        const failure = yield* refusal(`http://${host}/`, [{ host }], { SCRAPER_PROXY: `socks5://127.0.0.1:${port}` })
        assert.deepInclude(failure, { reason: "Unreachable", failedBy })
        assert.include(failure.message, "proxy")
      }))
  }

  it.live("Whether site or proxy hung up behind a proxy is not known.", () =>
    Effect.gen(function*() {
      const port = yield* tcp((socket) => {
        const says = [Buffer.from("0500", "hex"), Buffer.from("05000001000000000000", "hex")]
        socket.on("data", () => {
          const next = says.shift()
          if (next === undefined) socket.destroy()
          else socket.write(next)
        })
      })
      const host = "far.example:80"
      const failure = yield* refusal(`http://${host}/`, [{ host }], { SCRAPER_PROXY: `socks5://127.0.0.1:${port}` })
      assert.strictEqual(failure.reason, "Unreachable")
      assert.isUndefined(failure.failedBy)
      assert.include(failure.message, "proxy in between")
    }))
})

describe("https", () => {
  it.live("A page of a server that can prove who it is is read over https.", () =>
    Effect.gen(function*() {
      const host = yield* secureSite
      const pages = yield* scraper([{ host }])
      assert.strictEqual((yield* pages.fetch(`https://${host}/`)).title, "secure")
    }))

  it.live("A server that can't prove who it is is refused over https.", () =>
    Effect.gen(function*() {
      const host = yield* secureServer
      const failure = yield* refusal(`https://${host}/`, [{ host }])
      assert.deepInclude(failure, { reason: "Unreachable", retryable: false })
      assert.include(failure.message, "can't prove who it is")
    }))
})

const secureServer = Effect.acquireRelease(
  Effect.callback<ReturnType<typeof createServer>>((resume) => {
    const server = createServer(certificate, (request, response) => {
      if (request.url === "/robots.txt") return void response.writeHead(404).end()
      page("<title>secure</title>")(request, response)
    })
    server.listen(0, "127.0.0.1", () => resume(Effect.succeed(server)))
  }),
  (server) =>
    Effect.sync(() => {
      server.closeAllConnections()
      server.close()
    })
).pipe(Effect.map((server) => {
  const address = server.address()
  return `127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`
}))

/** The same, and this process trusts its certificate until the scope ends. */
const secureSite = Effect.acquireRelease(
  Effect.sync(() => {
    const before = Tls.getCACertificates("default")
    Tls.setDefaultCACertificates([...before, certificate.cert])
    return before
  }),
  (before) => Effect.sync(() => Tls.setDefaultCACertificates(before))
).pipe(Effect.andThen(secureServer))

import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import dns from "node:dns"
import { vi } from "vitest"
import { whyForbidden } from "../../services/scraper/addresses.ts"
import { page, redirect, refusal, scraper, site } from "./site.ts"

const guarded = {
  allowPrivate: false,
  allowLoopback: false,
  allowOrigins: new Set(["127.0.0.1:3000", "[::1]:3000", "site.internal:80"])
}
const why = (url: string) => whyForbidden(guarded, new URL(url))

describe("addresses", () => {
  const forbidden = [
    "http://127.0.0.1/",
    "http://127.0.0.1:3001/",
    "https://127.0.0.1:443/",
    "http://127.1/",
    "http://2130706433/",
    "http://0x7f.1/",
    "http://0177.0.0.1/",
    "http://①②⑦.0.0.1/",
    "http://0.0.0.0/",
    "http://10.1.2.3/",
    "http://100.64.0.1/",
    "http://169.254.169.254/latest/meta-data/",
    "http://172.16.0.1/",
    "http://172.31.255.255/",
    "http://192.168.0.1/",
    "http://198.18.0.1/",
    "http://224.0.0.1/",
    "http://255.255.255.255/",
    "http://[::1]/",
    "http://[::]/",
    "http://[::ffff:127.0.0.1]/",
    "http://[::ffff:a00:1]/",
    "http://[64:ff9b::7f00:1]/",
    "http://[2002:7f00:1::]/",
    "http://[fc00::1]/",
    "http://[fe80::1]/",
    "http://[ff02::1]/",
    "http://localhost/",
    "http://LOCALHOST./",
    "http://a.localhost/",
    "http://printer.local/",
    "http://metadata.google.internal/",
    "http://router.lan/",
    "http://example.com:22/",
    "http://example.com:25/"
  ]
  for (const url of forbidden) it(`forbids ${url}`, () => assert.isString(why(url)))

  const allowed = [
    "http://example.com/",
    "https://example.com/",
    "http://example.com:8080/",
    "http://93.184.216.34/",
    "http://172.32.0.1/",
    "http://[2606:4700::1111]/",
    "http://localhost.example.com/",
    "http://127.0.0.1:3000/",
    "http://[::1]:3000/",
    "http://site.internal/"
  ]
  for (const url of allowed) it(`allows ${url}`, () => assert.isUndefined(why(url)))

  it("names the settings that lift the guard", () => {
    assert.include(why("http://127.0.0.1:81/"), "SCRAPER_ALLOW_ORIGINS=127.0.0.1:81")
    assert.include(why("http://127.0.0.1:81/"), "SCRAPER_ALLOW_PRIVATE=true")
    assert.isUndefined(whyForbidden({ ...guarded, allowPrivate: true }, new URL("http://127.0.0.1:81/")))
  })
})

describe("the guard", () => {
  it.live("refuses a private address and sends nothing", () =>
    Effect.gen(function*() {
      const local = yield* site({ "/": page("secret") })
      const failure = yield* refusal(local.url("/"), [])
      assert.deepInclude(failure, { reason: "Blocked", retryable: false })
      assert.include(failure.message, `SCRAPER_ALLOW_ORIGINS=${local.host}`)
      assert.lengthOf(local.hits, 0)
    }))

  it("SCRAPER_ALLOW_LOOPBACK lifts it for this machine by its own names only", () => {
    const why = (url: string) => whyForbidden({ ...guarded, allowLoopback: true }, new URL(url))
    for (const url of ["http://127.0.0.1:81/", "http://127.9.9.9/", "http://[::1]:8080/", "http://localhost:3000/"]) {
      assert.isUndefined(why(url), url)
    }
    for (
      const url of ["http://10.0.0.1/", "http://169.254.169.254/", "http://127.0.0.1.internal/", "http://a.localhost/"]
    ) {
      assert.isString(why(url), url)
    }
  })

  it.live("is lifted by SCRAPER_ALLOW_PRIVATE", () =>
    Effect.gen(function*() {
      const local = yield* site({ "/": page("<title>mine</title>") })
      const pages = yield* scraper([], { SCRAPER_ALLOW_PRIVATE: "true" })
      assert.strictEqual((yield* pages.fetch(local.url("/"))).title, "mine")
    }))

  it.live("refuses a redirect to a private address, and its robots.txt too", () =>
    Effect.gen(function*() {
      let asked = 0
      const secret = yield* site((_, response) => {
        asked++
        response.end()
      })
      const local = yield* site({ "/": redirect(secret.url("/admin")) })
      const failure = yield* refusal(local.url("/"), [local])
      assert.strictEqual(failure.reason, "Blocked")
      assert.include(failure.message, `redirects to http://${secret.host}`)
      assert.strictEqual(asked, 0)
    }))

  for (const robots of ["true", "false"]) {
    for (const scheme of ["http", "https"]) {
      it.live(`refuses a public name that resolves to a private address (${scheme}, robots ${robots})`, () =>
        Effect.gen(function*() {
          let connections = 0
          const local = yield* site({ "/": page("secret") })
          local.server.on("connection", () => connections++)
          const lookup = yield* resolvingTo("127.0.0.1")
          const url = `${scheme}://rebound.example:${local.host.split(":")[1]}/`
          const failure = yield* refusal(url, [], { SCRAPER_ROBOTS: robots })
          assert.strictEqual(failure.reason, "Blocked")
          assert.include(failure.message, "SCRAPER_ALLOW_ORIGINS=rebound.example:")
          assert.strictEqual(connections, 0)
          assert.isAbove(lookup.mock.calls.length, 0)
        }))
    }
  }

  it.live("lets a name through that the operator allowed", () =>
    Effect.gen(function*() {
      const local = yield* site({ "/": page("<title>mine</title>") })
      yield* resolvingTo("127.0.0.1")
      const host = `mine.example:${local.host.split(":")[1]}`
      const pages = yield* scraper([{ host }])
      assert.strictEqual((yield* pages.fetch(`http://${host}/`)).title, "mine")
    }))

  it.live("leaves alone what is no web address", () =>
    Effect.gen(function*() {
      for (const url of ["nonsense", "", "ftp://example.com/", "http://user@example.com/", "data:text/html,x"]) {
        assert.strictEqual((yield* refusal(url, [])).reason, "InvalidUrl")
      }
    }))
})

/** Until the scope ends, every name of this process resolves to the address: there is no DNS server in a test. */
const resolvingTo = (address: string) =>
  Effect.acquireRelease(
    Effect.sync(() =>
      vi.spyOn(dns, "lookup").mockImplementation((...args: ReadonlyArray<unknown>) => {
        const [, options, callback] = args
        if (typeof callback !== "function") throw new Error("net always asks with options and a callback")
        const all = typeof options === "object" && options !== null && "all" in options && options.all === true
        process.nextTick(() => all ? callback(null, [{ address, family: 4 }]) : callback(null, address, 4))
      })
    ),
    (spy) => Effect.sync(() => spy.mockRestore())
  )

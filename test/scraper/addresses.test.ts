import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
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
    "http://[fd00:ec2::254]/",
    "http://[fd20:ce::254]/",
    "http://168.63.129.16/",
    "http://100.100.100.200/",
    "http://192.0.0.192/",
    "http://[::ffff:168.63.129.16]/",
    "http://metadata/",
    "http://instance-data/",
    "http://[2001::1]/",
    "http://[2001:db8::1]/",
    "http://[2002:a00:1::]/",
    "http://[3fff::1]/",
    "http://[4000::1]/",
    "http://[1000::1]/",
    "http://[64:ff9b::5db8:d822]/",
    "http://[64:ff9b:1::1]/",
    "http://[::5db8:d822]/",
    "http://[100::1]/",
    "http://[5f00::1]/",
    "http://[fec0::1]/",
    "http://[ffff::1]/",
    "http://router.home.arpa/",
    "http://wiki.corp/",
    "http://x.intranet./",
    "http://abc.onion/",
    "http://example.com:22/",
    "http://example.com:25/"
  ]
  for (const url of forbidden) it(`The guard forbids ${url}.`, () => assert.isString(why(url)))

  const allowed = [
    "http://example.com/",
    "https://example.com/",
    "http://example.com:8080/",
    "http://93.184.216.34/",
    "http://172.32.0.1/",
    "http://[2606:4700::1111]/",
    "http://[2001:200::1]/",
    "http://[2a00:1450::1]/",
    "http://[::ffff:93.184.216.34]/",
    "http://example.mailers/",
    "http://meta-data.example/",
    "http://localhost.example.com/",
    "http://127.0.0.1:3000/",
    "http://[::1]:3000/",
    "http://site.internal/"
  ]
  for (const url of allowed) it(`The guard allows ${url}.`, () => assert.isUndefined(why(url)))

  it("The error names the settings that lift the guard.", () => {
    assert.include(why("http://127.0.0.1:81/"), "SCRAPER_ALLOW_ORIGINS=127.0.0.1:81")
    assert.include(why("http://127.0.0.1:81/"), "SCRAPER_ALLOW_PRIVATE=true")
    assert.isUndefined(whyForbidden({ ...guarded, allowPrivate: true }, new URL("http://127.0.0.1:81/")))
  })
})

describe("the guard behind a proxy", () => {
  const proxy = Redacted.make(new URL("socks5://127.0.0.1:9050"))
  const why = (url: string) => whyForbidden({ ...guarded, proxy }, new URL(url))
  for (
    const url of [
      "http://intranet/",
      "http://router./",
      "https://wiki:8443/",
      "http://db.corp/",
      "http://x.home.arpa/",
      "http://y.localhost/",
      "http://metadata.google.internal/",
      "http://127.1/",
      "http://[fd00::1]/"
    ]
  ) {
    it(`The guard behind a proxy forbids ${url}.`, () => assert.isString(why(url)))
  }
  for (
    const url of ["http://example.com/", "http://abcdefgh.onion/", "http://a.b.onion:8080/", "http://site.internal/"]
  ) {
    it(`The guard behind a proxy allows ${url}.`, () => assert.isUndefined(why(url)))
  }
})

describe("cloud metadata and loopback", () => {
  it("No setting for all private addresses opens metadata services, naming one does.", () => {
    const open = { ...guarded, allowPrivate: true }
    for (
      const url of ["http://169.254.169.254/", "http://168.63.129.16/", "http://[fd00:ec2::254]/", "http://metadata/"]
    ) {
      assert.include(whyForbidden(open, new URL(url)), "a cloud keeps the keys", url)
      const named = { ...guarded, allowOrigins: new Set([`${new URL(url).hostname}:80`]) }
      assert.isUndefined(whyForbidden(named, new URL(url)), url)
    }
    assert.isUndefined(whyForbidden(open, new URL("http://10.0.0.1/")))
  })

  it("SCRAPER_ALLOW_LOOPBACK is for what the operator asks for, and what that server itself redirects to.", () => {
    const rules = { ...guarded, allowLoopback: true }
    const to = new URL("http://127.0.0.1:81/admin")
    assert.isUndefined(whyForbidden(rules, to))
    assert.isUndefined(whyForbidden(rules, to, new URL("http://127.0.0.1:81/")))
    for (const from of ["http://example.com/", "http://127.0.0.1:80/", "http://localhost:81/"]) {
      assert.include(whyForbidden(rules, to, new URL(from)), "SCRAPER_ALLOW_ORIGINS=127.0.0.1:81", from)
    }
    assert.isUndefined(whyForbidden({ ...rules, allowPrivate: true }, to, new URL("http://example.com/")))
    assert.isUndefined(whyForbidden(rules, new URL("http://127.0.0.1:3000/"), new URL("http://example.com/")))
  })

  it.live("A page of another host can't send the scraper to this machine.", () =>
    Effect.gen(function*() {
      const local = yield* site({ "/": page("secret") })
      const port = local.host.split(":")[1]
      yield* resolvingTo("127.0.0.1")
      const outside = yield* site({
        "/": redirect(local.url("/")),
        "/round": redirect(local.url("/")),
        "/refresh": page(`<meta http-equiv=refresh content="0;url=http://localhost:${port}/">`)
      })
      const host = `outside.example:${outside.host.split(":")[1]}`
      for (const path of ["/", "/round", "/refresh"]) {
        const failure = yield* refusal(`http://${host}${path}`, [{ host }], {
          SCRAPER_ALLOW_LOOPBACK: "true",
          SCRAPER_ROBOTS: "false"
        })
        assert.strictEqual(failure.reason, "Blocked")
      }
      assert.lengthOf(local.hits, 0)
    }))
})

describe("the guard", () => {
  it.live("The guard refuses a private address and sends nothing.", () =>
    Effect.gen(function*() {
      const local = yield* site({ "/": page("secret") })
      const failure = yield* refusal(local.url("/"), [])
      assert.deepInclude(failure, { reason: "Blocked", retryable: false })
      assert.include(failure.message, `SCRAPER_ALLOW_ORIGINS=${local.host}`)
      assert.lengthOf(local.hits, 0)
    }))

  it("SCRAPER_ALLOW_LOOPBACK lifts the guard for this machine by its own names only.", () => {
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

  it.live("The guard is lifted by SCRAPER_ALLOW_PRIVATE.", () =>
    Effect.gen(function*() {
      const local = yield* site({ "/": page("<title>mine</title>") })
      const pages = yield* scraper([], { SCRAPER_ALLOW_PRIVATE: "true" })
      assert.strictEqual((yield* pages.fetch(local.url("/"))).title, "mine")
    }))

  it.live("The guard refuses a redirect to a private address, and its robots.txt too.", () =>
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
      it.live(`The guard refuses a public name that resolves to a private address (${scheme}, robots ${robots}).`, () =>
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

  it.live("The guard lets a name through that the operator allowed.", () =>
    Effect.gen(function*() {
      const local = yield* site({ "/": page("<title>mine</title>") })
      yield* resolvingTo("127.0.0.1")
      const host = `mine.example:${local.host.split(":")[1]}`
      const pages = yield* scraper([{ host }])
      assert.strictEqual((yield* pages.fetch(`http://${host}/`)).title, "mine")
    }))

  it.live("The guard leaves alone what is no web address.", () =>
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

import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { clientAddress, isProxy, networkOf, noProxies, parseProxies } from "../../src/dashboard/clients.ts"
import { own } from "../../src/dashboard/files.ts"
import * as guesses from "../../src/dashboard/guesses.ts"
import { refuse } from "../../src/dashboard/security.ts"
import type { Settings } from "../../src/dashboard/settings.ts"
import { follow, post, send } from "./client.ts"
import { makeWorld, start } from "./fakes.ts"

const loopback: Settings = {
  host: "127.0.0.1",
  port: 3000,
  token: undefined,
  hosts: ["127.0.0.1"],
  proxies: noProxies
}
const open: Settings = {
  host: "0.0.0.0",
  port: 3000,
  token: Redacted.make("secret"),
  hosts: ["0.0.0.0", "box", "ops.example.com"],
  proxies: noProxies
}

const files = new Set(own)

const decide = (settings: Settings, path: string, headers: Record<string, string>, method = "GET") =>
  refuse({ method, path, headers: { host: "localhost:3000", ...headers } }, settings, files)?.status

describe("who may talk to the server", () => {
  it("The server answers to its own names only.", () => {
    for (const host of ["localhost", "localhost:3000", "127.0.0.1:3000", "127.0.0.1:9", "[::1]:3000", "LOCALHOST"]) {
      assert.isUndefined(decide(loopback, "/", { host }), host)
    }
    for (
      const host of [
        "",
        "evil.example",
        "evil.example:3000",
        "localhost.evil.example",
        "10.0.0.7",
        "127.evil",
        "127.999.1.1"
      ]
    ) {
      assert.strictEqual(decide(loopback, "/", { host }), 421, host)
    }
    for (const host of ["box:3000", "ops.example.com", "10.0.0.7:3000", "[fe80::1]"]) {
      assert.isUndefined(decide(open, "/", { host }), host)
    }
    assert.strictEqual(decide(open, "/", { host: "evil.example" }), 421)
  })

  it("The server answers no other site's pages.", () => {
    const orders = (headers: Record<string, string>) => decide(loopback, "/api/threads/bot/stop", headers, "POST")
    assert.isUndefined(orders({}))
    assert.isUndefined(orders({ origin: "http://localhost:3000", "sec-fetch-site": "same-origin" }))
    assert.strictEqual(orders({ origin: "http://evil.example" }), 403)
    assert.strictEqual(orders({ origin: "http://localhost:8080" }), 403)
    assert.strictEqual(orders({ origin: "null" }), 403)
    assert.strictEqual(orders({ "sec-fetch-site": "cross-site" }), 403)
    const link = { "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document" }
    assert.isUndefined(decide(loopback, "/", link))
    assert.strictEqual(orders(link), 403)
    assert.strictEqual(decide(loopback, "/", { ...link, "sec-fetch-dest": "iframe" }), 403)
  })

  it("The server asks for the token everywhere except for the page and health.", () => {
    for (
      const path of ["/", "/dashboard.js", "/preact.js", "/docs", "/livez", "/readyz", "/healthz", "/health/discord"]
    ) {
      assert.isUndefined(decide(open, path, {}), path)
    }
    for (const path of ["/api/threads", "/api/events", "/metrics", "/%61pi/threads", "//api/threads", "/nothing"]) {
      assert.strictEqual(decide(open, path, {}), 401, path)
      assert.strictEqual(decide(open, path, { authorization: "Bearer wrong" }), 401, path)
      assert.strictEqual(decide(open, path, { authorization: "Basic secret" }), 401, path)
      assert.isUndefined(decide(open, path, { authorization: "Bearer secret" }), path)
    }
  })

  it.live("The server answers wrong tokens with 429 after ten of them in a minute, and the right one always.", () =>
    Effect.gen(function*() {
      const { url } = yield* start(makeWorld(), { HEDDLE_TOKEN: "secret" })
      const ask = (authorization: string) => send(`${url}/metrics`, { headers: { authorization } })
      const status = (authorization: string) => Effect.map(ask(authorization), (answer) => answer.status)
      // Who sends no token does not guess: pages ask so before they know the token.
      for (let n = 0; n < 20; n++) assert.strictEqual((yield* send(`${url}/metrics`)).status, 401)
      for (let n = 0; n < 10; n++) assert.strictEqual(yield* status(`Bearer ${n}`), 401)
      for (const wrong of ["Bearer 10", "Bearer secre", "Basic secret", "Bearer secret2"]) {
        const refused = yield* ask(wrong)
        assert.deepInclude(refused, { status: 429 }, wrong)
        assert.match(String(refused.headers["retry-after"]), /^(60|59)$/)
        assert.match(refused.text, /Wait \d+ s/)
        assert.strictEqual(yield* status("Bearer secret"), 200)
      }
      for (const path of ["/livez", "/"]) assert.strictEqual((yield* send(`${url}${path}`)).status, 200)
    }))

  it.live("The server counts wrong tokens for the client that a trusted proxy names.", () =>
    Effect.gen(function*() {
      const env = { HEDDLE_TOKEN: "secret", HEDDLE_PROXIES: "127.0.0.1" }
      const { url } = yield* start(makeWorld(), env)
      const status = (client: string, token = "wrong") =>
        Effect.map(
          send(`${url}/metrics`, { headers: { authorization: `Bearer ${token}`, "x-forwarded-for": client } }),
          (answer) => answer.status
        )
      for (let n = 0; n < 10; n++) assert.strictEqual(yield* status("203.0.113.7"), 401)
      assert.strictEqual(yield* status("203.0.113.7"), 429)
      // What the client itself wrote before the proxy's own entry is not believed.
      assert.strictEqual(yield* status("198.51.100.1, 203.0.113.7"), 429)
      assert.strictEqual(yield* status("203.0.113.8"), 401)
      assert.strictEqual(yield* status("203.0.113.7", "secret"), 200)
    }))

  it.live("The server does not believe X-Forwarded-For of anyone else.", () =>
    Effect.gen(function*() {
      const { url } = yield* start(makeWorld(), { HEDDLE_TOKEN: "secret", HEDDLE_PROXIES: "10.0.0.0/8" })
      const statuses: Array<number> = []
      for (let n = 0; n < 11; n++) {
        const headers = { authorization: "Bearer wrong", "x-forwarded-for": `203.0.113.${n}` }
        statuses.push((yield* send(`${url}/metrics`, { headers })).status)
      }
      assert.deepStrictEqual(statuses.slice(9), [401, 429])
    }))

  it("The server forgets guesses after a minute, and counts a network of IPv6 as one.", () => {
    const guessed = guesses.make()
    for (let n = 0; n < 10; n++) assert.strictEqual(guessed.wrong(`2001:db8:1:2::${n}`, n), 0)
    assert.strictEqual(guessed.wrong("2001:db8:1:2::ffff", 1000), 59_000)
    assert.strictEqual(guessed.wrong("2001:db8:1:3::1", 1000), 0)
    assert.strictEqual(guessed.wrong("2001:db8:1:2::1", 60_000), 0)
    for (let n = 0; n < 10; n++) guessed.wrong("::ffff:10.0.0.1", 0)
    assert.strictEqual(guessed.wrong("10.0.0.1", 0), 60_000)
    assert.strictEqual(guessed.wrong("::ffff:10.0.0.2", 0), 0)
  })

  it("The server knows networks and proxies by address.", () => {
    for (const address of ["2001:db8:1:2::", "2001:0db8:0001:0002:3:4:5:6", "2001:DB8:1:2::9%eth0"]) {
      assert.strictEqual(networkOf(address), "2001:db8:1:2", address)
    }
    assert.strictEqual(networkOf("::1"), networkOf("0:0:0:0:9::"))
    const proxies = parseProxies(["127.0.0.1", "10.0.0.0/8", "fd00::/8"])
    if ("faulty" in proxies) return assert.fail(proxies.faulty)
    for (const address of ["127.0.0.1", "::ffff:127.0.0.1", "10.9.8.7", "fdff::1"]) {
      assert.isTrue(isProxy(proxies, address), address)
    }
    for (const address of ["127.0.0.2", "11.0.0.1", "fe00::1", "", "proxy"]) {
      assert.isFalse(isProxy(proxies, address), address)
    }
    const via = (forwarded: string | undefined) => clientAddress("10.0.0.1", forwarded, proxies)
    assert.strictEqual(via("203.0.113.7"), "203.0.113.7")
    assert.strictEqual(via("evil, 203.0.113.7:4711, 10.0.0.2"), "203.0.113.7")
    assert.strictEqual(via("[2001:db8::1]:443"), "2001:db8::1")
    assert.strictEqual(via("10.0.0.9, 10.0.0.2"), "10.0.0.9")
    for (const nothing of [undefined, "", "unknown", "_hidden"]) assert.strictEqual(via(nothing), "10.0.0.1")
    for (const faulty of ["proxy", "10.0.0.0/33", "10.0.0.0/", "::1/129", "1.2.3", "10.0.0.0/8/8"]) {
      assert.deepStrictEqual(parseProxies(["127.0.0.1", faulty]), { faulty })
    }
  })

  it.live("The server refuses over the wire, with a text and strict headers.", () =>
    Effect.gen(function*() {
      const world = makeWorld()
      const { url } = yield* start(world, { HEDDLE_TOKEN: "secret" })
      const rebound = yield* send(`${url}/`, { headers: { host: "evil.example" } })
      assert.strictEqual(rebound.status, 421)
      assert.include(rebound.text, "HEDDLE_HOSTS")
      assert.strictEqual((yield* send(`${url}/livez`, { headers: { host: "evil.example" } })).status, 200)
      assert.strictEqual((yield* send(`${url}/`, { headers: { origin: "http://evil.example" } })).status, 403)
      const stranger = yield* post(`${url}/api/threads/bot/stop`, {})
      assert.strictEqual(stranger.status, 401)
      assert.strictEqual(stranger.headers["www-authenticate"], "Bearer")
      assert.strictEqual((yield* send(`${url}/%61pi/threads`)).status, 401)
      assert.deepStrictEqual(world.orders, [])
      const token = { authorization: "Bearer secret" }
      assert.strictEqual((yield* send(`${url}/metrics`, { headers: token })).status, 200)
      assert.strictEqual((yield* post(`${url}/api/threads/bot/stop`, {}, token)).status, 200)
      assert.deepStrictEqual(world.orders, ["stop bot"])
      const events = yield* follow(url, token)
      assert.strictEqual((yield* events.until(() => true)).kind, "snapshot")
      for (const answer of [stranger, yield* send(`${url}/`), yield* send(`${url}/livez`)]) {
        assert.include(String(answer.headers["content-security-policy"]), "default-src 'self'")
        assert.strictEqual(answer.headers["x-content-type-options"], "nosniff")
        assert.strictEqual(answer.headers["referrer-policy"], "no-referrer")
      }
    }))
})

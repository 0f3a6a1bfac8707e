import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as guesses from "../../services/web/guesses.ts"
import { refuse } from "../../services/web/security.ts"
import type { Settings } from "../../services/web/settings.ts"
import { follow, post, send } from "./client.ts"
import { makeWorld, start } from "./fakes.ts"

const loopback: Settings = { host: "127.0.0.1", port: 3000, token: undefined, hosts: ["127.0.0.1"] }
const open: Settings = {
  host: "0.0.0.0",
  port: 3000,
  token: Redacted.make("secret"),
  hosts: ["0.0.0.0", "box", "ops.example.com"]
}

const decide = (settings: Settings, path: string, headers: Record<string, string>, method = "GET") =>
  refuse({ method, path, headers: { host: "localhost:3000", ...headers } }, settings)?.status

describe("who may talk to the server", () => {
  it("serves its own names only", () => {
    for (const host of ["localhost", "localhost:3000", "127.0.0.1:3000", "127.0.0.1:9", "[::1]:3000", "LOCALHOST"]) {
      assert.isUndefined(decide(loopback, "/", { host }), host)
    }
    for (const host of ["", "evil.example", "evil.example:3000", "localhost.evil.example", "10.0.0.7", "127.evil"]) {
      assert.strictEqual(decide(loopback, "/", { host }), 421, host)
    }
    for (const host of ["box:3000", "ops.example.com", "10.0.0.7:3000", "[fe80::1]"]) {
      assert.isUndefined(decide(open, "/", { host }), host)
    }
    assert.strictEqual(decide(open, "/", { host: "evil.example" }), 421)
  })

  it("serves no other site's pages", () => {
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

  it("asks for the token everywhere but for the page and health", () => {
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

  it.live("lets nobody guess the token: after ten wrong ones even the right one has to wait", () =>
    Effect.gen(function*() {
      const { url } = yield* start(makeWorld(), { HEDDLE_TOKEN: "secret" })
      const status = (authorization: string) =>
        Effect.map(send(`${url}/metrics`, { headers: { authorization } }), (answer) => answer.status)
      // Without a token nobody guesses: pages ask so before they know the token.
      for (let n = 0; n < 20; n++) assert.strictEqual((yield* send(`${url}/metrics`)).status, 401)
      for (let n = 0; n < 9; n++) assert.strictEqual(yield* status(`Bearer ${n}`), 401)
      assert.strictEqual(yield* status("Bearer secret"), 200)
      assert.strictEqual(yield* status("Bearer 10"), 401)
      const refused = yield* send(`${url}/metrics`, { headers: { authorization: "Bearer secret" } })
      assert.deepInclude(refused, { status: 429 })
      assert.strictEqual(refused.headers["retry-after"], "60")
      assert.match(refused.text, /Wait \d+ s/)
      for (const path of ["/livez", "/"]) assert.strictEqual((yield* send(`${url}${path}`)).status, 200)
    }))

  it("forgets guesses after a minute, and counts a network of IPv6 as one", () => {
    const guessed = guesses.make()
    for (let n = 0; n < 10; n++) guessed.wrong(`2001:db8:1:2::${n}`, n)
    assert.strictEqual(guessed.waitMillis("2001:db8:1:2::ffff", 1000), 59_000)
    assert.strictEqual(guessed.waitMillis("2001:db8:1:3::1", 1000), 0)
    assert.strictEqual(guessed.waitMillis("2001:db8:1:2::1", 60_000), 0)
    for (let n = 0; n < 10; n++) guessed.wrong("::ffff:10.0.0.1", 0)
    assert.strictEqual(guessed.waitMillis("10.0.0.1", 0), 60_000)
    assert.strictEqual(guessed.waitMillis("::ffff:10.0.0.2", 0), 0)
  })

  it.live("refuses over the wire, with a text and strict headers", () =>
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

/** Who may use the sandbox: programs on this machine, and no web page. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { request } from "node:http"
import * as Sandbox from "../../services/discord/sandbox/Sandbox.ts"

type Headers = Readonly<Record<string, string>>

const upgrading: Headers = {
  connection: "Upgrade",
  upgrade: "websocket",
  "sec-websocket-version": "13",
  "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ=="
}

/** The status of one request; 101 for an upgrade that was accepted. */
const status = (url: string, path: string, headers: Headers, method = "GET") =>
  Effect.callback<number>((resume) => {
    const sent = request(`${url}${path}`, { method, headers, agent: false })
    sent.on("response", (response) => resume(Effect.succeed(response.resume().statusCode ?? 0)))
    sent.on("upgrade", (_, socket) => {
      socket.destroy()
      resume(Effect.succeed(101))
    })
    sent.on("error", (error) => resume(Effect.die(error)))
    sent.end()
  }).pipe(Effect.timeout("5 seconds"))

const pages: ReadonlyArray<Headers> = [
  { origin: "https://evil.example" },
  { origin: "null" },
  { origin: "http://127.0.0.1:3000" },
  { "sec-fetch-site": "cross-site" }
]

const foreign: ReadonlyArray<Headers> = [
  "evil.example",
  "evil.example:80",
  "localhost.evil.example",
  "10.0.0.7",
  "127.999.1.1",
  "127.0.0.1.evil.example",
  "localhost:1@evil.example"
].map((host) => ({ host }))

describe("the sandbox turns away", () => {
  it.live("The sandbox turns away web pages, on REST and on the gateway.", () =>
    Effect.gen(function*() {
      const { token, url } = yield* Sandbox.make()
      for (const headers of pages) {
        const sent = { authorization: `Bot ${token}`, ...headers }
        assert.strictEqual(yield* status(url, "/api/v10/gateway", sent), 403, JSON.stringify(headers))
        assert.strictEqual(yield* status(url, "/api/v10/channels/1/messages", sent, "OPTIONS"), 403)
        assert.strictEqual(yield* status(url, "/?v=10&encoding=json", { ...upgrading, ...headers }), 403)
      }
    }))

  it.live("The sandbox turns away names that are not this machine's.", () =>
    Effect.gen(function*() {
      const { url } = yield* Sandbox.make()
      for (const headers of foreign) {
        assert.strictEqual(yield* status(url, "/api/v10/gateway", headers), 421, JSON.stringify(headers))
        assert.strictEqual(yield* status(url, "/?v=10&encoding=json", { ...upgrading, ...headers }), 421)
      }
    }))

  it.live("The news of the sandbox's page are open at once, though nothing has happened yet.", () =>
    Effect.gen(function*() {
      const { url } = yield* Sandbox.make()
      assert.strictEqual(yield* status(url, "/page/events", {}), 200)
    }))

  it.live("No program on this machine is turned away.", () =>
    Effect.gen(function*() {
      const { url } = yield* Sandbox.make()
      for (const host of ["127.0.0.1", "localhost:1", "[::1]:80", "127.1.2.3:4"]) {
        assert.strictEqual(yield* status(url, "/api/v10/gateway", { host }), 200, host)
        assert.strictEqual(yield* status(url, "/?v=10&encoding=json", { ...upgrading, host }), 101, host)
      }
    }))
})

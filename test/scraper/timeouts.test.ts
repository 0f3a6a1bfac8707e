import { assert, describe, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import { blackHole, fetch, page, refusal, scraper, site, tcp } from "./site.ts"

describe.concurrent("each wait has its limit", () => {
  it.live("A server that takes the connection and not the handshake is given up by the time to connect.", () =>
    Effect.gen(function*() {
      const host = `127.0.0.1:${yield* blackHole}`
      const failure = yield* refusal(`https://${host}/`, [{ host }], { SCRAPER_CONNECT_TIMEOUT: "300 millis" })
      assert.deepInclude(failure, { reason: "TimedOut", retryable: true })
      assert.include(failure.detail, "SCRAPER_CONNECT_TIMEOUT")
    }))

  it.live("A proxy that never answers is given up by the time to connect.", () =>
    Effect.gen(function*() {
      const failure = yield* refusal("http://site.example/", [], {
        SCRAPER_PROXY: `socks5://127.0.0.1:${yield* blackHole}`,
        SCRAPER_CONNECT_TIMEOUT: "300 millis"
      })
      assert.strictEqual(failure.reason, "TimedOut")
      assert.include(failure.detail, "SCRAPER_CONNECT_TIMEOUT")
    }))

  it.live("A server that thinks for ever is given up by the time to the first byte.", () =>
    Effect.gen(function*() {
      const local = yield* site({ "/": () => {} })
      const failure = yield* refusal(local.url("/"), [local], { SCRAPER_FIRST_BYTE_TIMEOUT: "300 millis" })
      assert.deepInclude(failure, { reason: "TimedOut", retryable: true })
      assert.include(failure.detail, "SCRAPER_FIRST_BYTE_TIMEOUT")
    }))

  it.live("A server that stops in the middle is given up by the idle time.", () =>
    Effect.gen(function*() {
      const local = yield* site({
        "/": (_, response) => {
          response.setHeader("content-type", "text/html")
          response.write("<p>half")
        }
      })
      const failure = yield* refusal(local.url("/"), [local], { SCRAPER_IDLE_TIMEOUT: "300 millis" })
      assert.deepInclude(failure, { reason: "TimedOut", retryable: true })
      assert.include(failure.detail, "SCRAPER_IDLE_TIMEOUT")
    }))

  it.live("A server that drips for ever is never idle and still ends, by the total time.", () =>
    Effect.gen(function*() {
      const local = yield* site({
        "/": (_, response) => {
          response.setHeader("content-type", "text/html")
          const drip = setInterval(() => response.write("."), 20)
          response.on("close", () => clearInterval(drip))
        }
      })
      const failure = yield* refusal(local.url("/"), [local], {
        SCRAPER_TOTAL_TIMEOUT: "2 seconds",
        SCRAPER_IDLE_TIMEOUT: "1 second"
      })
      assert.deepInclude(failure, { reason: "TimedOut", retryable: true })
      assert.include(failure.detail, "SCRAPER_TOTAL_TIMEOUT")
    }))

  it.live("Retries and redirects share the limit of the total time.", () =>
    Effect.gen(function*() {
      const local = yield* site({ "/": () => {} })
      const failure = yield* refusal(local.url("/"), [local], {
        SCRAPER_TOTAL_TIMEOUT: "700 millis",
        SCRAPER_FIRST_BYTE_TIMEOUT: "300 millis",
        SCRAPER_RETRIES: "10"
      })
      assert.strictEqual(failure.reason, "TimedOut")
    }))

  it.live("A slow page within its limits is read.", () =>
    Effect.gen(function*() {
      const local = yield* site({
        "/": (request, response) => void setTimeout(() => page("<title>slow</title>")(request, response), 200)
      })
      assert.strictEqual((yield* fetch(local.url("/"), [local])).title, "slow")
    }))

  it.live("Ending the scraper closes a tunnel that is still being made.", () =>
    Effect.gen(function*() {
      const connected = yield* Deferred.make<void>()
      const closed = yield* Deferred.make<void>()
      const hole = yield* tcp((socket) => {
        socket.resume().on("close", () => Deferred.doneUnsafe(closed, Effect.void))
        Deferred.doneUnsafe(connected, Effect.void)
      })
      yield* Effect.scoped(Effect.gen(function*() {
        const pages = yield* scraper([], { SCRAPER_PROXY: `socks5://127.0.0.1:${hole}` })
        yield* Effect.forkScoped(pages.fetch("http://site.example/"))
        yield* Deferred.await(connected)
      }))
      yield* Effect.timeout(Deferred.await(closed), "2 seconds")
    }))
})

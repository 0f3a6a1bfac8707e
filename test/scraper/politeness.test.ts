import { assert, describe, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { TestClock } from "effect/testing"
import * as Monotonic from "../../services/monotonic.ts"
import * as Hosts from "../../services/scraper/hosts.ts"
import { backoffMillis, isRetryableStatus, retryAfterMillis } from "../../services/scraper/retry.ts"
import { fetch, type Handler, page, refusal, scraper, site } from "./site.ts"

describe("when to try again", () => {
  it("Retry-After is read as seconds and as a date.", () => {
    const now = Date.parse("Sun, 22 Nov 2026 12:00:00 GMT")
    assert.strictEqual(retryAfterMillis("120", undefined, now), 120_000)
    assert.strictEqual(retryAfterMillis(" 0 ", undefined, now), 0)
    assert.strictEqual(retryAfterMillis("Sun, 22 Nov 2026 12:00:30 GMT", undefined, now), 30_000)
    assert.strictEqual(retryAfterMillis("Sunday, 22-Nov-26 12:00:30 GMT", undefined, now), 30_000)
    assert.strictEqual(retryAfterMillis("Sun, 22 Nov 2026 11:00:00 GMT", undefined, now), 0)
    for (const header of ["9".repeat(1000), "Sun, 22 Nov 9999 12:00:30 GMT"]) {
      assert.strictEqual(retryAfterMillis(header, undefined, now), 365 * 86_400_000)
    }
    assert.strictEqual(retryAfterMillis("Sun Nov 22 12:00:30 2026", undefined, now), 30_000)
    for (const header of [undefined, "", "soon", "-5", "1.5", "Sun"]) {
      assert.isUndefined(retryAfterMillis(header, undefined, now))
    }
  })

  it("A date in Retry-After is compared with the server's own Date, whatever either clock says.", () => {
    const header = "Sun, 22 Nov 2026 12:00:30 GMT"
    for (const now of [0, Date.parse("Sun, 22 Nov 2026 12:00:00 GMT"), Date.parse("Sun, 22 Nov 2099 12:00:00 GMT")]) {
      assert.strictEqual(retryAfterMillis(header, "Sun, 22 Nov 2026 12:00:00 GMT", now), 30_000)
      assert.strictEqual(retryAfterMillis(header, "Sun, 22 Nov 2026 12:01:00 GMT", now), 0)
      assert.strictEqual(retryAfterMillis("30", "Sun, 22 Nov 2026 12:00:00 GMT", now), 30_000)
    }
    const now = Date.parse("Sun, 22 Nov 2026 12:00:00 GMT")
    for (const date of ["", "yesterday", "0"]) assert.strictEqual(retryAfterMillis(header, date, now), 30_000)
  })

  it("The back-off is doubled each time, no more than 30 seconds, half of it by chance.", () => {
    assert.deepStrictEqual([1, 2, 3, 6, 7, 50].map((attempt) => backoffMillis(attempt, 1)), [
      500,
      1000,
      2000,
      16_000,
      30_000,
      30_000
    ])
    assert.strictEqual(backoffMillis(1, 0), 250)
  })

  it("Only answers that may change are asked for again.", () => {
    for (const status of [408, 425, 429, 500, 502, 503, 504]) assert.isTrue(isRetryableStatus(status))
    for (const status of [200, 301, 400, 401, 403, 404, 410, 501, 505]) assert.isFalse(isRetryableStatus(status))
  })
})

/** Fails so many times before it answers; `times` says when it was asked. */
const flaky = (times: Array<number>, failures: number, fail: Handler): Handler => (request, response) => {
  times.push(performance.now())
  if (times.length <= failures) fail(request, response)
  else page("<title>at last</title>")(request, response)
}

describe.concurrent("trying again", () => {
  it.live("A server that has a bad moment is asked again.", () =>
    Effect.gen(function*() {
      const times: Array<number> = []
      const local = yield* site({ "/": flaky(times, 1, (_, response) => response.writeHead(502).end()) })
      const found = yield* fetch(local.url("/"), [local], { SCRAPER_RETRIES: "2" })
      assert.strictEqual(found.title, "at last")
      assert.lengthOf(times, 2)
      assert.isAtLeast((times[1] ?? 0) - (times[0] ?? 0), 240)
    }))

  it.live("A page that broke off is read from its beginning.", () =>
    Effect.gen(function*() {
      const times: Array<number> = []
      const local = yield* site({
        "/": flaky(times, 1, (_, response) => {
          response.writeHead(200, { "content-type": "text/html", "content-length": "9999" })
          response.write("<title>half", () => response.destroy())
        })
      })
      const found = yield* fetch(local.url("/"), [local], { SCRAPER_RETRIES: "1" })
      assert.strictEqual(found.title, "at last")
    }))

  for (const form of ["seconds", "date"] as const) {
    it.live(`The next attempt waits as long as Retry-After says (${form}).`, () =>
      Effect.gen(function*() {
        const times: Array<number> = []
        const local = yield* site({
          "/": flaky(times, 1, (_, response) => {
            // A date has whole seconds: two ahead is more than one.
            const value = form === "seconds" ? "1" : new Date(Date.now() + 2000).toUTCString()
            response.writeHead(429, { "retry-after": value }).end()
          })
        })
        const found = yield* fetch(local.url("/"), [local], { SCRAPER_RETRIES: "1" })
        assert.strictEqual(found.title, "at last")
        assert.isAtLeast((times[1] ?? 0) - (times[0] ?? 0), 950)
      }))
  }

  it.live("An attempt that would come too late for the page fails at once, and says when to come back.", () =>
    Effect.gen(function*() {
      const local = yield* site({ "/": (_, response) => response.writeHead(503, { "retry-after": "3600" }).end() })
      const failure = yield* refusal(local.url("/"), [local], { SCRAPER_RETRIES: "5" })
      assert.deepInclude(failure, { reason: "Status", retryable: true })
      assert.include(failure.detail, "3600 seconds")
      assert.lengthOf(local.hits, 1)
    }))

  it.live("A host that asked to be left alone is left alone.", () =>
    Effect.gen(function*() {
      const local = yield* site({
        "/": (_, response) => response.writeHead(429, { "retry-after": "3600" }).end(),
        "/other": page("")
      })
      const pages = yield* scraper([local], { SCRAPER_RETRIES: "1" })
      yield* Effect.flip(pages.fetch(local.url("/")))
      const failure = yield* Effect.flip(pages.fetch(local.url("/other")))
      assert.deepInclude(failure, { reason: "TimedOut", retryable: true })
      assert.include(failure.message, "left alone for 3600 more seconds")
      assert.lengthOf(local.hits, 1)
    }))

  it.live("A page fails after `retries` further attempts.", () =>
    Effect.gen(function*() {
      const local = yield* site({ "/": (_, response) => response.writeHead(500).end() })
      const failure = yield* refusal(local.url("/"), [local], { SCRAPER_RETRIES: "2" })
      assert.deepInclude(failure, { reason: "Status", retryable: true })
      assert.lengthOf(local.hits, 3)
    }))

  it.live("An answer that won't change is not asked for again.", () =>
    Effect.gen(function*() {
      const local = yield* site({})
      yield* refusal(local.url("/"), [local], { SCRAPER_RETRIES: "5" })
      assert.lengthOf(local.hits, 1)
    }))
})

describe("turns", () => {
  const turn = (host: string, delayMillis = 0): Hosts.Turn => ({ host, delayMillis, deadline: Monotonic.moment(1e9) })

  /** Runs requests that take 10 ms and tells when each began. */
  const begun = (hosts: Hosts.Hosts, names: ReadonlyArray<string>, delayMillis: number) =>
    Effect.gen(function*() {
      const times: Array<number> = []
      const request = Effect.andThen(
        Effect.map(Clock.currentTimeMillis, (now) => void times.push(now)),
        Effect.sleep(10)
      )
      const fiber = yield* Effect.forkChild(
        Effect.forEach(names, (name) =>
          hosts.turn({ host: name, delayMillis, deadline: Monotonic.moment(60_000) })(request), {
          concurrency: "unbounded"
        })
      )
      yield* TestClock.adjust("1 minute")
      yield* Fiber.join(fiber)
      return times
    })

  it.effect("No more requests than allowed go to one host at a time.", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* begun(Hosts.make(2), ["a", "a", "a", "a", "a"], 0), [0, 0, 10, 10, 20])
    }))

  it.effect("There is a pause between two requests to a host.", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* begun(Hosts.make(5), ["a", "a", "a"], 100), [0, 100, 200])
    }))

  it.effect("Hosts don't wait for each other.", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* begun(Hosts.make(1), ["a", "b", "c"], 100), [0, 0, 0])
    }))

  it.effect("A host that asked for a break gets it from everybody.", () =>
    Effect.gen(function*() {
      const hosts = Hosts.make(2)
      yield* hosts.pause("a", 500)
      assert.deepStrictEqual(yield* begun(hosts, ["a", "a", "b"], 0), [0, 500, 500])
    }))

  it.effect("A request that would come too late doesn't wait.", () =>
    Effect.gen(function*() {
      const hosts = Hosts.make(2)
      yield* hosts.pause("a", 1e12)
      const late = yield* Effect.flip(hosts.turn({ ...turn("a"), deadline: Monotonic.moment(60_000) })(Effect.void))
      assert.deepStrictEqual(late, new Hosts.TooLate(3_600_000))
      yield* TestClock.adjust("1 hour")
      yield* hosts.turn(turn("a"))(Effect.void)
    }))

  it.effect("A request that is interrupted while it waits leaves no trace.", () =>
    Effect.gen(function*() {
      const hosts = Hosts.make(1)
      const first = yield* Effect.forkChild(hosts.turn(turn("a", 1000))(Effect.sleep(50)))
      const second = yield* Effect.forkChild(hosts.turn(turn("a", 1000))(Effect.void))
      yield* TestClock.adjust(60)
      yield* Fiber.interrupt(second)
      yield* Fiber.join(first)
      yield* TestClock.adjust(940)
      const start = yield* Clock.currentTimeMillis
      yield* hosts.turn(turn("a"))(Effect.void)
      assert.strictEqual(yield* Clock.currentTimeMillis, start)
    }))

  it.effect("Hosts that nobody waits for are forgotten.", () =>
    Effect.gen(function*() {
      const hosts = Hosts.make(1)
      for (let n = 0; n < 3000; n++) {
        yield* hosts.pause(`paused${n}`, 1e12)
        yield* hosts.turn(turn(`host${n}`))(Effect.void)
        yield* TestClock.adjust(1)
      }
      assert.isAtMost(hosts.size(), 1000)
    }))
})

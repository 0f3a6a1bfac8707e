import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Monotonic from "../../services/monotonic.ts"
import * as Cache from "../../services/scraper/cache.ts"
import * as Connections from "../../services/scraper/connections.ts"
import { throttled } from "../../services/scraper/hosts.ts"
import * as Hosts from "../../services/scraper/hosts.ts"
import * as Pages from "../../services/scraper/pages.ts"
import { page, settings, type Site, site } from "./site.ts"

const directory = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "heddle-cache-"))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true }))
)

const cached = (local: Site, folder: string, cacheMillis: number) =>
  Effect.gen(function*() {
    const read = yield* Effect.orDie(settings({ SCRAPER_ALLOW_ORIGINS: local.host, SCRAPER_ROBOTS: "false" }))
    const http = yield* Layer.build(Layer.provide(NodeHttpClient.layerUndiciNoDispatcher, Connections.layer(read)))
    const cache = yield* Cache.make({ cache: folder, cacheMillis })
    return yield* Effect.provide(Pages.make(read, cache), http)
  })

describe("24.1: the cache for development", () => {
  it.live("The cache for development asks once, over a restart too; redirects and missing pages are kept, busy answers aren't.", () =>
    Effect.gen(function*() {
      const folder = yield* directory
      let busy = 0
      const local = yield* site({
        "/": page("<title>hello</title>".padEnd(200_000)),
        "/old": (_, response) => void response.writeHead(302, { location: "/" }).end(),
        "/busy": (_, response) => void response.writeHead(503).end(String(busy++))
      })
      for (const _ of [1, 2]) {
        yield* Effect.scoped(Effect.gen(function*() {
          const pages = yield* cached(local, folder, 60_000)
          assert.strictEqual((yield* pages.fetch(local.url("/old"))).title, "hello")
          assert.strictEqual((yield* Effect.flip(pages.fetch(local.url("/gone")))).reason, "Status")
          yield* Effect.flip(pages.fetch(local.url("/busy")))
        }))
      }
      assert.deepStrictEqual(local.hits, ["/old", "/", "/gone", "/busy", "/busy"])
      assert.strictEqual(busy, 2)
    }))

  it.live("The cache for development asks on condition when an answer is old, and for each login of its own.", () =>
    Effect.gen(function*() {
      const folder = yield* directory
      const conditions: Array<unknown> = []
      const local = yield* site((request, response) => {
        conditions.push(request.headers["if-none-match"], request.headers["if-modified-since"])
        if (request.headers["if-none-match"] === "\"1\"") return void response.writeHead(304).end()
        response.writeHead(200, {
          "content-type": "text/html",
          "etag": "\"1\"",
          "last-modified": "Sun, 22 Nov 2026 12:00:00 GMT"
        })
        response.end(`<title>for ${request.headers.cookie}</title>`)
      })
      const pages = yield* cached(local, folder, 0)
      for (const _ of [1, 2]) assert.strictEqual((yield* pages.fetch(local.url("/"))).title, "for undefined")
      assert.strictEqual(
        (yield* pages.fetch({ url: local.url("/"), headers: { cookie: "a=1" } })).title,
        "for a=1"
      )
      assert.deepStrictEqual(conditions, [
        undefined,
        undefined,
        "\"1\"",
        "Sun, 22 Nov 2026 12:00:00 GMT",
        undefined,
        undefined
      ])
    }))

  it.live("A page that was cut off is not kept.", () =>
    Effect.gen(function*() {
      const folder = yield* directory
      const local = yield* site((_, response) => {
        response.writeHead(200, { "content-type": "text/html", "content-length": 1000 })
        response.write("half")
        setImmediate(() => response.destroy())
      })
      const pages = yield* cached(local, folder, 60_000)
      for (const _ of [1, 2]) yield* Effect.flip(pages.fetch(local.url("/")))
      assert.lengthOf(local.hits, 2)
    }))

  it.live("The cache for development says what is wrong with its folder.", () =>
    Effect.gen(function*() {
      const file = join(yield* directory, "file")
      writeFileSync(file, "")
      const failure = yield* Effect.flip(Cache.make({ cache: file, cacheMillis: 1 }))
      assert.include(failure.message, "SCRAPER_CACHE")
    }))
})

describe("24.1: the delay by answer time", () => {
  const limits = { target: 2, longestMillis: 10_000 }

  it("The delay by answer time follows how long a host takes, and doubles when it has too much to do.", () => {
    assert.strictEqual(throttled(0, { millis: 400, isOverloaded: false }, limits), 200)
    assert.strictEqual(throttled(1000, { millis: 400, isOverloaded: false }, limits), 600)
    assert.strictEqual(throttled(1000, { millis: 10, isOverloaded: true }, limits), 2000)
    assert.strictEqual(throttled(0, { millis: 1, isOverloaded: true }, limits), 100)
    assert.strictEqual(throttled(9000, { millis: 1, isOverloaded: true }, limits), 10_000)
    assert.strictEqual(throttled(0, { millis: 60_000, isOverloaded: false }, limits), 10_000)
  })

  it.live("The delay by answer time keeps a slow host from getting requests faster than it answers.", () =>
    Effect.gen(function*() {
      const hosts = Hosts.make(8, { target: 1, longestMillis: 10_000 })
      const starts: Array<number> = []
      const answer = hosts.turn({ host: "slow", delayMillis: 0, deadline: Monotonic.moment(Number.POSITIVE_INFINITY) })(
        hosts.timed(
          "slow",
          Effect.andThen(
            Effect.sync(() => void starts.push(performance.now())),
            Effect.as(Effect.sleep("100 millis"), { status: 200 })
          )
        )
      )
      yield* answer
      yield* Effect.forEach([1, 2, 3, 4], () => answer, { concurrency: "unbounded" })
      for (const [n, start] of starts.slice(1).entries()) {
        if (n > 0) assert.isAtLeast(start - (starts[n] ?? 0), 90)
      }
    }))
})

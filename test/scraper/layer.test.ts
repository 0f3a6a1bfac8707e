/** The actor as others see it: by its client, in a system. */
import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as Testing from "heddle/Testing"
import { vi } from "vitest"
import { CrawlRequest, FetchFailed, Scraper } from "../../services/scraper/Scraper.ts"
import { page, site } from "./site.ts"
import config from "./system.ts"

it.live("The scraper fetches, fails typed, crawls and counts through its client.", () =>
  Effect.gen(function*() {
    const local = yield* site({ "/": page("<title>home</title><a href=/a>a</a>"), "/a": page("<title>a</title>") })
    vi.stubEnv("SCRAPER_ALLOW_ORIGINS", local.host)
    vi.stubEnv("SCRAPER_HOST_DELAY", "0 millis")
    vi.stubEnv("SCRAPER_DATA", ":memory:")
    yield* Effect.gen(function*() {
      const scraper = yield* Scraper
      assert.strictEqual((yield* scraper.Fetch({ url: local.url("/") })).title, "home")
      const failure = yield* Effect.flip(scraper.Fetch({ url: "http://127.0.0.1:1/" }))
      assert.instanceOf(failure, FetchFailed)
      assert.include(failure.message, "SCRAPER_ALLOW_ORIGINS=127.0.0.1:1")
      const items = yield* Stream.runCollect(scraper.Crawl({ seeds: [local.url("/")] }))
      assert.deepStrictEqual(items.map((item) => item._tag === "Fetched" ? item.page.title : ""), ["home", "a"])
      assert.deepInclude(yield* scraper.Status(), { fetched: 3, failed: 1, inFlight: 0, crawls: [] })
      // While somebody reads a crawl its progress shows.
      const request = { seeds: [local.url("/")], maxPages: 7 }
      const [seen] = yield* scraper.Crawl(request).pipe(
        Stream.take(1),
        Stream.mapEffect(() => scraper.Status()),
        Stream.runCollect
      )
      assert.deepStrictEqual(seen?.crawls, [{ seed: local.url("/"), maxPages: 7, fetched: 1, failed: 0, queued: 1 }])
    }).pipe(Effect.provide(Testing.layer(config)))
  }).pipe(Effect.ensuring(Effect.sync(() => vi.unstubAllEnvs()))))

it.effect("The scraper checks what it is asked to crawl.", () =>
  Effect.gen(function*() {
    const check = (request: unknown) => Effect.exit(Schema.decodeUnknownEffect(CrawlRequest)(request))
    const seeds = ["http://a.example/"]
    for (const good of [{ seeds }, { seeds, maxPages: 1, maxDepth: 0, sameHost: false, fresh: true }]) {
      assert.strictEqual((yield* check(good))._tag, "Success")
    }
    const wrong = [{ seeds: [] }, { seeds, maxPages: 0 }, { seeds, maxPages: 1e6 }, { seeds, maxDepth: 1.5 }]
    for (const request of wrong) assert.strictEqual((yield* check(request))._tag, "Failure")
  }))

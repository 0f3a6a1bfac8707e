/** 24.1: a crawl of 2,000 pages exports exactly the expected items, in 1.3 × the ideal time, killed in the middle. */
import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Stream from "effect/Stream"
import { System } from "heddle"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { type CrawlRequest, Scraper } from "../../services/scraper/Scraper.ts"
import { environment } from "../services/environment.ts"
import { bigSite } from "./bigSite.ts"
import config from "./system.ts"

const millis = 150
const slowMillis = 2000
const perHost = 8

it.live("A big site is crawled by a thread that is killed twice in the middle.", () =>
  Effect.gen(function*() {
    const shop = yield* bigSite(millis, slowMillis)
    const { folder } = yield* environment({
      SCRAPER_ALLOW_ORIGINS: shop.hosts.map(({ host }) => host).join(","),
      SCRAPER_HOST_DELAY: "0 millis",
      SCRAPER_HOST_CONCURRENCY: String(perHost),
      SCRAPER_CRAWL_CONCURRENCY: String(2 * perHost),
      SCRAPER_CONCURRENCY: "64"
    }, ["SCRAPER_RESULTS"])
    const request: CrawlRequest = {
      seeds: shop.seeds,
      maxPages: 10_000,
      maxDepth: 100,
      sitemaps: true,
      ignoreParameters: ["utm_*", "sid"],
      obey: ["nofollow", "canonical"],
      select: {
        each: "article.product",
        fields: { name: { css: "h2", required: true }, price: { css: ".price", as: "number" } }
      },
      export: "products.jsonl",
      summary: true
    }
    const run = Effect.gen(function*() {
      const system = yield* System.System
      const scraper = yield* Scraper
      yield* scraper.Status()
      const began = performance.now()
      let delivered = 0
      let killedAt = [700, 1400]
      const crawl = Stream.runForEach(scraper.Crawl(request), () => {
        delivered++
        if (delivered < (killedAt[0] ?? Number.POSITIVE_INFINITY)) return Effect.void
        killedAt = killedAt.slice(1)
        return system.inject("scraper", "exit")
      })
      let attempts = 0
      yield* Effect.retry(
        Effect.suspend(() => {
          attempts++
          delivered = 0
          return crawl
        }),
        { while: (error) => error._tag === "ActorError" }
      )
      return { seconds: (performance.now() - began) / 1000, attempts }
    })
    const { attempts, seconds } = yield* Effect.provide(run, Layer.provide(System.layer(config), Logger.layer([])))

    const rows = readFileSync(join(folder, "products.jsonl"), "utf8").trimEnd().split("\n")
    const items: ReadonlyArray<{ readonly name: string; readonly price: number }> = rows.map((row) => JSON.parse(row))
    assert.deepStrictEqual(items.map(({ name }) => name).toSorted(), shop.expected.toSorted())
    for (const { name, price } of items) assert.strictEqual(price, Number(name.split(" ")[1]) + 0.5)

    const calendar = [...shop.asked.keys()].filter((url) => url.startsWith("/calendar"))
    assert.isAtMost(calendar.length, 99)
    assert.strictEqual(attempts, 3)
    // What was on its way when the thread died is asked for again, through its redirect if it has one.
    const again = [...shop.asked.values()].reduce((sum, times) => sum + times - 1, 0)
    assert.isAtMost(again, 2 * 2 * 2 * perHost)

    // What the hosts took themselves, at the concurrency that they allow. On a machine with nothing else to do it is 44 s.
    const ideal = Math.max(...shop.workedMillis()) / perHost / 1000
    const nominal = (shop.total() * millis) / perHost / 1000
    console.log({
      seconds,
      ideal,
      nominal,
      ratio: seconds / ideal,
      asked: shop.total(),
      calendar: calendar.length,
      again
    })
    assert.isAtMost(seconds, 1.3 * ideal)
  }))

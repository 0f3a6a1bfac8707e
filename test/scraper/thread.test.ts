/** The scraper on a real thread, restarted in the middle of a crawl. */
import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { System } from "heddle"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { vi } from "vitest"
import { Scraper } from "../../services/scraper/Scraper.ts"
import { page, site } from "./site.ts"
import config from "./system.ts"

it.live("A crawl goes on after its thread was restarted.", () =>
  Effect.gen(function*() {
    const local = yield* site((request, response) => {
      if (request.url === "/robots.txt") return void response.writeHead(404).end()
      page(["0", "1", "2"].map((n) => `<a href="${request.url}${n}">x</a>`).join(""))(request, response)
    })
    const data = yield* Effect.acquireRelease(
      Effect.sync(() => mkdtempSync(join(tmpdir(), "heddle-thread-"))),
      (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true }))
    )
    vi.stubEnv("SCRAPER_ALLOW_ORIGINS", local.host)
    vi.stubEnv("SCRAPER_HOST_DELAY", "5 millis")
    vi.stubEnv("SCRAPER_CRAWL_CONCURRENCY", "1")
    vi.stubEnv("SCRAPER_DATA", data)
    yield* Effect.gen(function*() {
      const scraper = yield* Scraper
      const system = yield* System.System
      const request = { seeds: [local.url("/")], maxPages: 30, maxDepth: 100 }
      let delivered = 0
      const failure = yield* scraper.Crawl(request).pipe(
        Stream.runForEach(() => ++delivered === 10 ? Effect.asVoid(system.restart("scraper")) : Effect.void),
        Effect.flip
      )
      assert.strictEqual(failure._tag, "ActorError")
      assert.isAtLeast(delivered, 10)
      assert.isBelow(local.hits.length, 30)
      const items = yield* Stream.runCollect(scraper.Crawl(request))
      assert.lengthOf(items, 30)
      assert.lengthOf(new Set(local.hits), 30)
      // One at a time: what was on its way when the thread ended may have been asked for twice.
      assert.isAtMost(local.hits.length, 31)
    }).pipe(Effect.provide(System.layer(config)))
  }).pipe(Effect.ensuring(Effect.sync(() => vi.unstubAllEnvs()))))

/** What the terminal and `Status` say of crawls. */
import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Logger from "effect/Logger"
import * as TestClock from "effect/testing/TestClock"
import * as Watch from "../../services/scraper/watch.ts"

it.effect("A crawl is told of when it begins, every ten seconds at most while it goes on, and when it ends.", () => {
  const lines: Array<string> = []
  return Effect.gen(function*() {
    const watch = Watch.make()
    const seed = "http://a.example/"
    yield* Effect.scoped(Effect.gen(function*() {
      const watcher = yield* watch.begin(seed, 1000)
      // A page a second.
      for (let fetched = 1; fetched <= 35; fetched++) {
        yield* TestClock.adjust("1 second")
        yield* watcher.progress({ fetched, failed: 1, queued: 2 })
      }
      assert.deepStrictEqual(watch.running(), [{ seed, maxPages: 1000, fetched: 35, failed: 1, queued: 2 }])
      yield* watcher.over
    }))
    yield* Effect.scoped(watch.begin(seed, 1000))
    assert.deepStrictEqual(watch.running(), [])
    const crawl = `crawl of ${seed}`
    assert.deepStrictEqual(lines, [
      `${crawl} begins, 1000 pages at most`,
      `${crawl}: 10 fetched, 1 failed, 2 queued`,
      `${crawl}: 20 fetched, 1 failed, 2 queued`,
      `${crawl}: 30 fetched, 1 failed, 2 queued`,
      `${crawl}: 35 fetched, 1 failed, 0 queued; it is over`,
      `${crawl} begins, 1000 pages at most`,
      `${crawl}: 0 fetched, 0 failed, 0 queued; its reader left, and can go on where it was`
    ])
  }).pipe(Effect.provide(Logger.layer([Logger.make(({ message }) => lines.push([message].flat().join(" ")))])))
})

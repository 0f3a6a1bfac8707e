/** The crawl measurement of `bench/crawl`, small. */
import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { run } from "../../bench/crawl/crawl.ts"

it.live(
  "A slow site with silent pages, crawled by a thread that is killed in the middle.",
  () =>
    Effect.gen(function*() {
      const result = yield* run({
        pages: 60,
        fastestMillis: 20,
        slowestMillis: 300,
        silent: 0.1,
        seed: 1,
        concurrency: 10,
        timeoutMillis: 3000,
        kill: true
      }, () => {})
      assert.deepInclude(result, { fetched: 57, failed: 3, mostAtOnce: 10, incarnations: 2 })
      // What was on its way when the thread died is asked for again, no more than that.
      assert.isAtMost(result.askedTwice, 10)
      assert.isAtMost(result.answeredTwice, 10)
    }),
  60_000
)

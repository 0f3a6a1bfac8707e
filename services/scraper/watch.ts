/**
 * Knows how far each running crawl has come: for `Status`, and for the log, a line in ten seconds at most.
 */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Monotonic from "../monotonic.ts"
import type { CrawlStatus, Progress, Skipped } from "./Scraper.ts"

/** Told by one crawl of how it goes. */
export interface Watcher {
  readonly progress: (progress: Progress, skipped?: Skipped) => Effect.Effect<void>
  /** There is nothing left to fetch. */
  readonly over: Effect.Effect<void>
}

export interface Watch {
  /** Begins to watch a crawl, until the scope closes. */
  readonly begin: (seed: string, maxPages: number) => Effect.Effect<Watcher, never, Scope.Scope>
  readonly running: () => ReadonlyArray<CrawlStatus>
}

const lineEveryMillis = 10_000

const describe = ({ failed, fetched, queued, seed, skipped = {} }: CrawlStatus): string => {
  const reasons = Object.entries(skipped).map(([reason, count]) => `${count} ${reason}`)
  return `crawl of ${seed}: ${fetched} fetched, ${failed} failed, ${queued} queued` +
    (reasons.length === 0 ? "" : `, skipped: ${reasons.join(", ")}`)
}

export const make = (): Watch => {
  const running = new Set<{ status: CrawlStatus }>()
  return {
    running: () => Array.from(running, ({ status }) => status),
    begin: Effect.fnUntraced(function*(seed, maxPages) {
      const crawl: { status: CrawlStatus } = { status: { seed, maxPages, fetched: 0, failed: 0, queued: 0 } }
      let isOver = false
      let saidAt = yield* Monotonic.now
      yield* Effect.acquireRelease(
        Effect.andThen(
          Effect.log(`crawl of ${seed} begins, ${maxPages} pages at most`),
          Effect.sync(() => running.add(crawl))
        ),
        () => {
          running.delete(crawl)
          return Effect.log(
            `${describe(crawl.status)}; ${isOver ? "it is over" : "its reader left, and can go on where it was"}`
          )
        }
      )
      return {
        progress: (progress, skipped) =>
          Effect.flatMap(Monotonic.now, (now) => {
            crawl.status = { seed, maxPages, ...progress, ...(skipped === undefined ? {} : { skipped }) }
            if (now - saidAt < lineEveryMillis) return Effect.void
            saidAt = now
            return Effect.log(describe(crawl.status))
          }),
        over: Effect.sync(() => {
          isOver = true
          // What waited when the limit was reached is skipped, and waits no more.
          crawl.status = { ...crawl.status, queued: 0 }
        })
      }
    })
  }
}

/** Crawls a slow site with a scraper whose thread is killed in the middle, and measures. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import { System } from "heddle"
import { Scraper } from "../../services/scraper/Scraper.ts"
import { environment } from "../../test/services/environment.ts"
import * as sites from "./site.ts"
import config from "./system.ts"

/**
 * **Details**
 * - `concurrency`: requests at the same time. `timeoutMillis`: after which a silent page is given up.
 * - `kill`: whether the scraper's thread is killed when half of the pages are there.
 */
export interface Options extends sites.Options {
  readonly concurrency: number
  readonly timeoutMillis: number
  readonly kill: boolean
}

export interface Result {
  readonly seconds: number
  /** What a crawler would need that costs nothing itself and is not killed. */
  readonly idealSeconds: number
  readonly fetched: number
  readonly failed: number
  /** Pages that were answered more than once; asked more than once, because the thread died meanwhile. */
  readonly answeredTwice: number
  readonly askedTwice: number
  readonly mostAtOnce: number
  /** Of the thread: the highest in the second and in the last quarter of the crawl, in MB. */
  readonly heapMegabytes: readonly [early: number, late: number]
  readonly incarnations: number
}

const environmentOf = (host: string, { concurrency, timeoutMillis }: Options) => ({
  SCRAPER_ALLOW_ORIGINS: host,
  SCRAPER_CONCURRENCY: `${concurrency}`,
  SCRAPER_CRAWL_CONCURRENCY: `${concurrency}`,
  SCRAPER_HOST_CONCURRENCY: `${concurrency}`,
  SCRAPER_HOST_DELAY: "0 millis",
  SCRAPER_RETRIES: "0",
  SCRAPER_FIRST_BYTE_TIMEOUT: `${timeoutMillis} millis`
})

export const run = Effect.fnUntraced(function*(options: Options, say: (line: string) => void) {
  const site = yield* sites.start(options)
  yield* environment(environmentOf(site.host, options))
  return yield* measure(options, site, say).pipe(
    Effect.provide(Layer.provide(System.layer(config), Logger.layer([])))
  )
})

const measure = Effect.fnUntraced(function*(options: Options, site: sites.Site, say: (line: string) => void) {
  const { kill, pages } = options
  const system = yield* System.System
  const scraper = yield* Scraper
  const heap: Array<number> = []
  yield* system.threads.pipe(
    Effect.map(([thread]) => heap.push((thread?.heapUsedBytes ?? 0) / 1e6)),
    Effect.andThen(Effect.sleep("500 millis")),
    Effect.forever,
    Effect.forkScoped
  )

  const started = performance.now()
  let killed = !kill
  let last = { fetched: 0, failed: 0, queued: 0 }
  const reading = scraper.Crawl({ seeds: [`http://${site.host}/`], maxPages: pages, maxDepth: 100 }).pipe(
    Stream.runForEach(({ progress }) => {
      last = progress
      const settled = progress.fetched + progress.failed
      if (settled % 200 === 0) say(`${settled} of ${pages}, ${progress.queued} queued`)
      if (killed || settled < pages / 2) return Effect.void
      killed = true
      say(`killing the thread at ${settled}`)
      return Effect.ignore(system.inject("scraper", "exit"))
    })
  )
  // Whoever reads a crawl asks again when the scraper is back.
  yield* Effect.retry(reading, {
    while: (error) => error._tag === "ActorError",
    times: 10,
    schedule: Schedule.spaced("100 millis")
  })
  const seconds = (performance.now() - started) / 1000

  const quarter = Math.floor(heap.length / 4)
  const highest = (from: number) => Math.round(Math.max(0, ...heap.slice(from, from + quarter + 1)))
  const [thread] = yield* system.threads
  const result: Result = {
    seconds,
    idealSeconds: ideal(options, site),
    fetched: last.fetched,
    failed: last.failed,
    answeredTwice: site.answered.filter((times) => times > 1).length,
    askedTwice: site.asked.filter((times) => times > 1).length,
    mostAtOnce: site.most(),
    heapMegabytes: [highest(quarter), highest(3 * quarter)],
    incarnations: thread?.incarnation ?? 0
  }
  return result
})

/** Plays the crawl without any work: as many at a time as allowed, in the order in which they are found. */
const ideal = ({ concurrency, pages, timeoutMillis }: Options, site: sites.Site): number => {
  const found = new Set([0])
  const queue = [0]
  const busy: Array<{ readonly n: number; readonly endsAtMillis: number }> = []
  let nowMillis = 0
  while (queue.length + busy.length > 0) {
    for (const n of queue.splice(0, concurrency - busy.length)) {
      busy.push({ n, endsAtMillis: nowMillis + Math.min(timeoutMillis, site.latency(n) ?? timeoutMillis) })
    }
    busy.sort((a, b) => b.endsAtMillis - a.endsAtMillis)
    const done = busy.pop()
    if (done === undefined) break
    nowMillis = done.endsAtMillis
    if (site.latency(done.n) === undefined) continue
    for (const to of sites.links(done.n, pages)) {
      if (!found.has(to)) queue.push(to)
      found.add(to)
    }
  }
  return nowMillis / 1000
}

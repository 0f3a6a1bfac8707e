/**
 * Fetches a page: robots.txt first, then the answer, read while it arrives.
 */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as HttpClient from "effect/http/HttpClient"
import * as Metric from "effect/Metric"
import * as Option from "effect/Option"
import * as Semaphore from "effect/Semaphore"
import * as Monotonic from "../monotonic.ts"
import { longestUrl } from "./addresses.ts"
import type { Cache } from "./cache.ts"
import type { Cookies } from "./cookies.ts"
import { failed } from "./failures.ts"
import * as Hosts from "./hosts.ts"
import { readPage, type Wanted } from "./pageAnswer.ts"
import * as Requests from "./requests.ts"
import { isRetryableStatus } from "./retry.ts"
import * as RobotsGate from "./robotsGate.ts"
import { productToken } from "./robotsTxt.ts"
import { FetchFailed, type FetchRequest, type Page } from "./Scraper.ts"
import type { Selection } from "./selecting.ts"
import * as Sending from "./sending.ts"
import type { Settings } from "./settings.ts"

/** What was done since the start. `bytes` as they came over the wire. */
export interface Counters {
  readonly fetched: number
  readonly failed: number
  readonly inFlight: number
  readonly bytes: number
}

/**
 * How a page is fetched.
 *
 * **Details**
 * - `admit` is asked before each request for a page, with the address, how many redirects led there, and the method; it may
 *   refuse.
 * - `cookies`: default new ones for this page. `selection`: default what the request's `select` says. `isSitemap`: read it
 *   as one, whatever it calls itself.
 */
export interface Options<E> {
  readonly admit?: ((url: URL, hops: number, method: Sending.Sending["method"]) => Effect.Effect<void, E>) | undefined
  readonly cookies?: Cookies | undefined
  readonly selection?: Selection | undefined
  readonly isSitemap?: boolean
}

/** What was read. `isIndex`: a sitemap that lists sitemaps. */
export interface Read {
  readonly page: Page
  readonly isIndex: boolean
}

export interface Pages {
  /**
   * Fetches one page.
   *
   * **Details**
   * - Over after `SCRAPER_TOTAL_TIMEOUT` at the latest, counted from when one of the scraper's slots was free.
   */
  readonly fetch: <E = never>(ask: string | FetchRequest, options?: Options<E>) => Effect.Effect<Page, FetchFailed | E>
  /** The same, with what only a crawl needs. */
  readonly read: <E = never>(ask: FetchRequest, options?: Options<E>) => Effect.Effect<Read, FetchFailed | E>
  /** The sitemaps that robots.txt of the address's host names. */
  readonly sitemaps: (url: URL) => Effect.Effect<ReadonlyArray<string>, FetchFailed>
  readonly counters: () => Counters
}

const pagesTotal = Metric.counter("scraper_pages_total", { description: "Pages, by what came of fetching them." })

/** A sitemap may be that large. Source: sitemaps.org. */
const sitemapBytes = 52_428_800

export const make: (
  settings: Settings,
  cache?: Cache
) => Effect.Effect<Pages, never, HttpClient.HttpClient> = Effect.fnUntraced(function*(settings, cache) {
  const counters = { fetched: 0, failed: 0, inFlight: 0, bytes: 0 }
  const onBytes = (bytes: number) => void (counters.bytes += bytes)
  const throttle = settings.throttle === 0
    ? undefined
    : { target: settings.throttle, longestMillis: settings.maxCrawlDelayMillis }
  const requests = yield* Requests.make(settings, Hosts.make(settings.hostConcurrency, throttle), cache)
  const robots = yield* RobotsGate.make(settings, requests, onBytes)
  const slots = yield* Semaphore.make(settings.concurrency)
  const robot = productToken(settings.userAgent)

  const visitPage = Effect.fnUntraced(function*<E>(ask: FetchRequest, options: Options<E>) {
    const { admit = () => Effect.void, cookies, isSitemap = false } = options
    const start = yield* addressOf(ask.url)
    const sending = Sending.read(ask)
    if (typeof sending === "string") return yield* failed(ask.url, "InvalidRequest", sending)
    const selection = options.selection ?? (yield* selectionOf(ask))
    const visit = { url: ask.url, deadline: Monotonic.plus(yield* Monotonic.now, settings.totalMillis) }
    const wanted: Wanted = {
      robot,
      isSitemap,
      html: ask.html === true,
      responseHeaders: ask.responseHeaders === true,
      selection
    }
    const limits = { maxBytes: isSitemap ? Math.max(settings.maxBytes, sitemapBytes) : settings.maxBytes, onBytes }
    return yield* requests(visit, start, {
      sending,
      cookies,
      maxRedirects: settings.maxRedirects,
      retries: isRetryableStatus,
      admit: (hop, hops, method) =>
        Effect.map(
          Effect.andThen(admit(hop, hops, method), robots.admit(visit, hop)),
          (crawlDelayMillis) => Math.max(settings.hostDelayMillis, crawlDelayMillis)
        ),
      read: (response, finalUrl) => readPage(visit, response, finalUrl, wanted, limits),
      leadsTo: ({ refresh }) => refresh
    })
  })

  const read: Pages["read"] = (ask, options = {}) =>
    Effect.suspend(() => {
      counters.inFlight++
      return visitPage(ask, options)
    }).pipe(
      Effect.timeoutOrElse({
        duration: settings.totalMillis,
        orElse: () => Effect.fail(tooSlow(ask.url, settings.totalMillis))
      }),
      // A fault of ours that a page brings out is that page's failure, and nobody else's.
      Effect.catchDefect((defect) =>
        Effect.andThen(
          Effect.logError(`The scraper failed over ${ask.url.slice(0, 500)}`, defect),
          Effect.fail(failed(ask.url.slice(0, 500), "Malformed", "the scraper can't read its answer; the log says why"))
        )
      ),
      Effect.onExit((exit) => {
        counters.inFlight--
        if (Exit.isSuccess(exit)) counters.fetched++
        else counters.failed++
        return Metric.update(Metric.withAttributes(pagesTotal, { outcome: outcomeOf(exit) }), 1)
      }),
      slots.withPermits(1)
    )
  return {
    counters: () => ({ ...counters }),
    sitemaps: robots.sitemaps,
    read,
    fetch: (ask, options) => Effect.map(read(typeof ask === "string" ? { url: ask } : ask, options), ({ page }) => page)
  }
})

const tooSlow = (url: string, millis: number): FetchFailed =>
  failed(url, "TimedOut", `it took more than ${millis / 1000} s (SCRAPER_TOTAL_TIMEOUT)`, true)

const addressOf = (url: string): Effect.Effect<URL, FetchFailed> => {
  if (url.length > longestUrl) {
    const detail = `an address of ${url.length} characters is too long; the limit is ${longestUrl}`
    return Effect.fail(failed(url.slice(0, 200), "InvalidUrl", detail))
  }
  const start = URL.parse(url)
  if (start === null) {
    return Effect.fail(
      failed(url, "InvalidUrl", "it is not an address; write it in full, as in https://example.com/")
    )
  }
  start.hash = ""
  return Effect.succeed(start)
}

const selectionOf = Effect.fnUntraced(function*({ select, url }: FetchRequest) {
  if (select === undefined) return undefined
  // Loaded here, because most scrapers never select.
  const { read } = yield* Effect.promise(() => import("./selecting.ts"))
  const selection = read(select)
  return typeof selection === "string" ? yield* failed(url, "InvalidRequest", selection) : selection
})

/** `Fetched`, the reason of the failure, or `Abandoned` when nobody wants the page any more. */
const outcomeOf = (exit: Exit.Exit<Read, unknown>): string => {
  if (Exit.isSuccess(exit)) return "Fetched"
  const error = Option.getOrUndefined(Exit.findErrorOption(exit))
  return error instanceof FetchFailed ? error.reason : "Abandoned"
}

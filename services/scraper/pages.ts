/**
 * Fetches a page: robots.txt first, then the answer, read while it arrives.
 */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as HttpClient from "effect/http/HttpClient"
import type { HttpClientResponse } from "effect/http/HttpClientResponse"
import * as Metric from "effect/Metric"
import * as Option from "effect/Option"
import * as Semaphore from "effect/Semaphore"
import * as Stream from "effect/Stream"
import * as Monotonic from "../monotonic.ts"
import * as Pace from "../pace.ts"
import { longestUrl } from "./addresses.ts"
import { decoded, discard } from "./body.ts"
import * as Charset from "./charset.ts"
import { failed } from "./failures.ts"
import * as Hosts from "./hosts.ts"
import * as PageReader from "./pageReader.ts"
import * as Requests from "./requests.ts"
import { isRetryableStatus } from "./retry.ts"
import * as RobotsGate from "./robotsGate.ts"
import { FetchFailed, type Page } from "./Scraper.ts"
import type { Settings } from "./settings.ts"

/** What was done since the start. `bytes` as they came over the wire. */
export interface Counters {
  readonly fetched: number
  readonly failed: number
  readonly inFlight: number
  readonly bytes: number
}

export interface Pages {
  /**
   * Fetches one page.
   *
   * **Details**
   * - `admit` is asked before each request for a page, with the address and how many redirects led there; it may refuse.
   * - Over after `SCRAPER_TOTAL_TIMEOUT` at the latest, counted from when one of the scraper's slots was free.
   */
  readonly fetch: <E = never>(
    url: string,
    admit?: (url: URL, hops: number) => Effect.Effect<void, E>
  ) => Effect.Effect<Page, FetchFailed | E>
  readonly counters: () => Counters
}

const pagesTotal = Metric.counter("scraper_pages_total", { description: "Pages, by what came of fetching them." })

export const make: (
  settings: Settings
) => Effect.Effect<Pages, never, HttpClient.HttpClient> = Effect.fnUntraced(function*(settings) {
  const counters = { fetched: 0, failed: 0, inFlight: 0, bytes: 0 }
  const onBytes = (bytes: number) => void (counters.bytes += bytes)
  const requests = yield* Requests.make(settings, Hosts.make(settings.hostConcurrency))
  const robots = yield* RobotsGate.make(settings, requests, onBytes)
  const slots = yield* Semaphore.make(settings.concurrency)

  const visitPage = Effect.fnUntraced(function*<E>(
    url: string,
    admit: (url: URL, hops: number) => Effect.Effect<void, E>
  ) {
    if (url.length > longestUrl) {
      const detail = `an address of ${url.length} characters is too long; the limit is ${longestUrl}`
      return yield* failed(url.slice(0, 200), "InvalidUrl", detail)
    }
    const start = URL.parse(url)
    if (start === null) {
      return yield* failed(url, "InvalidUrl", "it is not an address; write it in full, as in https://example.com/")
    }
    start.hash = ""
    const visit = { url, deadline: Monotonic.plus(yield* Monotonic.now, settings.totalMillis) }
    const { page } = yield* requests(visit, start, {
      maxRedirects: settings.maxRedirects,
      retries: isRetryableStatus,
      admit: (hop, hops) =>
        Effect.map(
          Effect.andThen(admit(hop, hops), robots(visit, hop)),
          (crawlDelayMillis) => Math.max(settings.hostDelayMillis, crawlDelayMillis)
        ),
      read: (response, finalUrl) => readPage(visit, response, finalUrl, { maxBytes: settings.maxBytes, onBytes }),
      leadsTo: ({ refresh }) => refresh
    })
    return page
  })

  return {
    counters: () => ({ ...counters }),
    fetch: (url, admit = () => Effect.void) =>
      Effect.suspend(() => {
        counters.inFlight++
        return visitPage(url, admit)
      }).pipe(
        Effect.timeoutOrElse({
          duration: settings.totalMillis,
          orElse: () =>
            Effect.fail(
              failed(
                url,
                "TimedOut",
                `it took more than ${settings.totalMillis / 1000} s (SCRAPER_TOTAL_TIMEOUT)`,
                true
              )
            )
        }),
        Effect.onExit((exit) => {
          counters.inFlight--
          if (Exit.isSuccess(exit)) counters.fetched++
          else counters.failed++
          return Metric.update(Metric.withAttributes(pagesTotal, { outcome: outcomeOf(exit) }), 1)
        }),
        slots.withPermits(1)
      )
  }
})

/** `Fetched`, the reason of the failure, or `Abandoned` when whoever asked does not want the page any more. */
const outcomeOf = (exit: Exit.Exit<Page, unknown>): string => {
  if (Exit.isSuccess(exit)) return "Fetched"
  const error = Option.getOrUndefined(Exit.findErrorOption(exit))
  return error instanceof FetchFailed ? error.reason : "Abandoned"
}

const readPage = Effect.fnUntraced(function*(
  visit: Requests.Visit,
  response: HttpClientResponse,
  finalUrl: URL,
  limits: { readonly maxBytes: number; readonly onBytes: (bytes: number) => void }
) {
  if (response.status < 200 || response.status >= 300) {
    yield* discard(response)
    return yield* Requests.statusFailed(visit, response)
  }
  const contentType = response.headers["content-type"] ?? ""
  const kind = PageReader.kindOf(contentType)
  if (kind === undefined) {
    return yield* failed(visit.url, "ContentType", `it is "${contentType}"; only HTML, XML and plain text are read`)
  }
  const reader = PageReader.make(kind, finalUrl.href)
  const decoder = Charset.streaming(contentType, kind)
  const take = (text: string) =>
    decoder.isBinary()
      ? Effect.fail(failed(visit.url, "ContentType", `it calls itself "${contentType}" and is no text`))
      : Pace.run(reader.writing(text))
  yield* Stream.runForEach(
    decoded(response, { url: visit.url, ...limits }),
    (bytes) => Effect.suspend(() => take(decoder.decode(bytes)))
  )
  yield* Effect.suspend(() => take(decoder.end()))
  const content = yield* Pace.run(reader.ending())
  const page: Page = { url: visit.url, finalUrl: finalUrl.href, status: response.status, ...content }
  return { page, refresh: reader.refresh() }
})

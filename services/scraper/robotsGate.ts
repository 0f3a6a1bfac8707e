/**
 * Asks each site's robots.txt before its pages, and remembers the answer for a while.
 */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Stream from "effect/Stream"
import * as AgeingCache from "../ageingCache.ts"
import * as Monotonic from "../monotonic.ts"
import * as Pace from "../pace.ts"
import { decoded, discard } from "./body.ts"
import { failed } from "./failures.ts"
import type { Requests, Visit } from "./requests.ts"
import * as RobotsTxt from "./robotsTxt.ts"
import type { FetchFailed } from "./Scraper.ts"
import type { Settings } from "./settings.ts"

export interface RobotsGate {
  /** Fails unless the page may be fetched; returns the site's Crawl-delay in milliseconds, no more than we accept. */
  readonly admit: (visit: Visit, url: URL) => Effect.Effect<number, FetchFailed>
  /** The sitemaps that robots.txt of this address's host names. */
  readonly sitemaps: (url: URL) => Effect.Effect<ReadonlyArray<string>, FetchFailed>
}

/** Sites remembered, and for how long. RFC 9309 allows 24 hours; sooner is kinder to who corrects a mistake. */
const capacity = 1000
const knownForMillis = 3_600_000
/** A site whose robots.txt is broken is left alone for this long before it is asked again. */
const brokenForMillis = 60_000

/** RFC 9309, 2.5: at least 500 KiB have to be read. What follows is ignored. */
const maxBytes = 512 * 1024

export const make = Effect.fnUntraced(function*(
  settings: Settings,
  requests: Requests,
  onBytes: (bytes: number) => void
): Effect.fn.Return<RobotsGate> {
  const robot = RobotsTxt.productToken(settings.userAgent)

  const lookup = Effect.fnUntraced(function*(origin: string) {
    const url = new URL("/robots.txt", origin)
    const visit = { url: url.href, deadline: Monotonic.plus(yield* Monotonic.now, settings.totalMillis) }
    return yield* requests(visit, url, {
      maxRedirects: 5,
      retries: () => false,
      admit: () => Effect.succeed(0),
      read: (response) => {
        // RFC 9309, 2.3.1: a site without one allows everything; a site that fails to send it allows nothing.
        if (response.status >= 500) return Effect.fail(failed(url.href, "Status", `HTTP ${response.status}`, true))
        if (response.status < 200 || response.status >= 300) return Effect.as(discard(response), RobotsTxt.allowAll)
        return Effect.flatMap(
          readHead(decoded(response, { url: url.href, maxBytes: Number.POSITIVE_INFINITY, onBytes })),
          (text) => Pace.run(RobotsTxt.read(text, robot))
        )
      }
    }).pipe(
      // RFC 9309, 2.3.1.2
      Effect.catchIf(
        (failure) => failure.reason === "TooManyRedirects",
        () => Effect.succeed(RobotsTxt.allowAll)
      ),
      Effect.timeoutOrElse({
        duration: settings.totalMillis,
        orElse: () => Effect.fail(failed(url.href, "TimedOut", "it took too long (SCRAPER_TOTAL_TIMEOUT)", true))
      })
    )
  })

  const rulesOf = yield* AgeingCache.make(lookup, {
    capacity,
    millisToLive: (exit) => Exit.isSuccess(exit) ? knownForMillis : isBroken(exit) ? brokenForMillis : 0
  })

  const admit = Effect.fnUntraced(function*(visit: Visit, url: URL) {
    const rules = yield* Effect.mapError(rulesOf(url.origin), (failure) => explain(visit, failure))
    const decision = yield* Pace.run(rules.decide(url.pathname + url.search))
    if (decision === "Unclear") {
      return yield* failed(
        visit.url,
        "Robots",
        `robots.txt of ${url.host} takes too much work to compare with this path`
      )
    }
    if (decision === "Forbidden") {
      return yield* failed(
        visit.url,
        "Robots",
        `robots.txt of ${url.host} forbids ${short(url.pathname)} to "${robot}"`
      )
    }
    return Math.min(rules.crawlDelayMillis, settings.maxCrawlDelayMillis)
  })
  return {
    admit: settings.robots ? admit : () => Effect.succeed(0),
    sitemaps: (url) => Effect.map(rulesOf(url.origin), ({ sitemaps }) => sitemaps)
  }
})

const short = (path: string): string => path.length <= 200 ? path : `${path.slice(0, 199)}…`

const isBroken = (exit: Exit.Exit<unknown, FetchFailed>): boolean =>
  Exit.isFailure(exit) &&
  exit.cause.reasons.some((reason) => Cause.isFailReason(reason) && reason.error.reason === "Status")

/** A site that can't be reached is told as what it is; one that answers with an error forbids. */
const explain = (visit: Visit, failure: FetchFailed): FetchFailed =>
  failure.reason === "Status"
    ? failed(
      visit.url,
      "Robots",
      `robots.txt could not be read (${failure.detail}), which forbids all (RFC 9309); try again later`,
      true
    )
    : failed(visit.url, failure.reason, `robots.txt: ${failure.detail}`, failure.retryable, failure.failedBy)

const readHead = <E>(bytes: Stream.Stream<Uint8Array, E>) =>
  Effect.suspend(() => {
    const decoder = new TextDecoder()
    let text = ""
    let total = 0
    return Effect.map(
      Stream.runForEachWhile(bytes, (piece) =>
        Effect.sync(() => {
          text += decoder.decode(piece.subarray(0, maxBytes - total), { stream: true })
          total += piece.byteLength
          return total < maxBytes
        })),
      () => text + decoder.decode()
    )
  })

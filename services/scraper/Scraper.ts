/** Fetches pages politely and safely, one by one or by following links. */
import * as Rpc from "effect/rpc/Rpc"
import * as Schema from "effect/Schema"
import { Actor } from "heddle"
import { Item, Select } from "./Select.ts"

/**
 * What a page had and a `Page` has not: links, counted each time one was found; the end of its title, text or HTML; what
 * stood in more than 1000 elements inside of each other; or elements and items beyond what `select` looks at.
 */
export const Truncated = Schema.Struct({
  title: Schema.optionalKey(Schema.Literal(true)),
  text: Schema.optionalKey(Schema.Literal(true)),
  links: Schema.optionalKey(Schema.Int),
  depth: Schema.optionalKey(Schema.Literal(true)),
  html: Schema.optionalKey(Schema.Literal(true)),
  items: Schema.optionalKey(Schema.Literal(true))
})
export type Truncated = typeof Truncated.Type

/** What a page asks of robots, by `<meta name=robots>` or `X-Robots-Tag`. */
export const Directives = Schema.Struct({
  noindex: Schema.optionalKey(Schema.Literal(true)),
  nofollow: Schema.optionalKey(Schema.Literal(true))
})
export type Directives = typeof Directives.Type

/**
 * A fetched page.
 *
 * **Details**
 * - `url` is what was asked for, `finalUrl` where redirects led, without the part after `#`; `links` are absolute.
 * - Of a page 500 characters of the title are kept, 20,000 of the text, and 2000 links (50,000 of a sitemap or feed).
 *   `truncated` says what there was more of, and is not there if there was no more. Links with a user or password are left
 *   out, and count there.
 * - `directives`: what the page asks of robots. `nofollow`: the links among `links` that are marked `rel=nofollow`
 *   wherever they stand. `canonical`: the address that the page calls its own, when it is another.
 * - `html` (2,000,000 characters at most), `headers` and `items` (1000 at most) are there if they were asked for.
 */
export const Page = Schema.Struct({
  url: Schema.String,
  finalUrl: Schema.String,
  status: Schema.Int,
  title: Schema.String,
  text: Schema.String,
  links: Schema.Array(Schema.String),
  truncated: Schema.optionalKey(Truncated),
  directives: Schema.optionalKey(Directives),
  nofollow: Schema.optionalKey(Schema.Array(Schema.String)),
  canonical: Schema.optionalKey(Schema.String),
  html: Schema.optionalKey(Schema.String),
  headers: Schema.optionalKey(Schema.Record(Schema.String, Schema.String)),
  items: Schema.optionalKey(Schema.Array(Item))
})
export type Page = typeof Page.Type

/**
 * A page could not be had.
 *
 * **Details**
 * - `retryable`: whether the same request may succeed later.
 * - `failedBy`: whose fault it was that nobody could be reached: that of the site, or of the proxy (`SCRAPER_PROXY`), which
 *   says nothing about the site. Left out when that can't be told.
 */
export class FetchFailed extends Schema.TaggedError<FetchFailed>()("FetchFailed", {
  url: Schema.String,
  reason: Schema.Literals([
    "InvalidUrl",
    "Blocked",
    "Robots",
    "Unreachable",
    "TimedOut",
    "TooLarge",
    "ContentType",
    "TooManyRedirects",
    "Status",
    "Malformed",
    "InvalidRequest"
  ]),
  detail: Schema.String,
  retryable: Schema.Boolean,
  failedBy: Schema.optionalKey(Schema.Literals(["Site", "Proxy"]))
}) {
  override get message(): string {
    return `${this.url}: ${this.detail}`
  }
}

/** What of a page is wanted besides title, text and links. */
const wanted = {
  html: Schema.optionalKey(Schema.Boolean),
  responseHeaders: Schema.optionalKey(Schema.Boolean),
  select: Schema.optionalKey(Select)
}

const Headers = Schema.Record(Schema.String, Schema.String)

/** What is sent: `method` is GET by default; a `body` takes POST, and is a form unless `headers` say otherwise. */
const sent = {
  url: Schema.String,
  method: Schema.optionalKey(Schema.Literals(["GET", "POST"])),
  headers: Schema.optionalKey(Headers),
  body: Schema.optionalKey(Schema.String.check(Schema.isMaxLength(1_000_000)))
}

/** A request that a crawl makes before all others, or a seed that is more than an address. */
export const Before = Schema.Struct(sent)
export type Before = typeof Before.Type

/**
 * A page to fetch.
 *
 * **Details**
 * - `method`: default GET. A POST is sent once, because a second one may do what it does twice; a redirect of it leads on
 *   by GET, as in browsers, but for 307 and 308.
 * - `headers`: sent besides our own, to this origin alone: where a redirect leads to another, they stay behind.
 * - `html`, `responseHeaders`, `select`: what to deliver besides title, text and links. Default none of them.
 */
export const FetchRequest = Schema.Struct({ ...sent, ...wanted })
export type FetchRequest = typeof FetchRequest.Type

/**
 * Why an address was found and not fetched.
 *
 * **Details**
 * - `robots`: robots.txt forbids it. `type`: it is no page. `blocked`: the scraper must not go there. These three are
 *   delivered as `Failed`, and count as skipped, not as failed.
 * - `offHost`: on another host than the seeds', with `sameHost`. `depth`: more than `maxDepth` links away. `duplicate`: it
 *   redirects to a page that the crawl has, or has in its queue.
 * - `pattern`: `include` and `exclude` leave it out. `nofollow`: its page, or all links to it, ask not to be followed.
 *   `noindex`: it asks not to be kept, and `obey` says so. `canonical`: it calls another address its own, and `obey` says
 *   so. `trap`: it is one of an endless row of pages that say nothing new. `sitemap`: it was read for its addresses, and is
 *   no page.
 * - `limit`: beyond `maxPages`, beyond ten times as many addresses found, or beyond the links that a `Page` keeps; what is
 *   beyond the last two counts each time it was found.
 */
export const SkipReason = Schema.Literals([
  "robots",
  "type",
  "blocked",
  "offHost",
  "duplicate",
  "depth",
  "limit",
  "pattern",
  "nofollow",
  "noindex",
  "canonical",
  "trap",
  "sitemap"
])
export type SkipReason = typeof SkipReason.Type

const count = Schema.optionalKey(Schema.Int)

/** How many addresses were skipped, by reason; only reasons that there were. */
export const Skipped = Schema.Struct({
  robots: count,
  type: count,
  blocked: count,
  offHost: count,
  duplicate: count,
  depth: count,
  limit: count,
  pattern: count,
  nofollow: count,
  noindex: count,
  canonical: count,
  trap: count,
  sitemap: count
})
export type Skipped = typeof Skipped.Type

/** How far a crawl has come: pages delivered, failures delivered, addresses found and still to be fetched. */
export const Progress = Schema.Struct({ fetched: Schema.Int, failed: Schema.Int, queued: Schema.Int })
export type Progress = typeof Progress.Type

/** What was skipped until then; not there if nothing was. */
const soFar = { skipped: Schema.optionalKey(Skipped) }

/** A crawl that is being read now: its first seed, its limit, and how far it has come. */
export const CrawlStatus = Schema.Struct({
  seed: Schema.String,
  maxPages: Schema.Int,
  ...Progress.fields,
  ...soFar
})
export type CrawlStatus = typeof CrawlStatus.Type

/** One address of a crawl, `depth` links away from a seed. */
export const Crawled = Schema.Union([
  Schema.TaggedStruct("Fetched", { depth: Schema.Int, page: Page, progress: Progress, ...soFar }),
  Schema.TaggedStruct("Failed", { depth: Schema.Int, failure: FetchFailed, progress: Progress, ...soFar })
])
export type Crawled = typeof Crawled.Type

/** The end of a crawl, and all that it skipped. */
export const Ended = Schema.TaggedStruct("Ended", { progress: Progress, ...soFar })
export type Ended = typeof Ended.Type

const Patterns = Schema.Array(Schema.String.check(Schema.isMinLength(1), Schema.isMaxLength(2000))).check(
  Schema.isMaxLength(100)
)

/**
 * Where a crawl begins and how far it goes.
 *
 * **Details**
 * - `seeds`: 1 to 100 addresses, or requests: a search, say, by POST, whose answer is a page like others. A crawl that goes
 *   on sends a seed again whose answer it has not kept.
 * - `maxPages`: pages fetched at most, 1 to 100,000, pages that failed included and what was skipped not. Default 100.
 * - `maxDepth`: links followed from a seed, 0 to 100; 0 fetches the seeds alone. Default 3.
 * - `sameHost`: stay on the hosts of the seeds, and where the seeds redirect to. Default true.
 * - `include`, `exclude`: patterns as in robots.txt, `*` for any characters and `$` for the end. One that begins with `/`
 *   is compared with path and query, any other with the whole address. With `include`, a link has to match one of them;
 *   seeds and sitemaps needn't. `exclude` wins.
 * - `ignoreParameters`: names of query parameters (`utm_*` for all that begin so) that make no other page of an address.
 * - `sitemaps`: read the sitemaps that robots.txt of the seeds' hosts names, or else `/sitemap.xml`; the pages in them are
 *   one link from a seed. Default false.
 * - `obey`: which wishes of pages are obeyed; all are told in `Page`. Default `["nofollow"]`.
 * - `traps`: follow endless rows of pages that say nothing new, such as those of a calendar. Default false.
 * - `before`: requests made one by one before all others, whenever the crawl begins or goes on: a login, a consent. What
 *   cookies they get are the crawl's. If one fails, so does the crawl.
 * - `headers`: sent besides our own, to the origins of the seeds.
 * - `export`: a file in `SCRAPER_RESULTS` that grows while the crawl runs, `name.jsonl` or `name.csv`: one line for each
 *   item with `select`, else one for each page. Going on after a crash, nothing is in it twice.
 * - `fresh`: forget an unfinished crawl with these seeds and limits, and begin again. Default false: go on with it.
 * - `summary`: end with an `Ended`, which counts what was skipped. Default false: the last address is the end.
 */
export const CrawlRequest = Schema.Struct({
  seeds: Schema.Array(Schema.Union([Schema.String, Before])).check(Schema.isBetweenLength(1, 100)),
  maxPages: Schema.optionalKey(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 100_000 }))),
  maxDepth: Schema.optionalKey(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 100 }))),
  sameHost: Schema.optionalKey(Schema.Boolean),
  include: Schema.optionalKey(Patterns),
  exclude: Schema.optionalKey(Patterns),
  ignoreParameters: Schema.optionalKey(Patterns),
  sitemaps: Schema.optionalKey(Schema.Boolean),
  obey: Schema.optionalKey(Schema.Array(Schema.Literals(["nofollow", "noindex", "canonical"]))),
  traps: Schema.optionalKey(Schema.Boolean),
  before: Schema.optionalKey(Schema.Array(Before).check(Schema.isMaxLength(20))),
  headers: Schema.optionalKey(Headers),
  export: Schema.optionalKey(Schema.String),
  ...wanted,
  fresh: Schema.optionalKey(Schema.Boolean),
  summary: Schema.optionalKey(Schema.Boolean)
})
export type CrawlRequest = typeof CrawlRequest.Type

/**
 * A crawl can't be made, or not go on. Pages delivered so far are good.
 *
 * **Details**
 * - `InvalidSeed`: a seed is no http(s) address. `Running`: the same crawl is being read by somebody else. `Storage`: the
 *   disk did not take it (`SCRAPER_DATA`, `SCRAPER_RESULTS`). `InvalidRequest`: a selector, pattern, header or file name
 *   can't be used. `Before`: one of the requests to be made before all others failed.
 */
export class CrawlFailed extends Schema.TaggedError<CrawlFailed>()("CrawlFailed", {
  reason: Schema.Literals(["InvalidSeed", "Running", "Storage", "InvalidRequest", "Before"]),
  detail: Schema.String
}) {
  override get message(): string {
    return `The crawl ended: ${this.detail}`
  }
}

export class Scraper extends Actor.Service<Scraper>()("Scraper", [
  /**
   * Fetches one page. It may take as long as `SCRAPER_TOTAL_TIMEOUT` (60 seconds): ask with a timeout to match.
   * An answer that isn't 2xx is a failure (`Status`).
   */
  Rpc.make("Fetch", { payload: FetchRequest, success: Page, error: FetchFailed }),
  /**
   * Follows links from the seeds, breadth first, and delivers each address once it is settled.
   *
   * A crawl that did not come to its end, because its reader or the scraper went away, goes on when it is asked for again
   * with the same seeds and limits: first it delivers what it has, then it fetches the rest. A page whose answer was kept
   * is not fetched again. A crawl that came to its end is forgotten, so asking again begins it again.
   *
   * Nothing is left out in silence: each element says how many addresses were skipped until then, and why.
   */
  Rpc.make("Crawl", {
    payload: CrawlRequest,
    success: Schema.Union([Crawled, Ended]),
    error: CrawlFailed,
    stream: true
  }),
  /** What was done since the actor started, and what is going on; `bytes` as they came over the wire. */
  Rpc.make("Status", {
    success: Schema.Struct({
      fetched: Schema.Int,
      failed: Schema.Int,
      inFlight: Schema.Int,
      bytes: Schema.Finite,
      crawls: Schema.Array(CrawlStatus)
    })
  })
]) {}

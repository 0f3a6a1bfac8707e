/**
 * What the operator sets by environment: how the scraper reaches the web, how polite it is, what it refuses.
 *
 * | name | unit | default (behind a proxy) | meaning |
 * |---|---|---|---|
 * | `SCRAPER_PROXY` | URL | none | `socks5://` or `http://user:password@host:port`; every request goes through it |
 * | `SCRAPER_USER_AGENT` | text | `heddle/0.1 (+https://…)` | who we say we are; its first word is our name in robots.txt |
 * | `SCRAPER_CONNECT_TIMEOUT` | duration | 10 s (120 s) | name look-up, TCP and TLS; behind a proxy each step of the tunnel |
 * | `SCRAPER_FIRST_BYTE_TIMEOUT` | duration | 15 s (120 s) | from the request to the head of the answer |
 * | `SCRAPER_IDLE_TIMEOUT` | duration | 15 s (60 s) | without one byte of the body |
 * | `SCRAPER_TOTAL_TIMEOUT` | duration | 60 s (300 s) | one page: robots.txt, redirects, retries and waits included |
 * | `SCRAPER_MAX_BYTES` | bytes | 10485760 | of one page, decoded |
 * | `SCRAPER_MAX_REDIRECTS` | count | 5 | hops of one page, 0 to 10 |
 * | `SCRAPER_RETRIES` | count | 2 | further attempts of one request that may succeed later |
 * | `SCRAPER_CONCURRENCY` | count | 16 | pages at the same time |
 * | `SCRAPER_CRAWL_CONCURRENCY` | count | 4 | pages of one crawl at the same time |
 * | `SCRAPER_HOST_CONCURRENCY` | count | 2 | requests to one host at the same time |
 * | `SCRAPER_HOST_DELAY` | duration | 250 ms | from one request to a host to the next |
 * | `SCRAPER_MAX_CRAWL_DELAY` | duration | 10 s | the most that a Crawl-delay of robots.txt may ask for |
 * | `SCRAPER_THROTTLE` | requests | 0 | that a host is to work on at a time on average, by its answer time; 0 for no such delay |
 * | `SCRAPER_ROBOTS` | boolean | true | obey robots.txt; false is for sites of your own |
 * | `SCRAPER_ALLOW_PRIVATE` | boolean | false | reach loopback, private and other special addresses |
 * | `SCRAPER_ALLOW_LOOPBACK` | boolean | false | reach servers on this machine, by `127.0.0.1`, `[::1]` or `localhost` |
 * | `SCRAPER_ALLOW_ORIGINS` | list | none | `host:port,…` to reach wherever they are (`127.0.0.1:3000`) |
 * | `SCRAPER_DATA` | path | `.heddle/scraper` | where unfinished crawls are kept; `:memory:` keeps them nowhere |
 * | `SCRAPER_RESULTS` | path | `results` | where the files that crawls export are |
 * | `SCRAPER_CACHE` | path | none | a folder that keeps answers, for development |
 * | `SCRAPER_CACHE_FOR` | duration | 1 day | how long a kept answer is good; then the server is asked whether it still is |
 *
 * Durations are written `"500 millis"` or `"2 minutes"`.
 */
import * as Config from "effect/Config"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"

export interface Settings {
  readonly proxy: Redacted.Redacted<URL> | undefined
  readonly userAgent: string
  readonly connectMillis: number
  readonly firstByteMillis: number
  readonly idleMillis: number
  readonly totalMillis: number
  readonly maxBytes: number
  readonly maxRedirects: number
  readonly retries: number
  readonly concurrency: number
  readonly crawlConcurrency: number
  readonly hostConcurrency: number
  readonly hostDelayMillis: number
  readonly maxCrawlDelayMillis: number
  /** Requests that a host is to work on at a time on average; 0 for no delay by its answer time. */
  readonly throttle: number
  readonly robots: boolean
  readonly allowPrivate: boolean
  readonly allowLoopback: boolean
  /** Lower case `host:port`, the port always written. */
  readonly allowOrigins: ReadonlySet<string>
  readonly data: string
  readonly results: string
  readonly cache: string | undefined
  readonly cacheMillis: number
}

/** The settings can't be used; the scraper did not start. */
export class InvalidSettings extends Schema.TaggedError<InvalidSettings>()("InvalidSettings", {
  problem: Schema.String
}) {
  override get message(): string {
    return this.problem
  }
}

const raw = Config.all({
  proxy: Config.option(Config.Redacted("SCRAPER_PROXY")),
  userAgent: Config.NonEmptyString("SCRAPER_USER_AGENT").pipe(
    Config.withDefault("heddle/0.1 (+https://www.npmjs.com/package/heddle)")
  ),
  connect: Config.option(Config.Duration("SCRAPER_CONNECT_TIMEOUT")),
  firstByte: Config.option(Config.Duration("SCRAPER_FIRST_BYTE_TIMEOUT")),
  idle: Config.option(Config.Duration("SCRAPER_IDLE_TIMEOUT")),
  total: Config.option(Config.Duration("SCRAPER_TOTAL_TIMEOUT")),
  maxBytes: Config.Int("SCRAPER_MAX_BYTES").pipe(Config.withDefault(10 * 1024 * 1024)),
  maxRedirects: Config.Int("SCRAPER_MAX_REDIRECTS").pipe(Config.withDefault(5)),
  retries: Config.Int("SCRAPER_RETRIES").pipe(Config.withDefault(2)),
  concurrency: Config.Int("SCRAPER_CONCURRENCY").pipe(Config.withDefault(16)),
  crawlConcurrency: Config.Int("SCRAPER_CRAWL_CONCURRENCY").pipe(Config.withDefault(4)),
  hostConcurrency: Config.Int("SCRAPER_HOST_CONCURRENCY").pipe(Config.withDefault(2)),
  hostDelay: Config.option(Config.Duration("SCRAPER_HOST_DELAY")),
  maxCrawlDelay: Config.option(Config.Duration("SCRAPER_MAX_CRAWL_DELAY")),
  throttle: Config.Finite("SCRAPER_THROTTLE").pipe(Config.withDefault(0)),
  robots: Config.Boolean("SCRAPER_ROBOTS").pipe(Config.withDefault(true)),
  allowPrivate: Config.Boolean("SCRAPER_ALLOW_PRIVATE").pipe(Config.withDefault(false)),
  allowLoopback: Config.Boolean("SCRAPER_ALLOW_LOOPBACK").pipe(Config.withDefault(false)),
  allowOrigins: Config.String("SCRAPER_ALLOW_ORIGINS").pipe(Config.withDefault("")),
  data: Config.NonEmptyString("SCRAPER_DATA").pipe(Config.withDefault(".heddle/scraper")),
  results: Config.NonEmptyString("SCRAPER_RESULTS").pipe(Config.withDefault("results")),
  cache: Config.option(Config.NonEmptyString("SCRAPER_CACHE")),
  cacheFor: Config.option(Config.Duration("SCRAPER_CACHE_FOR"))
})

/** Reads and checks the settings. */
export const read: Effect.Effect<Settings, InvalidSettings | Config.ConfigError> = Effect.gen(function*() {
  const given = yield* raw
  const proxy = Option.isSome(given.proxy) ? yield* parseProxy(given.proxy.value) : undefined
  const slow = proxy !== undefined
  return {
    proxy,
    userAgent: yield* parseUserAgent(given.userAgent),
    connectMillis: yield* millis("SCRAPER_CONNECT_TIMEOUT", given.connect, slow ? 120_000 : 10_000, 1),
    firstByteMillis: yield* millis("SCRAPER_FIRST_BYTE_TIMEOUT", given.firstByte, slow ? 120_000 : 15_000, 1),
    idleMillis: yield* millis("SCRAPER_IDLE_TIMEOUT", given.idle, slow ? 60_000 : 15_000, 1),
    totalMillis: yield* millis("SCRAPER_TOTAL_TIMEOUT", given.total, slow ? 300_000 : 60_000, 1),
    maxBytes: yield* within("SCRAPER_MAX_BYTES", given.maxBytes, 1, 2 ** 30),
    maxRedirects: yield* within("SCRAPER_MAX_REDIRECTS", given.maxRedirects, 0, 10),
    retries: yield* within("SCRAPER_RETRIES", given.retries, 0, 10),
    concurrency: yield* within("SCRAPER_CONCURRENCY", given.concurrency, 1, 1000),
    crawlConcurrency: yield* within("SCRAPER_CRAWL_CONCURRENCY", given.crawlConcurrency, 1, 100),
    hostConcurrency: yield* within("SCRAPER_HOST_CONCURRENCY", given.hostConcurrency, 1, 100),
    hostDelayMillis: yield* millis("SCRAPER_HOST_DELAY", given.hostDelay, 250, 0),
    maxCrawlDelayMillis: yield* millis("SCRAPER_MAX_CRAWL_DELAY", given.maxCrawlDelay, 10_000, 0),
    throttle: yield* within("SCRAPER_THROTTLE", given.throttle, 0, 100),
    robots: given.robots,
    allowPrivate: given.allowPrivate,
    allowLoopback: given.allowLoopback,
    allowOrigins: yield* parseOrigins(given.allowOrigins),
    data: given.data,
    results: given.results,
    cache: Option.getOrUndefined(given.cache),
    cacheMillis: yield* millis("SCRAPER_CACHE_FOR", given.cacheFor, oneDayMillis, 0, 365 * oneDayMillis)
  }
})

const oneDayMillis = 86_400_000

const millis = (
  name: string,
  given: Option.Option<Duration.Duration>,
  fallback: number,
  lowest: number,
  highest = oneDayMillis
) => {
  const value = Option.match(given, { onNone: () => fallback, onSome: Duration.toMillis })
  return value >= lowest && value <= highest
    ? Effect.succeed(value)
    : refuse(
      `${name} is ${value} milliseconds; take a duration from ${lowest} milliseconds to ${
        highest === oneDayMillis ? "1 day" : "1 year"
      }`
    )
}

const within = (name: string, given: number, lowest: number, highest: number) =>
  given >= lowest && given <= highest
    ? Effect.succeed(given)
    : refuse(`${name}=${given} is out of range; take a number from ${lowest} to ${highest}`)

/** Never repeats what was given: it may hold a password. */
const parseProxy = (given: Redacted.Redacted) => {
  const url = URL.parse(Redacted.value(given))
  if (url !== null && /^socks5h?:$/.test(url.protocol) && url.hostname !== "" && url.port !== "") {
    return Effect.succeed(Redacted.make(new URL(`socks5:${url.href.slice(url.protocol.length)}`)))
  }
  // The port of a scheme's own is left out by `URL`.
  if (url !== null && /^https?:$/.test(url.protocol) && url.pathname === "/" && url.search === "") {
    return Effect.succeed(Redacted.make(url))
  }
  return refuse(
    "SCRAPER_PROXY is no proxy that we speak to; write socks5://host:port or http://host:port, with user:password@ before " +
      "the host if it asks for them"
  )
}

const parseUserAgent = (given: string) =>
  /^[A-Za-z_-][\w.-]*[\x20-\x7e]*$/.test(given) ? Effect.succeed(given) : refuse(
    `SCRAPER_USER_AGENT="${given}" can't be sent; begin with the robot's name and keep to printable ASCII`
  )

const parseOrigins = Effect.fnUntraced(function*(given: string) {
  const origins = new Set<string>()
  for (const item of given.split(",").map((text) => text.trim()).filter((text) => text !== "")) {
    const url = URL.parse(`http://${item}/`)
    if (url === null || url.pathname !== "/" || url.username !== "" || !/:\d+$/.test(item)) {
      return yield* refuse(`SCRAPER_ALLOW_ORIGINS: "${item}" is not host:port (as in 127.0.0.1:3000 or [::1]:3000)`)
    }
    origins.add(`${url.hostname}:${url.port || 80}`)
  }
  return origins
})

const refuse = (problem: string) => Effect.fail(new InvalidSettings({ problem }))

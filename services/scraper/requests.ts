/**
 * One request, as often as it takes: in turn with the others to its host, tried again when that may help, and redirects
 * followed by our own hand, because each hop is a new address to check.
 */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as HttpClient from "effect/http/HttpClient"
import * as HttpClientError from "effect/http/HttpClientError"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import * as Metric from "effect/Metric"
import * as Random from "effect/Random"
import type * as Scope from "effect/Scope"
import * as Monotonic from "../monotonic.ts"
import * as Addresses from "./addresses.ts"
import { acceptEncoding, type Answer, discard } from "./body.ts"
import type { Cache } from "./cache.ts"
import * as Cookies from "./cookies.ts"
import { failed, ofTransport } from "./failures.ts"
import { type Hosts, TooLate } from "./hosts.ts"
import { redirectOf } from "./redirects.ts"
import * as Retry from "./retry.ts"
import type { FetchFailed } from "./Scraper.ts"
import * as Sending from "./sending.ts"
import type { Settings } from "./settings.ts"

/** What a request is for: the address that failures name, and when all must be over. */
export interface Visit {
  readonly url: string
  readonly deadline: Monotonic.Moment
}

/** How redirects are followed. */
export interface Route<A, E = never> {
  /** Default a GET with the scraper's own headers. */
  readonly sending?: Sending.Sending | undefined
  /** Default new ones, for this visit. */
  readonly cookies?: Cookies.Cookies | undefined
  readonly maxRedirects: number
  /** Which answers are worth another attempt. */
  readonly retries: (status: number) => boolean
  /** May refuse the hop after this many redirects. Returns how long to leave the host alone afterwards, in milliseconds. */
  readonly admit: (url: URL, hops: number, method: Sending.Sending["method"]) => Effect.Effect<number, FetchFailed | E>
  /** Reads the final answer; the connection is given back when it returns. */
  readonly read: (
    response: Answer,
    url: URL
  ) => Effect.Effect<A, FetchFailed | HttpClientError.HttpClientError>
  /** Where an answer that was read leads on to; undefined when it is the one. */
  readonly leadsTo?: (answer: A) => URL | undefined
}

/** Follows redirects from `start` to the answer. */
export type Requests = <A, E = never>(
  visit: Visit,
  start: URL,
  route: Route<A, E>
) => Effect.Effect<A, FetchFailed | E>

interface Request<A> {
  readonly visit: Visit
  readonly url: URL
  readonly sending: Sending.Sending
  readonly cookie: string | undefined
  readonly delayMillis: number
  readonly retries: (status: number) => boolean
  readonly read: (response: Answer) => Effect.Effect<A, FetchFailed | HttpClientError.HttpClientError>
}

/** What one hop led to. */
type Hop<A> = { readonly answer: A } | { readonly next: URL; readonly status: number }

/** An answer that is worth another attempt, and how long the server asked us to wait. */
class ComeBack {
  readonly failure: FetchFailed
  readonly afterMillis: number | undefined
  constructor(failure: FetchFailed, afterMillis: number | undefined) {
    this.failure = failure
    this.afterMillis = afterMillis
  }
}

const responseSeconds = Metric.histogram("scraper_response_seconds", {
  description: "From a request to the head of its answer, or to its failure.",
  boundaries: [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120]
})

/** What one request after the other is made with. */
interface Way {
  readonly settings: Settings
  readonly hosts: Hosts
  readonly send: Send
}

type Send = (
  url: URL,
  sending: Sending.Sending,
  cookie: string | undefined
) => Effect.Effect<Answer, HttpClientError.HttpClientError, Scope.Scope>

/** Makes the requests of a scraper, which share its hosts and its cache. */
export const make = (
  settings: Settings,
  hosts: Hosts,
  cache?: Cache
): Effect.Effect<Requests, never, HttpClient.HttpClient> =>
  Effect.map(HttpClient.HttpClient, (client) => {
    const way: Way = { settings, hosts, send: sendingBy(HttpClient.withScope(client), settings, hosts, cache) }
    return (visit, start, route) => follow(way, visit, start, route)
  })

/** Follows redirects, each of which is checked before anything is sent. */
const follow = Effect.fnUntraced(function*<A, E>(way: Way, visit: Visit, start: URL, route: Route<A, E>) {
  const cookies = route.cookies ?? Cookies.make()
  let sending = route.sending ?? Sending.plainGet
  let from: URL | undefined
  let url = start
  for (let hops = 0; hops <= route.maxRedirects; hops++) {
    const refusal = whyNot(way.settings, visit, url, from)
    if (refusal !== undefined) return yield* refusal
    const delayMillis = yield* route.admit(url, hops, sending.method)
    const mine = url.origin === start.origin ? sending : Sending.toOthers(sending)
    const result = yield* hop(way, { visit, url, sending: mine, delayMillis }, cookies, route)
    if ("answer" in result) return result.answer
    sending = Sending.afterRedirect(sending, result.status)
    from = url
    url = result.next
  }
  return yield* failed(visit.url, "TooManyRedirects", `it redirects more than ${route.maxRedirects} times`)
})

/** Asks for one hop: its answer, or where it leads. */
const hop = <A, E>(
  way: Way,
  { delayMillis, sending, url, visit }: Pick<Request<A>, "visit" | "url" | "sending" | "delayMillis">,
  cookies: Cookies.Cookies,
  route: Route<A, E>
) =>
  request<Hop<A>>(way, {
    visit,
    url,
    sending,
    cookie: cookies.header(url),
    delayMillis,
    retries: route.retries,
    read: (response) => {
      const redirect = redirectOf(response.status, response.headers["location"], url)
      if (redirect !== undefined && "problem" in redirect) {
        return Effect.andThen(discard(response), Effect.fail(failed(visit.url, "InvalidUrl", redirect.problem)))
      }
      const take = cookies.take(response.headers["set-cookie"], url)
      if (redirect !== undefined) {
        return take.pipe(
          Effect.andThen(discard(response)),
          Effect.as({ next: redirect.to, status: response.status })
        )
      }
      // Cookies of a visit end with it. Those of a crawl are taken first, because the answer may be one that we can't read.
      const takeFirst = route.cookies === undefined ? Effect.void : take
      return Effect.flatMap(
        Effect.andThen(takeFirst, route.read(response, url)),
        (answer): Effect.Effect<Hop<A>> => {
          const next = route.leadsTo?.(answer)
          if (next === undefined) return Effect.succeed({ answer })
          return Effect.as(route.cookies === undefined ? take : Effect.void, { next, status: 303 })
        }
      )
    }
  })

/** Makes one request in its turn, and again when that may help. */
const request = <A>(way: Way, what: Request<A>, attempts = 1): Effect.Effect<A, FetchFailed> =>
  Effect.catch(
    way.hosts.turn({
      host: what.url.host,
      delayMillis: what.delayMillis,
      deadline: what.visit.deadline
    })(attempt(way, what)),
    (last) =>
      last instanceof TooLate
        ? Effect.fail(tooLate(what, last))
        : Effect.andThen(waitToRetry(way, what, attempts, last), request(way, what, attempts + 1))
  )

const attempt = <A>(
  { send, settings }: Way,
  { cookie, read, retries, sending, url, visit }: Request<A>
): Effect.Effect<A, FetchFailed | ComeBack> =>
  Effect.gen(function*() {
    const response = yield* send(url, sending, cookie)
    if (!retries(response.status)) return yield* read(response)
    yield* discard(response)
    const now = yield* Clock.currentTimeMillis
    const after = Retry.retryAfterMillis(response.headers["retry-after"], response.headers["date"], now)
    return yield* Effect.fail(new ComeBack(statusFailed(visit, response), after))
  }).pipe(
    Effect.catchIf(
      HttpClientError.isHttpClientError,
      (error) => Effect.fail(ofTransport(visit.url, Addresses.hostAndPort(url), error, settings.proxy !== undefined))
    ),
    Effect.scoped,
    // What we trace is no business of the sites we read.
    Effect.provideService(HttpClient.TracerPropagationEnabled, false)
  )

/** Waits before the next attempt, or gives up with the failure of the last. */
const waitToRetry = Effect.fnUntraced(
  function*(
    { hosts, settings }: Way,
    { sending, url, visit }: Request<unknown>,
    attempts: number,
    last: FetchFailed | ComeBack
  ) {
    // A POST may do what it does twice.
    const retries = sending.method === "GET" ? settings.retries : 0
    const failure = last instanceof ComeBack ? last.failure : last
    if (!failure.retryable || attempts > retries) return yield* failure
    const asked = last instanceof ComeBack ? last.afterMillis : undefined
    const waitMillis = Math.max(asked ?? 0, Retry.backoffMillis(attempts, yield* Random.next))
    if (asked !== undefined) yield* hosts.pause(url.host, asked)
    if (Monotonic.plus(yield* Monotonic.now, waitMillis) >= visit.deadline) {
      const detail = `${failure.detail}; the next attempt may be made in ${Math.ceil(waitMillis / 1000)} seconds`
      return yield* failed(failure.url, failure.reason, detail, true)
    }
    yield* Effect.sleep(waitMillis)
  }
)

/** Sends a request with the scraper's own headers, through the cache if there is one. */
const sendingBy = (
  client: HttpClient.HttpClient.With<HttpClientError.HttpClientError, Scope.Scope>,
  settings: Settings,
  hosts: Hosts,
  cache: Cache | undefined
): Send => {
  const headers = {
    "user-agent": settings.userAgent,
    "accept": "text/html,application/xhtml+xml,application/xml;q=0.9,text/plain;q=0.8,*/*;q=0.1",
    "accept-encoding": acceptEncoding
  }
  return (url, { body, headers: more, method }, cookie) => {
    const all: Record<string, string> = {
      ...headers,
      ...more,
      ...(cookie === undefined ? {} : { cookie: joined(more["cookie"], cookie) })
    }
    const plain = HttpClientRequest.make(method)(url.href, { headers: all })
    const request = body === undefined ? plain : HttpClientRequest.bodyText(plain, body, all["content-type"])
    const timed = (request: HttpClientRequest.HttpClientRequest) =>
      hosts.timed(
        url.host,
        Effect.trackDuration(client.execute(request), responseSeconds, Duration.toSeconds)
      )
    return cache === undefined || method !== "GET"
      ? timed(request)
      : cache.through(
        { url: url.href, headers: all },
        (conditions) => timed(HttpClientRequest.setHeaders(request, conditions))
      )
  }
}

/** Cookies that were asked for and those of the jar, of the same name the former. */
const joined = (asked: string | undefined, jar: string): string => {
  if (asked === undefined) return jar
  const nameOf = (pair: string) => pair.split("=", 1).join("").trim()
  const names = new Set(asked.split(";").map(nameOf))
  return [asked, ...jar.split("; ").filter((pair) => !names.has(nameOf(pair)))].join("; ")
}

/** The failure of an answer that isn't a page. */
export const statusFailed = (visit: Visit, response: Answer): FetchFailed =>
  failed(visit.url, "Status", `the server answered HTTP ${response.status}`, Retry.isRetryableStatus(response.status))

const tooLate = ({ url, visit }: Request<unknown>, { inMillis }: TooLate): FetchFailed => {
  const seconds = Math.ceil(inMillis / 1000)
  return failed(visit.url, "TimedOut", `${url.host} asked to be left alone for ${seconds} more seconds`, true)
}

/** Checks an address before anything is sent to it, the first one as well as where a redirect leads. */
const whyNot = (settings: Settings, visit: Visit, url: URL, from: URL | undefined): FetchFailed | undefined => {
  const via = from === undefined ? "" : `it redirects to ${url.protocol}//${url.host.slice(0, 300)}: `
  if (url.protocol !== "http:" && url.protocol !== "https:") {
    return failed(visit.url, "InvalidUrl", `${via}only http and https are fetched, not ${url.protocol}`)
  }
  if (url.href.length > Addresses.longestUrl) {
    const detail = `${via}an address of ${url.href.length} characters is too long; the limit is ${Addresses.longestUrl}`
    return failed(visit.url, "InvalidUrl", detail)
  }
  if (url.username !== "" || url.password !== "") {
    return failed(visit.url, "InvalidUrl", `${via}a user or password in the address is not sent; leave it out`)
  }
  const forbidden = Addresses.whyForbidden(settings, url, from)
  return forbidden === undefined ? undefined : failed(visit.url, "Blocked", via + forbidden)
}

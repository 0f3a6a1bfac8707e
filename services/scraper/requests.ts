/**
 * One GET, as often as it takes: in turn with the others to its host, tried again when that may help, and redirects
 * followed by our own hand, because each hop is a new address to check.
 */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as HttpClient from "effect/http/HttpClient"
import * as HttpClientError from "effect/http/HttpClientError"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import type { HttpClientResponse } from "effect/http/HttpClientResponse"
import * as Metric from "effect/Metric"
import * as Random from "effect/Random"
import * as Monotonic from "../monotonic.ts"
import * as Addresses from "./addresses.ts"
import { acceptEncoding, discard } from "./body.ts"
import * as Cookies from "./cookies.ts"
import { failed, ofTransport } from "./failures.ts"
import { type Hosts, TooLate } from "./hosts.ts"
import { redirectOf } from "./redirects.ts"
import * as Retry from "./retry.ts"
import type { FetchFailed } from "./Scraper.ts"
import type { Settings } from "./settings.ts"

/** What a request is for: the address that failures name, and when all must be over. */
export interface Visit {
  readonly url: string
  readonly deadline: Monotonic.Moment
}

/** How redirects are followed. */
export interface Route<A, E = never> {
  readonly maxRedirects: number
  /** Which answers are worth another attempt. */
  readonly retries: (status: number) => boolean
  /** May refuse the hop after this many redirects. Returns how long to leave the host alone afterwards, in milliseconds. */
  readonly admit: (url: URL, hops: number) => Effect.Effect<number, FetchFailed | E>
  /** Reads the final answer; the connection is given back when it returns. */
  readonly read: (
    response: HttpClientResponse,
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
  readonly cookie: string | undefined
  readonly delayMillis: number
  readonly retries: (status: number) => boolean
  readonly read: (response: HttpClientResponse) => Effect.Effect<A, FetchFailed | HttpClientError.HttpClientError>
}

/** What one hop led to. */
type Hop<A> = { readonly answer: A } | { readonly next: URL }

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

export const make = (settings: Settings, hosts: Hosts): Effect.Effect<Requests, never, HttpClient.HttpClient> =>
  Effect.map(HttpClient.HttpClient, (httpClient) => {
    const client = HttpClient.withScope(httpClient)
    const headers = {
      "user-agent": settings.userAgent,
      "accept": "text/html,application/xhtml+xml,application/xml;q=0.9,text/plain;q=0.8,*/*;q=0.1",
      "accept-encoding": acceptEncoding
    }

    const attempt = <A>({ cookie, visit, url, retries, read }: Request<A>): Effect.Effect<A, FetchFailed | ComeBack> =>
      Effect.gen(function*() {
        const response = yield* client.execute(
          HttpClientRequest.get(url.href, { headers: cookie === undefined ? headers : { ...headers, cookie } })
        ).pipe(
          Effect.trackDuration(responseSeconds, Duration.toSeconds)
        )
        if (!retries(response.status)) return yield* read(response)
        yield* discard(response)
        const now = yield* Clock.currentTimeMillis
        const after = Retry.retryAfterMillis(response.headers["retry-after"], now)
        return yield* Effect.fail(new ComeBack(statusFailed(visit, response), after))
      }).pipe(
        Effect.catchIf(
          HttpClientError.isHttpClientError,
          (error) =>
            Effect.fail(ofTransport(visit.url, Addresses.hostAndPort(url), error, settings.proxy !== undefined))
        ),
        Effect.scoped,
        // What we trace is no business of the sites we read.
        Effect.provideService(HttpClient.TracerPropagationEnabled, false)
      )

    /** Waits before the next attempt, or gives up with the failure of the last. */
    const waitToRetry = Effect.fnUntraced(
      function*(visit: Visit, url: URL, attempts: number, last: FetchFailed | ComeBack) {
        const failure = last instanceof ComeBack ? last.failure : last
        if (!failure.retryable || attempts > settings.retries) return yield* failure
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

    const request = <A>(what: Request<A>, attempts = 1): Effect.Effect<A, FetchFailed> =>
      Effect.catch(
        hosts.turn({
          host: what.url.host,
          delayMillis: what.delayMillis,
          deadline: what.visit.deadline
        })(attempt(what)),
        (last) =>
          last instanceof TooLate
            ? Effect.fail(tooLate(what, last))
            : Effect.andThen(waitToRetry(what.visit, what.url, attempts, last), request(what, attempts + 1))
      )

    /** Asks for one hop: its answer, or where it leads. */
    const hop = <A, E>(visit: Visit, url: URL, cookies: Cookies.Cookies, delayMillis: number, route: Route<A, E>) =>
      request<Hop<A>>({
        visit,
        url,
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
            return take.pipe(Effect.andThen(discard(response)), Effect.as({ next: redirect.to }))
          }
          return Effect.flatMap(route.read(response, url), (answer): Effect.Effect<Hop<A>> => {
            const next = route.leadsTo?.(answer)
            return next === undefined ? Effect.succeed({ answer }) : Effect.as(take, { next })
          })
        }
      })

    return Effect.fnUntraced(function*<A, E>(visit: Visit, start: URL, route: Route<A, E>) {
      const cookies = Cookies.make()
      let from: URL | undefined
      let url = start
      for (let hops = 0; hops <= route.maxRedirects; hops++) {
        const refusal = whyNot(settings, visit, url, from)
        if (refusal !== undefined) return yield* refusal
        const result = yield* hop(visit, url, cookies, yield* route.admit(url, hops), route)
        if ("answer" in result) return result.answer
        from = url
        url = result.next
      }
      return yield* failed(visit.url, "TooManyRedirects", `it redirects more than ${route.maxRedirects} times`)
    })
  })

/** The failure of an answer that isn't a page. */
export const statusFailed = (visit: Visit, response: HttpClientResponse): FetchFailed =>
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

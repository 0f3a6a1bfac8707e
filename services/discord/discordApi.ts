/** Discord's REST API as effects. Rate limits are the library's: it queues by bucket and obeys `Retry-After`. */
import { DiscordAPIError, HTTPError, RateLimitError, REST } from "@discordjs/rest"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import * as Monotonic from "../monotonic.ts"
import { badToken, type Refused } from "./refusal.ts"
import type { Target } from "./target.ts"

/** A request that Discord refused, or that got no answer (`status` 0). `code` is Discord's own number, or 0. */
export class ApiError extends Schema.TaggedError<ApiError>()("ApiError", {
  request: Schema.String,
  status: Schema.Int,
  code: Schema.Int,
  detail: Schema.String
}) {
  /** Discord did not answer, failed itself, or is too busy: the same request may succeed later. */
  get isOutage(): boolean {
    return this.status === 0 || this.status === 429 || this.status >= 500
  }
  override get message(): string {
    return `${this.request}: ${this.status === 0 ? "no answer" : `HTTP ${this.status}`} (${this.detail})`
  }
}

/**
 * A request.
 *
 * **Details**
 * - `signed`: sent with the token. Default `true`; answers to interactions carry a token of their own.
 */
export interface RequestOptions {
  readonly body?: unknown
  readonly signed?: boolean
}

export interface DiscordApi {
  readonly request: (
    method: "get" | "post" | "put" | "patch",
    route: `/${string}`,
    options?: RequestOptions
  ) => Effect.Effect<unknown, ApiError>
  /** Fails when the token is refused: a signed request was answered with 401, or the gateway said so. */
  readonly refused: Deferred.Deferred<never, Refused>
}

const timeoutMillis = 10_000

/** Connects to the API of `target` for as long as the scope lives. */
export const make = Effect.fnUntraced(function*(target: Target) {
  const refused = yield* Deferred.make<never, Refused>()
  let library = connect(target)
  yield* Effect.addFinalizer(() => Effect.sync(() => disconnect(library.rest)))
  const rest = (): REST => {
    if (library.isOutdated()) {
      disconnect(library.rest)
      library = connect(target)
    }
    return library.rest
  }
  const request: DiscordApi["request"] = (method, route, { body, signed = true } = {}) =>
    Effect.tryPromise({
      try: (signal) => rest()[method](route, { body, auth: signed, signal }),
      catch: (error) => error
    }).pipe(
      // It was not sent, or refused with 429: the clock was set while it waited.
      Effect.retry({ while: (error) => error instanceof RateLimitError && canBeWaitedFor(error) }),
      Effect.mapError((error) => apiError(`${method.toUpperCase()} ${withoutTokens(route)}`, error)),
      Effect.tapError((error) => signed && error.status === 401 ? Deferred.fail(refused, badToken) : Effect.void)
    )
  return { request, refused }
})

/** A timer waits no longer than this; the library's would be over at once. */
const longestWaitMillis = 2 ** 31 - 1

/**
 * Whether the library can wait as it is told. Before it sends a request it waits for `timeToReset`, which is `retryAfter` as
 * well; after a 429 without a time to wait it would send the request again at once, and again.
 */
export const canBeWaitedFor = (
  { retryAfter, timeToReset }: { readonly retryAfter: number; readonly timeToReset: number }
): boolean => (retryAfter > 0 || retryAfter === timeToReset) && Math.max(retryAfter, timeToReset) <= longestWaitMillis

/** By how much the two clocks may differ from before: more than that, and the wall clock was set. */
const driftMillis = 2000

/**
 * Makes the library's client. It counts rate limits by the wall clock: once that was set back, it would wait for as
 * long. So it is outdated from then on, and rejects what would have to wait with `RateLimitError`.
 */
const connect = (target: Target) => {
  const difference = (): number => Date.now() - Monotonic.read()
  const before = difference()
  const isOutdated = (): boolean => Math.abs(difference() - before) > driftMillis
  const rest = new REST({
    version: "10",
    api: `${target.url}/api`,
    retries: 2,
    timeout: timeoutMillis,
    rejectOnRateLimit: (limit) => isOutdated() || !canBeWaitedFor(limit)
  }).setToken(Redacted.value(target.token))
  return { rest, isOutdated }
}

const disconnect = (rest: REST): void => {
  rest.clearHashSweeper()
  rest.clearHandlerSweeper()
}

/**
 * Goes on trying while Discord is out, for `limit` at most: after half a second, then less and less often, up to every
 * ten seconds.
 *
 * **Gotchas**
 * - A request whose answer was lost may have been carried out: give it only what changes nothing the second time.
 */
export const throughOutage =
  (limit: Duration.Input) => <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    Effect.flatMap(Monotonic.now, (began) => {
      const limitMillis = Duration.toMillis(limit)
      return Effect.retry(effect, {
        while: (error) =>
          error instanceof ApiError && error.isOutage
            ? Effect.map(Monotonic.now, (now) => now - began < limitMillis)
            : Effect.succeed(false),
        schedule: Schedule.jittered(
          Schedule.min([Schedule.exponential("500 millis"), Schedule.spaced("10 seconds")])
        )
      })
    })

/** Tokens of interactions are secrets of their users: they stay out of errors and logs. */
const withoutTokens = (route: string): string => route.replace(/^(\/(?:interactions|webhooks)\/\d+\/)[^/]+/, "$1…")

const apiError = (request: string, error: unknown): ApiError => {
  if (error instanceof RateLimitError) {
    return new ApiError({ request, status: 429, code: 0, detail: "it asks to come back later, and does not say when" })
  }
  const status = error instanceof DiscordAPIError || error instanceof HTTPError ? error.status : 0
  const code = error instanceof DiscordAPIError ? Number(error.code) || 0 : 0
  return new ApiError({ request, status, code, detail: describe(error) })
}

/** Says the deepest reason: of a refused connection that is the socket's error. */
const describe = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error)
  if (error.name === "AbortError") return `nothing came within ${timeoutMillis / 1000} seconds`
  if (error instanceof AggregateError && error.errors.length > 0) return describe(error.errors[0])
  return error.cause instanceof Error ? describe(error.cause) : error.message
}

/** Discord's REST API as effects. Rate limits are the library's: it queues by bucket and obeys `Retry-After`. */
import { DiscordAPIError, HTTPError, REST } from "@discordjs/rest"
import * as Deferred from "effect/Deferred"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import { badToken, type Refused } from "./refusal.ts"
import type { Target } from "./target.ts"

/** A request that Discord refused, or that got no answer (`status` 0). `code` is Discord's own number, or 0. */
export class ApiError extends Schema.TaggedError<ApiError>()("ApiError", {
  request: Schema.String,
  status: Schema.Int,
  code: Schema.Int,
  detail: Schema.String
}) {
  /** Discord did not answer, or failed itself: the same request may succeed later. */
  get isOutage(): boolean {
    return this.status === 0 || this.status >= 500
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
  const rest = yield* Effect.acquireRelease(
    Effect.sync(() =>
      new REST({ version: "10", api: `${target.url}/api`, retries: 2, timeout: timeoutMillis })
        .setToken(Redacted.value(target.token))
    ),
    (rest) =>
      Effect.sync(() => {
        rest.clearHashSweeper()
        rest.clearHandlerSweeper()
      })
  )
  const request: DiscordApi["request"] = (method, route, { body, signed = true } = {}) =>
    Effect.tryPromise({
      try: (signal) => rest[method](route, { body, auth: signed, signal }),
      catch: (error) => apiError(`${method.toUpperCase()} ${withoutTokens(route)}`, error)
    }).pipe(
      Effect.tapError((error) => signed && error.status === 401 ? Deferred.fail(refused, badToken) : Effect.void)
    )
  return { request, refused }
})

/**
 * Goes on trying while Discord is out, for `limit` at most: after half a second, then less and less often, up to every
 * ten seconds.
 *
 * **Gotchas**
 * - A request whose answer was lost may have been carried out: give it only what changes nothing the second time.
 */
export const throughOutage =
  (limit: Duration.Input) => <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    Effect.retry(effect, {
      while: (error) => error instanceof ApiError && error.isOutage,
      schedule: Schedule.min([Schedule.exponential("500 millis"), Schedule.spaced("10 seconds")]).pipe(
        Schedule.jittered,
        Schedule.upTo({ duration: limit })
      )
    })

/** Tokens of interactions are secrets of their users: they stay out of errors and logs. */
const withoutTokens = (route: string): string => route.replace(/^(\/(?:interactions|webhooks)\/\d+\/)[^/]+/, "$1…")

const apiError = (request: string, error: unknown): ApiError => {
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

/** The REST side: reads a request, applies the token and the rate limits, and runs its route. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { createHash } from "node:crypto"
import type { IncomingMessage, ServerResponse } from "node:http"
import type { Tally } from "./counters.ts"
import { parseJson } from "./frames.ts"
import { Buckets, Window } from "./rateLimits.ts"
import * as replies from "./replies.ts"
import type { Route } from "./routes.ts"
import { refusal } from "./visitors.ts"

/** A JSON of a megabyte takes up to 90 ms to parse. */
const maxBodyBytes = 1 << 18
const globalLimit = 50

/** How REST is out: it answers 503, hangs up, or does what it is asked and answers 504, like a proxy that lost patience. */
export type Outage = "unavailable" | "unreachable" | "unheard"

export class Rest {
  readonly #tally: Tally
  readonly #accepts: (token: string) => boolean
  readonly #routes: ReadonlyArray<Compiled>
  readonly #buckets = new Buckets()
  readonly #global = new Window(globalLimit, 1000)
  /** How long each request waits before it is looked at. */
  holdMillis = 0
  outage: Outage | null = null
  /** How many of the next requests are refused with 429, and what they are told. */
  refusals = { left: 0, retryAfterMillis: 1000 }

  constructor(routes: ReadonlyArray<Route>, tally: Tally, accepts: (token: string) => boolean) {
    this.#routes = routes.map(compile)
    this.#tally = tally
    this.#accepts = accepts
  }

  /** Answers one request. A client that hangs up in the middle gets nothing. */
  serve(request: IncomingMessage, response: ServerResponse): Effect.Effect<void> {
    return Effect.gen({ self: this }, function*() {
      this.#tally.add("restRequests")
      const refused = refusal(request)
      if (refused !== undefined) return write(response, refused)
      const text = yield* readBody(request)
      if (this.holdMillis > 0) yield* Effect.sleep(this.holdMillis)
      if (this.outage === "unreachable") return void response.destroy()
      const reply = yield* Effect.sync(() =>
        Option.match(text, {
          onNone: () => replies.tooLarge,
          onSome: (body) => this.#answer(request, body, performance.now())
        })
      ).pipe(
        Effect.tapDefect((defect) => Effect.logError("The Discord sandbox has a bug", defect)),
        Effect.catchDefect(() => Effect.succeed(replies.broken))
      )
      if (reply.status === 429) this.#tally.add("rateLimited")
      if (reply.status === 401) this.#tally.add("unauthorized")
      write(response, this.outage === "unheard" ? replies.timedOut : reply)
    })
  }

  #answer(request: IncomingMessage, text: string, nowMillis: number): replies.Reply {
    if (this.outage === "unavailable") return replies.unavailable
    if (this.refusals.left > 0) {
      this.refusals = { ...this.refusals, left: this.refusals.left - 1 }
      return replies.rateLimited(this.refusals.retryAfterMillis, "user")
    }
    if (request.headers["content-type"]?.startsWith("multipart/") === true) return replies.jsonOnly
    const [path = "", query] = (request.url ?? "").split("?")
    const target = [request.method ?? "GET", ...segmentsOf(path)]
    for (const route of this.#routes) {
      const ids = match(route, target)
      if (ids !== undefined) return this.#limited(route, ids, request, new URLSearchParams(query), text, nowMillis)
    }
    return replies.noRoute
  }

  #limited(
    route: Compiled,
    ids: readonly [string, string, string],
    request: IncomingMessage,
    query: URLSearchParams,
    text: string,
    nowMillis: number
  ): replies.Reply {
    if (route.open !== true) {
      const [scheme, token] = (request.headers.authorization ?? "").split(" ")
      if (scheme !== "Bot" || !this.#accepts(token ?? "")) return replies.unauthorized
      const all = this.#global.take(nowMillis)
      if (!all.ok) return replies.rateLimited(all.resetAtMillis - nowMillis, "global")
    }
    const verdict = this.#buckets.take(`${route.at} ${majorOf(route, ids)}`, route.limit, nowMillis)
    const headers = {
      "x-ratelimit-bucket": route.bucket,
      "x-ratelimit-limit": String(route.limit.limit),
      "x-ratelimit-remaining": String(verdict.remaining),
      "x-ratelimit-reset": ((Date.now() + verdict.resetAtMillis - nowMillis) / 1000).toFixed(3),
      "x-ratelimit-reset-after": ((verdict.resetAtMillis - nowMillis) / 1000).toFixed(3)
    }
    const reply = verdict.ok
      ? Option.match(text === "" ? Option.some({}) : parseJson(text), {
        onNone: () => replies.badJson,
        onSome: (body) => route.handle({ ids, query, body })
      })
      : replies.rateLimited(verdict.resetAtMillis - nowMillis, "user")
    return { ...reply, headers: { ...headers, ...reply.headers } }
  }
}

interface Compiled extends Route {
  readonly segments: ReadonlyArray<string>
  readonly bucket: string
}

const compile = (route: Route): Compiled => ({
  ...route,
  segments: route.at.split(/[ /]+/),
  bucket: createHash("sha256").update(route.at).digest("hex").slice(0, 32)
})

/** The path without `/api` and `/v10`, and whatever slashes a client doubled. */
const segmentsOf = (path: string): ReadonlyArray<string> => {
  const segments = path.split("/").filter((segment) => segment !== "").map(decodeSegment)
  const unprefixed = segments[0] === "api" ? segments.slice(1) : segments
  return unprefixed[0] === "v10" ? unprefixed.slice(1) : unprefixed
}

const decodeSegment = (segment: string): string =>
  Option.getOrElse(Option.liftThrowable(decodeURIComponent)(segment), () => segment)

const match = (route: Compiled, target: ReadonlyArray<string>): readonly [string, string, string] | undefined => {
  if (route.segments.length !== target.length) return undefined
  const ids: Array<string> = []
  for (const [index, segment] of route.segments.entries()) {
    const given = target[index] ?? ""
    if (segment.startsWith(":")) ids.push(given)
    else if (segment !== given) return undefined
  }
  const [first = "", second = "", third = ""] = ids
  return [first, second, third]
}

/** The part of the path that has its own bucket. */
const majorOf = (route: Compiled, [first, second]: readonly [string, string, string]): string =>
  route.segments[1] === "webhooks" || route.segments[1] === "interactions" ? `${first} ${second}` : first

/** The body as text, none when it is too large. */
const readBody = (request: IncomingMessage): Effect.Effect<Option.Option<string>> =>
  Effect.callback((resume) => {
    const chunks: Array<Buffer> = []
    let bytes = 0
    request.on("data", (chunk: Buffer) => {
      bytes += chunk.length
      if (bytes <= maxBodyBytes) chunks.push(chunk)
    })
    request.once("end", () =>
      resume(Effect.succeed(bytes > maxBodyBytes ? Option.none() : Option.some(Buffer.concat(chunks).toString()))))
    request.once("error", () =>
      resume(Effect.interrupt))
  })

const write = (response: ServerResponse, { body, headers, status }: replies.Reply): void => {
  if (response.destroyed) return
  response.writeHead(status, { ...(body === undefined ? {} : { "content-type": "application/json" }), ...headers })
  response.end(body === undefined ? undefined : JSON.stringify(body))
}

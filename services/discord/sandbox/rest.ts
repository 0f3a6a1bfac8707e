/** The REST side: reads a request, applies the token and the rate limits, and runs its route. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { createHash } from "node:crypto"
import type { IncomingMessage, ServerResponse } from "node:http"
import type { Tally } from "./counters.ts"
import { type Body, isMultipart, maxFileBytes, readMultipart } from "./files.ts"
import { parseJson } from "./frames.ts"
import { readBytes, write } from "./http.ts"
import { Buckets, Window } from "./rateLimits.ts"
import * as replies from "./replies.ts"
import { type Route, usualLimit } from "./routes/route.ts"

/** A JSON of a megabyte takes up to 90 ms to parse. */
const maxJsonBytes = 1 << 18
/** Discord's limit for a request with files. */
const maxFormBytes = 25 << 20
const globalLimit = 50
/** Unknown routes that are reported. */
const mostNoted = 100

/** How REST is out: it answers 503, hangs up, or does what it is asked and answers 504, like a proxy that lost patience. */
export type Outage = "unavailable" | "unreachable" | "unheard"

type Ids = readonly [string, string, string, string]

export class Rest {
  readonly #tally: Tally
  readonly #accepts: (token: string) => boolean
  readonly #unknown: (route: string) => void
  readonly #routes: ReadonlyArray<Compiled>
  readonly #buckets = new Buckets()
  readonly #global = new Window(globalLimit, 1000)
  /** The unknown routes that were reported. */
  readonly #noted = new Set<string>()
  /** How long each request waits before it is looked at. */
  holdMillis = 0
  outage: Outage | null = null
  /** How many of the next requests are refused with 429, and what they are told. */
  refusals = { left: 0, retryAfterMillis: 1000 }

  constructor(of: {
    readonly routes: ReadonlyArray<Route>
    readonly tally: Tally
    readonly accepts: (token: string) => boolean
    /** Called with a route that the sandbox has not. */
    readonly unknown: (route: string) => void
  }) {
    this.#routes = of.routes.map(compile)
    this.#tally = of.tally
    this.#accepts = of.accepts
    this.#unknown = of.unknown
  }

  /** Answers one request. A client that hangs up in the middle gets nothing. */
  serve(request: IncomingMessage, response: ServerResponse): Effect.Effect<void> {
    return Effect.gen({ self: this }, function*() {
      this.#tally.add("restRequests")
      const refused = this.#turnedAway(request)
      if (refused !== undefined) return write(response, this.#counted(refused))
      const bytes = yield* readBytes(
        request,
        isMultipart(request.headers["content-type"]) ? maxFormBytes : maxJsonBytes
      )
      if (this.holdMillis > 0) yield* Effect.sleep(this.holdMillis)
      if (this.outage === "unreachable") return void response.destroy()
      const answer = Option.isNone(bytes)
        ? Effect.succeed(replies.tooLarge)
        : Effect.suspend(() => this.#answer(request, bytes.value, performance.now()))
      const reply = yield* answer.pipe(
        Effect.tapDefect((defect) => Effect.logError("The Discord sandbox has a bug", defect)),
        Effect.catchDefect(() => Effect.succeed(replies.broken))
      )
      this.#counted(reply)
      write(response, this.outage === "unheard" ? replies.timedOut : reply)
    })
  }

  #counted(reply: replies.Reply): replies.Reply {
    if (reply.status === 429) this.#tally.add("rateLimited")
    if (reply.status === 401) this.#tally.add("unauthorized")
    return reply
  }

  /** Refuses before the body is read what needs no body to be refused: strangers send many, and large ones. */
  #turnedAway(request: IncomingMessage): replies.Reply | undefined {
    if (this.holdMillis > 0 || this.outage !== null || this.refusals.left > 0) return undefined
    const found = this.#find(request)
    if ("unknown" in found) return this.#note(found.unknown)
    const { ids, route } = found
    return route.open === true ? route.turnsAway?.(ids) : this.#stranger(request)
  }

  #find({ method = "GET", url = "" }: IncomingMessage) {
    const target = [method, ...segmentsOf(url.split("?", 1).join(""))]
    for (const route of this.#routes) {
      const ids = match(route, target)
      if (ids !== undefined) return { route, ids }
    }
    return { unknown: `${target[0]} /${target.slice(1).join("/")}`.slice(0, 200) }
  }

  #answer(request: IncomingMessage, bytes: Buffer<ArrayBuffer>, nowMillis: number): Effect.Effect<replies.Reply> {
    if (this.outage === "unavailable") return Effect.succeed(replies.unavailable)
    if (this.refusals.left > 0) {
      this.refusals = { ...this.refusals, left: this.refusals.left - 1 }
      return Effect.succeed(replies.rateLimited(this.refusals.retryAfterMillis, "user"))
    }
    const found = this.#find(request)
    if ("unknown" in found) return Effect.succeed(this.#note(found.unknown))
    const { ids, route } = found
    const refused = this.#refusal(route, request, nowMillis)
    const query = (request.url ?? "").split("?")[1]
    return refused === undefined
      ? this.#limited(route, ids, request, new URLSearchParams(query), bytes, nowMillis)
      : Effect.succeed(refused)
  }

  /** Reports a route that is not there, once: a stranger may ask for as many as they like. */
  #note(route: string): replies.Reply {
    if (!this.#noted.has(route) && this.#noted.size < mostNoted) {
      this.#noted.add(route)
      this.#unknown(route)
    }
    return replies.noSuchRoute(route)
  }

  /** The token, and the limit of all requests with it. */
  #refusal(route: Compiled, request: IncomingMessage, nowMillis: number): replies.Reply | undefined {
    if (route.open === true) return undefined
    const stranger = this.#stranger(request)
    if (stranger !== undefined) return stranger
    const all = this.#global.take(nowMillis)
    return all.ok ? undefined : replies.rateLimited(all.resetAtMillis - nowMillis, "global")
  }

  #stranger({ headers }: IncomingMessage): replies.Reply | undefined {
    const [scheme, token] = (headers.authorization ?? "").split(" ")
    return scheme === "Bot" && this.#accepts(token ?? "") ? undefined : replies.unauthorized
  }

  #limited(
    route: Compiled,
    ids: Ids,
    request: IncomingMessage,
    query: URLSearchParams,
    bytes: Buffer<ArrayBuffer>,
    nowMillis: number
  ): Effect.Effect<replies.Reply> {
    const limit = route.limit ?? usualLimit
    const verdict = this.#buckets.take(`${route.at} ${majorOf(route, ids)}`, limit, nowMillis)
    const headers = {
      "x-ratelimit-bucket": route.bucket,
      "x-ratelimit-limit": String(limit.limit),
      "x-ratelimit-remaining": String(verdict.remaining),
      "x-ratelimit-reset": ((Date.now() + verdict.resetAtMillis - nowMillis) / 1000).toFixed(3),
      "x-ratelimit-reset-after": ((verdict.resetAtMillis - nowMillis) / 1000).toFixed(3)
    }
    const reply = verdict.ok
      ? Effect.map(readBody(request, bytes), (body) => "status" in body ? body : route.handle({ ids, query, ...body }))
      : Effect.succeed(replies.rateLimited(verdict.resetAtMillis - nowMillis, "user"))
    return Effect.map(reply, (reply) => ({ ...reply, headers: { ...headers, ...reply.headers } }))
  }
}

/** Reads JSON, alone or with files. */
const readBody = Effect.fnUntraced(function*(request: IncomingMessage, bytes: Buffer<ArrayBuffer>) {
  const type = request.headers["content-type"]
  const form: Option.Option<Body> = type !== undefined && isMultipart(type)
    ? yield* readMultipart(type, bytes)
    : Option.some({ json: bytes.toString(), files: [] })
  if (Option.isNone(form)) return replies.badForm
  const { files, json } = form.value
  if (json.length > maxJsonBytes || files.some(({ bytes }) => bytes.length > maxFileBytes)) return replies.tooLarge
  return Option.match(json === "" ? Option.some({}) : parseJson(json), {
    onNone: () => replies.badJson,
    onSome: (body) => ({ body, files })
  })
})

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

const match = (route: Compiled, target: ReadonlyArray<string>): Ids | undefined => {
  if (route.segments.length !== target.length) return undefined
  const ids: Array<string> = []
  for (const [index, segment] of route.segments.entries()) {
    const given = target[index] ?? ""
    if (segment.startsWith(":")) ids.push(given)
    else if (segment !== given) return undefined
  }
  const [first = "", second = "", third = "", fourth = ""] = ids
  return [first, second, third, fourth]
}

/** The part of the path that has its own bucket. */
const majorOf = (route: Compiled, [first, second]: Ids): string =>
  route.segments[1] === "webhooks" || route.segments[1] === "interactions" ? `${first} ${second}` : first

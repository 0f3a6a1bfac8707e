/**
 * Decides who may talk to the server, and sends every answer with headers that keep browsers strict.
 *
 * Two dangers are met besides strangers: a page on another site that makes the operator's browser send requests here
 * (refused by `Origin` and `Sec-Fetch-Site`), and a name that an attacker re-points to 127.0.0.1 (refused by `Host`).
 */
import * as ByteSize from "effect/ByteSize"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import { HttpApiSchemaError } from "effect/http-api/HttpApiError"
import * as HttpIncomingMessage from "effect/http/HttpIncomingMessage"
import * as HttpServerError from "effect/http/HttpServerError"
import { HttpServerRequest } from "effect/http/HttpServerRequest"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import { createHash, timingSafeEqual } from "node:crypto"
import { isIP } from "node:net"
import { clientAddress } from "./clients.ts"
import * as guesses from "./guesses.ts"
import { isLoopback, type Settings } from "./settings.ts"

/** What a decision needs to know of a request. Header names are in lower case. */
export interface Incoming {
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string | undefined>>
}

/** Why a request is not served. */
export interface Refusal {
  readonly status: 401 | 403 | 421 | 429
  readonly why: string
  readonly retryAfterSeconds?: number
}

/** What the guard knows of the server's addresses. */
export interface Addresses {
  /** The files of the page, which has to load to ask for the token. */
  readonly files: ReadonlySet<string>
  /** The methods that a path takes, for the header `Allow` of a 405; empty for a path that there is not. */
  readonly allowed: (path: string) => ReadonlyArray<string>
}

/** Decides whether to serve a request; undefined means yes. Health is open to everybody. */
export const refuse = (
  request: Incoming,
  settings: Settings,
  files: Addresses["files"]
): Refusal | undefined => {
  if (isOpen(request.path)) return undefined
  const host = request.headers["host"] ?? ""
  if (!isAllowedHost(host, settings)) {
    return {
      status: 421,
      why: `This server is not "${host}". Use its own address, or add the name to HEDDLE_HOSTS.`
    }
  }
  if (!isSameOrigin(request, host)) {
    return { status: 403, why: "Requests from pages of other sites are not served." }
  }
  if (settings.token !== undefined && !files.has(request.path) && !isToken(request, settings.token)) {
    return { status: 401, why: "Send the token that HEDDLE_TOKEN holds: Authorization: Bearer <token>." }
  }
  return undefined
}

const isOpen = (path: string): boolean => /^\/(livez|readyz|healthz|health\/[^/]+)$/.test(path)

/** A literal address can't be re-pointed, so on a public interface any is good; names must be listed. */
const isAllowedHost = (header: string, settings: Settings): boolean => {
  const name = header.toLowerCase().replace(/:\d+$/, "")
  const address = name.replace(/^\[|\]$/g, "")
  return isLoopback(name) || settings.hosts.includes(name) ||
    (!isLoopback(settings.host) && isIP(address) !== 0)
}

const isSameOrigin = ({ headers, method }: Incoming, host: string): boolean => {
  const origin = headers["origin"]
  if (origin !== undefined && origin !== `http://${host}` && origin !== `https://${host}`) return false
  const site = headers["sec-fetch-site"]
  const follows = method === "GET" && headers["sec-fetch-mode"] === "navigate" &&
    headers["sec-fetch-dest"] === "document"
  return site === undefined || site === "same-origin" || site === "none" || follows
}

const isToken = ({ headers }: Incoming, token: Redacted.Redacted): boolean => {
  const given = /^Bearer (.+)$/i.exec(headers["authorization"] ?? "")?.[1] ?? ""
  return timingSafeEqual(digest(given), digest(Redacted.value(token)))
}

const digest = (text: string) => createHash("sha256").update(text).digest()

const headers = {
  "content-security-policy": "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; " +
    "object-src 'none'",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin"
}

const plain = { "content-type": "text/plain; charset=utf-8" }

/**
 * Guards an HTTP app: refuses, limits bodies to 64 KB, and turns whatever fails into an answer with a text.
 *
 * **Gotchas**
 * - A failure of the app itself is logged here with its cause, and told to the client without it.
 */
export const guard = (settings: Settings, addresses: Addresses) => {
  const guessed = guesses.make()
  return <E, R>(app: Effect.Effect<HttpServerResponse.HttpServerResponse, E, R>) =>
    Effect.gen(function*() {
      const request = yield* HttpServerRequest
      const { headers: sent, method } = request
      const refusal = refuse({ method, path: pathOf(request), headers: sent }, settings, addresses.files)
      const refused = refusal?.status === 401 && sent["authorization"] !== undefined
        ? limited(refusal, guessed, addressOf(request, settings), performance.now())
        : refusal
      const response = refused === undefined ? yield* answer(app, request, addresses) : HttpServerResponse.text(
        `${refused.why}\n`,
        { status: refused.status, headers: { ...plain, ...more(refused) } }
      )
      return HttpServerResponse.setHeaders(
        response,
        "cache-control" in response.headers ? headers : { ...headers, "cache-control": "no-store" }
      )
    }).pipe(Effect.provideService(HttpIncomingMessage.MaxBodySize, ByteSize.kibibytes(64)))
}

const pathOf = ({ url }: Pick<HttpServerRequest, "url">): string => url.split("?", 1)[0] ?? "/"

/** The client's address: that of the connection, or behind a trusted proxy the one that it names. */
const addressOf = (request: HttpServerRequest, { proxies }: Settings): string =>
  clientAddress(
    Option.getOrElse(request.remoteAddress, () => ""),
    request.headers["x-forwarded-for"],
    proxies
  )

const more = ({ retryAfterSeconds, status }: Refusal): Readonly<Record<string, string>> =>
  status === 401
    ? { "www-authenticate": "Bearer" }
    : retryAfterSeconds === undefined
    ? {}
    : { "retry-after": String(retryAfterSeconds) }

/** Counts a wrong token; the client that has sent too many gets 429 for it. */
const limited = (refusal: Refusal, guessed: guesses.Guesses, address: string, nowMillis: number): Refusal => {
  const retryAfterSeconds = Math.ceil(guessed.wrong(address, nowMillis) / 1000)
  return retryAfterSeconds === 0 ? refusal : {
    status: 429,
    why: `Too many wrong tokens came from your address. Wait ${retryAfterSeconds} s, or send the right one.`,
    retryAfterSeconds
  }
}

/** Answers a request that is served, and one whose handler fails with 500. */
const answer = <E, R>(
  app: Effect.Effect<HttpServerResponse.HttpServerResponse, E, R>,
  request: HttpServerRequest,
  { allowed }: Addresses
) =>
  Effect.catchCause(app, (cause) => {
    if (Cause.hasInterruptsOnly(cause)) return Effect.failCause(cause)
    const methods = isRouteNotFound(cause) ? allowed(pathOf(request)) : []
    // A path that can't be decoded fits a route by its form, and is none.
    const isWrong = methods.length > 0 && !methods.includes(request.method)
    if (isWrong) return Effect.succeed(wrongMethod(request.method, methods.join(", ")))
    return Effect.flatMap(HttpServerError.causeResponse(cause), ([response]) => {
      const log = response.status === 500
        ? Effect.logError(`${request.method} ${request.url} failed`, cause)
        : Effect.void
      return Effect.as(log, response.body._tag === "Empty" ? withText(response, cause) : response)
    })
  })

const isRouteNotFound = (cause: Cause.Cause<unknown>): boolean => {
  const error = Cause.squash(cause)
  return HttpServerError.isHttpServerError(error) && error.reason._tag === "RouteNotFound"
}

const wrongMethod = (method: string, allow: string): HttpServerResponse.HttpServerResponse =>
  HttpServerResponse.text(`This address does not take ${method}; it takes ${allow}.\n`, {
    status: 405,
    headers: { ...plain, allow }
  })

const texts: Readonly<Record<number, string>> = {
  400: "The request can't be read.",
  404: "There is nothing at this address.",
  413: "The request is larger than 64 KB.",
  500: "This server made a mistake; its log says which.",
  503: "The server is closing."
}

const withText = (response: HttpServerResponse.HttpServerResponse, cause: Cause.Cause<unknown>) => {
  const error = Cause.squash(cause)
  const text = HttpApiSchemaError.is(error) && response.status === 400
    ? `The request does not fit: ${error.cause.message}`
    : texts[response.status] ?? `Status ${response.status}.`
  return HttpServerResponse.text(`${text}\n`, { status: response.status, headers: plain })
}

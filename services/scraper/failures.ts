/**
 * What went wrong, in the words of the protocol.
 */
import type { HttpClientError } from "effect/http/HttpClientError"
import { privateOrigin } from "./addresses.ts"
import { FetchFailed } from "./Scraper.ts"

/** Makes a failure that trying again won't change, unless said otherwise. */
export const failed = (
  url: string,
  reason: FetchFailed["reason"],
  detail: string,
  retryable = false,
  failedBy?: FetchFailed["failedBy"]
): FetchFailed => new FetchFailed({ url, reason, detail, retryable, ...(failedBy === undefined ? {} : { failedBy }) })

/**
 * Names the cause of a request that got no answer, or half of one.
 *
 * **Details**
 * - `origin`: where the request went, as `host:port`. `proxied`: a proxy stood in between, so that who hung up or was slow
 *   can't be told; what the proxy did or said of itself is its own failure.
 */
export const ofTransport = (url: string, origin: string, error: HttpClientError, proxied = false): FetchFailed => {
  const root = rootCause(error)
  const code = codeOf(root)
  if (code === "ERR_IP_BLOCKED") return failed(url, "Blocked", privateOrigin(origin))
  if (root instanceof ProxyUnreachable) return ofProxy(url, origin, root)
  if (code.startsWith("UND_ERR_SOCKS5")) return ofSocks(url, origin, code)
  const said = proxied ? httpProxySaid(root) : undefined
  if (said !== undefined) return ofHttpProxy(url, origin, said)
  const { detail, reason, retryable } = ofConnection(root, code)
  const through = proxied ? " (or the proxy in between)" : ""
  return failed(url, reason, `${origin}${through}${detail}`, retryable, proxied ? undefined : "Site")
}

/** What became of a connection, by the code of its error; `detail` goes on behind the name of the server. */
const ofConnection = (root: unknown, code: string): Pick<FetchFailed, "reason" | "detail" | "retryable"> => {
  const timedOut = timeouts[code]
  if (timedOut !== undefined) return { reason: "TimedOut", detail: ` ${timedOut}`, retryable: true }
  const known = unreachable[code]
  if (known !== undefined) return { reason: "Unreachable", detail: ` ${known.detail}`, retryable: known.retryable }
  if (code.startsWith("HPE_")) return { reason: "Malformed", detail: ` doesn't speak HTTP (${code})`, retryable: false }
  if (/CERT|SSL|TLS|ALTNAME/.test(code)) {
    return { reason: "Unreachable", detail: ` can't prove who it is (${code})`, retryable: false }
  }
  const text = root instanceof Error && root.message !== "" ? root.message : "the connection failed"
  return { reason: "Unreachable", detail: `: ${text}${code === "" ? "" : ` (${code})`}`, retryable: true }
}

/** The proxy itself could not be connected to: whatever was asked for has no part in it. */
export class ProxyUnreachable extends Error {
  override readonly name = "ProxyUnreachable"
}

const ofProxy = (url: string, origin: string, { cause }: ProxyUnreachable): FetchFailed => {
  const code = codeOf(rootCauseOf(cause))
  const why = timeouts[code]?.replace(/ \(.*/, "") ?? unreachable[code]?.detail ?? `failed (${code})`
  const detail = `the proxy ${why}, so ${origin} was not asked; see to SCRAPER_PROXY`
  return failed(url, timeouts[code] === undefined ? "Unreachable" : "TimedOut", detail, true, "Proxy")
}

/** What a SOCKS5 proxy said: of the site, when it tried to reach it, and else of itself. */
const ofSocks = (url: string, origin: string, code: string): FetchFailed => {
  const reply = /^UND_ERR_SOCKS5_REPLY_(\d+)$/.exec(code)?.[1]
  if (reply !== undefined) {
    const said = `the proxy could not reach ${origin}: ${socksReplies[reply] ?? `reply ${reply}`}`
    const ofSite = ["3", "4", "5", "6", "240", "241", "244", "246"].includes(reply)
    return failed(url, "Unreachable", said, ["1", "3", "4", "5", "6"].includes(reply), ofSite ? "Site" : "Proxy")
  }
  const refused = code === "UND_ERR_SOCKS5_AUTH_FAILED" || code === "UND_ERR_SOCKS5_AUTH_REJECTED"
  const why = refused
    ? "the proxy refused our user and password"
    : `the proxy doesn't speak SOCKS5 as it should (${code})`
  return failed(url, "Unreachable", `${origin} wasn't reached: ${why}`, false, "Proxy")
}

/** The status with which an HTTP proxy refused; undefined if it did not. */
const httpProxySaid = (root: unknown): number | undefined => {
  const message = root instanceof Error ? root.message : ""
  const [, status] = /^Proxy (?:Authentication Required|response) \((\d{3})\)/.exec(message) ?? []
  return status === undefined ? undefined : Number(status)
}

const ofHttpProxy = (url: string, origin: string, status: number): FetchFailed => {
  if (status === 407) {
    return failed(
      url,
      "Unreachable",
      `${origin} wasn't reached: the proxy refused our user and password`,
      false,
      "Proxy"
    )
  }
  const ofSite = status === 502 || status === 504
  const detail = `the proxy could not reach ${origin}: it answered HTTP ${status}`
  return failed(url, "Unreachable", detail, status >= 500, ofSite ? "Site" : "Proxy")
}

const timeouts: Readonly<Record<string, string>> = {
  UND_ERR_CONNECT_TIMEOUT: "didn't take the connection in time (SCRAPER_CONNECT_TIMEOUT)",
  ETIMEDOUT: "didn't take the connection in time",
  UND_ERR_HEADERS_TIMEOUT: "didn't begin to answer in time (SCRAPER_FIRST_BYTE_TIMEOUT)",
  UND_ERR_BODY_TIMEOUT: "stopped in the middle of its answer (SCRAPER_IDLE_TIMEOUT)"
}

const unreachable: Readonly<Record<string, { readonly detail: string; readonly retryable: boolean }>> = {
  ENOTFOUND: { detail: "is a name that doesn't exist", retryable: false },
  EAI_AGAIN: { detail: "could not be looked up for now", retryable: true },
  ECONNREFUSED: { detail: "refused the connection", retryable: true },
  ECONNRESET: { detail: "closed the connection", retryable: true },
  UND_ERR_SOCKET: { detail: "closed the connection", retryable: true },
  EHOSTUNREACH: { detail: "can't be reached from here", retryable: true },
  ENETUNREACH: { detail: "can't be reached from here", retryable: true },
  UND_ERR_HEADERS_OVERFLOW: { detail: "answered with a head that is too large", retryable: false }
}

/** Source: RFC 1928; 240 and up: Tor's `ExtendedErrors`. */
const socksReplies: Readonly<Record<string, string>> = {
  1: "general failure",
  2: "not allowed by its rules",
  3: "network unreachable",
  4: "host unreachable",
  5: "connection refused",
  6: "time to live expired",
  240: "the onion service's descriptor was not found",
  241: "the onion service's descriptor is invalid",
  244: "the onion service wants client authorization",
  246: "the onion address is invalid"
}

/** Effect wraps undici's error, and Node's happy eyeballs wrap one error for each address. */
const rootCause = (error: HttpClientError): unknown => rootCauseOf(error)

const rootCauseOf = (error: unknown): unknown => {
  let cause: unknown = error
  for (let depth = 0; depth < 8; depth++) {
    if (cause instanceof ProxyUnreachable) return cause
    if (cause instanceof AggregateError && codeOf(cause) === "" && cause.errors.length > 0) cause = cause.errors[0]
    else if (cause instanceof Error && cause.cause !== undefined && !codeOf(cause).startsWith("UND_ERR_")) {
      cause = cause.cause
    } else break
  }
  return cause
}

const codeOf = (cause: unknown): string =>
  cause instanceof Error && "code" in cause && typeof cause.code === "string" ? cause.code : ""

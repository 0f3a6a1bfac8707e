/**
 * Keeps web pages out of the sandbox, but for its own: it is for programs and people on this machine.
 *
 * A browser names the page that sends a request in `Origin`, which no Discord library does; and a name that an attacker
 * points to 127.0.0.1 (DNS rebinding) shows in `Host`.
 */
import type { IncomingMessage } from "node:http"
import { isIPv4 } from "node:net"
import * as replies from "./replies.ts"

type Asking = Pick<IncomingMessage, "headers">

/** Decides whether to turn a bot's request or upgrade away; undefined means no. */
export const refusal = (request: Asking): replies.Reply | undefined =>
  request.headers.origin !== undefined || request.headers["sec-fetch-site"] !== undefined
    ? replies.noPages
    : foreignName(request)

/** Decides whether to turn a browser away that wants to do something: only the sandbox's own page may. */
export const notOwnPage = (request: Asking): replies.Reply | undefined => {
  const { host = "", origin, "sec-fetch-site": site } = request.headers
  const isOther = (site !== undefined && site !== "same-origin") ||
    (origin !== undefined && origin !== `http://${host}`)
  return isOther ? replies.noPages : foreignName(request)
}

/** Decides whether to turn away who wants to see a file: pages elsewhere, and names that are not this machine's. */
export const foreign = (request: Asking): replies.Reply | undefined =>
  request.headers["sec-fetch-site"] === "cross-site" ? replies.noPages : foreignName(request)

/** Decides whether to turn a request away that names another machine. */
export const foreignName = ({ headers }: Asking): replies.Reply | undefined => {
  const name = (headers.host ?? "").toLowerCase().replace(/:\d+$/, "")
  const isLoopback = name === "localhost" || name === "[::1]" || (isIPv4(name) && name.startsWith("127."))
  return isLoopback ? undefined : replies.foreignHost
}

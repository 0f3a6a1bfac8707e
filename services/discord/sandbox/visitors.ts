/**
 * Keeps web pages out of the sandbox: it is for programs on this machine.
 *
 * A browser names the page that sends a request in `Origin`, which no Discord library does; and a name that an attacker
 * points to 127.0.0.1 (DNS rebinding) shows in `Host`.
 */
import type { IncomingMessage } from "node:http"
import * as replies from "./replies.ts"

type Asking = Pick<IncomingMessage, "headers">

/** Decides whether to turn a bot's request or upgrade away; undefined means no. */
export const refusal = (request: Asking): replies.Reply | undefined =>
  request.headers.origin !== undefined || request.headers["sec-fetch-site"] !== undefined
    ? replies.noPages
    : wrongHost(request)

/** Decides whether to turn away who wants to see a file: pages elsewhere, and names that are not this machine's. */
export const foreign = (request: Asking): replies.Reply | undefined =>
  request.headers["sec-fetch-site"] === "cross-site" ? replies.noPages : wrongHost(request)

const wrongHost = ({ headers }: Asking): replies.Reply | undefined => {
  const name = (headers.host ?? "").toLowerCase().replace(/:\d+$/, "")
  return name === "localhost" || name === "[::1]" || /^127(\.\d{1,3}){3}$/.test(name) ? undefined : replies.foreignHost
}

/**
 * Keeps web pages out of the sandbox: it is for programs on this machine.
 *
 * A browser names the page that sends a request in `Origin`, which no Discord library does; and a name that an attacker
 * points to 127.0.0.1 (DNS rebinding) shows in `Host`.
 */
import type { IncomingMessage } from "node:http"
import * as replies from "./replies.ts"

/** Decides whether to turn a request or an upgrade away; undefined means no. */
export const refusal = ({ headers }: Pick<IncomingMessage, "headers">): replies.Reply | undefined => {
  if (headers.origin !== undefined || headers["sec-fetch-site"] !== undefined) return replies.noPages
  const name = (headers.host ?? "").toLowerCase().replace(/:\d+$/, "")
  return name === "localhost" || name === "[::1]" || /^127(\.\d{1,3}){3}$/.test(name) ? undefined : replies.foreignHost
}

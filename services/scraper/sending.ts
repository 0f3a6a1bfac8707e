/**
 * What is sent with a request besides the scraper's own headers, and what of it follows a redirect.
 */
import type { Before } from "./Scraper.ts"

/** A request's method, its headers by lower-case names, and its body. */
export interface Sending {
  readonly method: "GET" | "POST"
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | undefined
}

export const plainGet: Sending = { method: "GET", headers: {}, body: undefined }

/** They belong to the connection, or to what the scraper decides itself. */
const reserved = new Set(
  ("accept-encoding connection content-length expect host keep-alive proxy-authorization proxy-connection te trailer " +
    "transfer-encoding upgrade").split(" ")
)

const mostHeaders = 50
const longestHeader = 8192

/** Reads what is to be sent; a text says why it can't be. */
export const read = ({ body, headers = {}, method = "GET" }: Omit<Before, "url">): Sending | string => {
  if (body !== undefined && method !== "POST") return "a body is sent by POST only; say method: \"POST\""
  const entries = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value] as const)
  if (entries.length > mostHeaders) return `${entries.length} headers are too many; the limit is ${mostHeaders}`
  for (const [name, value] of entries) {
    if (!/^[!#$%&'*+.^_`|~0-9a-z-]{1,200}$/.test(name)) return `"${name.slice(0, 100)}" is not the name of a header`
    if (reserved.has(name)) return `the header "${name}" is the scraper's own; leave it out`
    if (value.length > longestHeader || !/^[\t\x20-\x7e\x80-\xff]*$/.test(value)) {
      return `the value of the header "${name}" can't be sent; keep to ${longestHeader} printable characters of Latin-1`
    }
  }
  const type = body === undefined ? {} : { "content-type": "application/x-www-form-urlencoded" }
  return { method, headers: { ...type, ...Object.fromEntries(entries) }, body }
}

/** What goes to another origin: nothing that was meant for the first one. */
export const toOthers = ({ body, headers, method }: Sending): Sending => {
  const type = headers["content-type"]
  return { method, body, headers: body === undefined || type === undefined ? {} : { "content-type": type } }
}

/** What is sent after a redirect. Source: Fetch Standard, HTTP-redirect fetch. */
export const afterRedirect = (sending: Sending, status: number): Sending => {
  if (sending.method === "GET" || status === 307 || status === 308) return sending
  const { "content-type": _, ...headers } = sending.headers
  return { method: "GET", headers, body: undefined }
}

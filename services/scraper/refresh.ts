/**
 * Where `<meta http-equiv=refresh>` and the header `Refresh` lead. Source: HTML Standard, "shared declarative refresh steps".
 */
import { baseOf } from "./base.ts"

/** A page that leads on later than this is a page, for a moment at least. */
const soonSeconds = 10

/**
 * Returns where a page leads at once by the content of its refresh; undefined when it stays where it is.
 *
 * **Details**
 * - `"0; url=/next"`, `"5;'/next'"` and `"0,/next"` lead on. `"30"` and an address that is the page's own reload it, which
 *   is nothing to wait for, and 10 seconds or more are time to read the page. No browser follows one to a script or to data.
 */
export const refreshTo = (content: string, base: string | undefined, url: string): URL | undefined => {
  const address = addressIn(content.slice(0, 4096))
  if (address === undefined || address.trim() === "") return undefined
  const to = URL.parse(address, baseOf(base, url))
  if (to === null || !/^https?:$/.test(to.protocol)) return undefined
  to.hash = ""
  return to.href === url ? undefined : to
}

/** The address that a refresh names, as it is written, if it leads on soon. */
const addressIn = (content: string): string | undefined => {
  const [head = "", seconds = ""] = /^\s*(\d*)[\d.]*/.exec(content) ?? []
  const isTime = /\d|\./.test(head)
  const rest = content.slice(head.length)
  if (!isTime || Number(seconds) >= soonSeconds || !/^[\s;,]/.test(rest)) return undefined
  const named = rest.replace(/^\s*[;,]?\s*/, "").replace(/^url\s*=\s*/i, "")
  const quote = /^["']/.exec(named)?.[0]
  return quote === undefined ? named : named.slice(1).split(quote, 1).join("")
}

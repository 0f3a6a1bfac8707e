/**
 * The cookies of one visit: kept while a page redirects, and forgotten with its answer.
 */
import * as Effect from "effect/Effect"
import type { CookieJar } from "tough-cookie"

/** Cookies of one visit. */
export interface Cookies {
  /** The `Cookie` header for a request, undefined for none. */
  readonly header: (url: URL) => string | undefined
  /** Takes the `Set-Cookie` headers of an answer, with a line end between them. */
  readonly take: (setCookie: string | undefined, url: URL) => Effect.Effect<void>
}

/** Taken of one answer, and the length of one: browsers' limits. */
const most = 50
const longest = 4096
/** What is sent with one request, in characters; servers refuse longer heads. */
const longestHeader = 8192

/**
 * Makes an empty jar.
 *
 * **Details**
 * - Domain, path, `Secure` and expiry hold as in a browser (`tough-cookie`, RFC 6265): a cookie goes back to the host that
 *   set it, and to others only below a `Domain` that this host may name and that is no public suffix.
 * - A port other than the scheme's own is another site, because what runs there is another server.
 */
export const make = (): Cookies => {
  const jars = new Map<string, CookieJar>()
  return {
    header: (url) => {
      const header = jars.get(url.port)?.getCookieStringSync(url.href) ?? ""
      return header === "" || header.length > longestHeader ? undefined : header
    },
    take: (setCookie, url) =>
      setCookie === undefined ? Effect.void : Effect.map(
        // Loaded here, because most pages set none, or don't redirect.
        Effect.promise(() => import("tough-cookie")),
        (library) => {
          const jar = jars.get(url.port) ??
            new library.CookieJar(undefined, { looseMode: true, allowSecureOnLocal: false })
          jars.set(url.port, jar)
          for (const cookie of setCookie.split("\n").slice(0, most)) {
            if (cookie.length <= longest) jar.setCookieSync(cookie, url.href, { ignoreError: true })
          }
        }
      )
  }
}

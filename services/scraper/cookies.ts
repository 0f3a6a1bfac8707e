/**
 * The cookies of one visit or one crawl: in memory, and forgotten with it.
 */
import * as Effect from "effect/Effect"
import type { Cookie, CookieJar } from "tough-cookie"

/** Cookies of one visit or one crawl. */
export interface Cookies {
  /** The `Cookie` header for a request, undefined for none. */
  readonly header: (url: URL) => string | undefined
  /** Takes the `Set-Cookie` headers of an answer, with a line end between them. */
  readonly take: (setCookie: string | undefined, url: URL) => Effect.Effect<void>
}

/** Taken of one answer, and the length of one: browsers' limits. */
const most = 50
const longest = 4096
/** Kept at most: of one domain, and of all. What is new beyond that is not taken. Browsers keep about as many. */
const mostKept = { domain: 150, all: 3000 } as const
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
  /** The cookies of each domain, by port, path and name. */
  const kept = new Map<string, Set<string>>()
  let count = 0
  const hasRoom = (cookie: Cookie, url: URL): boolean => {
    const domain = cookie.domain ?? url.hostname
    const known = kept.get(domain) ?? new Set()
    const key = `${url.port} ${cookie.path} ${cookie.key}`
    if (known.has(key)) return true
    if (known.size >= mostKept.domain || count >= mostKept.all) return false
    kept.set(domain, known.add(key))
    count++
    return true
  }
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
            const parsed = cookie.length <= longest ? library.Cookie.parse(cookie, { loose: true }) : undefined
            if (parsed !== undefined && hasRoom(parsed, url)) jar.setCookieSync(parsed, url.href, { ignoreError: true })
          }
        }
      )
  }
}

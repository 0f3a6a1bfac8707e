/**
 * Tells whether two addresses are the same page.
 */

/**
 * Returns one text for all spellings of an address.
 *
 * **Details**
 * - What `URL` makes equal (case of scheme and host, default ports, dots in the path) and besides: no fragment, no dot at
 *   the end of the host, no empty query, `%61` is `a` and `%c3` is `%C3`, parameters in the order of their names.
 * - `isIgnored`: which parameters make no other page.
 * - It is a key to compare. The address to fetch is the one that was found: a server may care for the order.
 */
export const canonical = (url: URL, isIgnored: (parameter: string) => boolean = () => false): string => {
  const query = url.search.slice(1).split("&").filter((part) => part !== "")
  const names = query.map((part) => [part.split("=", 1).join(""), part] as const).filter(([name]) => !isIgnored(name))
  const sorted = names.toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)).map(([, part]) => part)
  const host = url.hostname.replace(/\.$/, "") + (url.port === "" ? "" : `:${url.port}`)
  return normalized(`${url.protocol}//${host}${url.pathname}${sorted.length > 0 ? `?${sorted.join("&")}` : ""}`)
}

/** Escapes in one way: in capitals, and not where none is needed. Source: RFC 3986, 6.2.2. */
export const normalized = (text: string): string =>
  text.replace(/%[0-9a-fA-F]{2}/g, (escape) => {
    const character = String.fromCharCode(Number.parseInt(escape.slice(1), 16))
    return /[A-Za-z0-9._~-]/.test(character) ? character : escape.toUpperCase()
  })

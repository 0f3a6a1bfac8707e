/**
 * Which addresses a crawl includes and excludes: patterns as in robots.txt, compared in one pass, whatever the address.
 */
import { compile, matches, type Pattern } from "./robotsTxt.ts"

export interface Patterns {
  readonly includes: (url: URL) => boolean
}

/**
 * Reads patterns.
 *
 * **Details**
 * - `*` stands for any characters, `$` at the end for the end. One that begins with `/` is compared with path and query from
 *   their beginning, any other with the whole address, from its beginning too.
 */
export const read = (include: ReadonlyArray<string> | undefined, exclude: ReadonlyArray<string> = []): Patterns => {
  const wanted = include?.map(of)
  const unwanted = exclude.map(of)
  return {
    includes: (url) => (wanted === undefined || wanted.some((is) => is(url))) && !unwanted.some((is) => is(url))
  }
}

const of = (text: string): (url: URL) => boolean => {
  const pattern: Pattern = compile(text)
  return text.startsWith("/")
    ? (url) => matches(pattern, url.pathname + url.search)
    : (url) => matches(pattern, url.href)
}

/** Returns what tells whether a query parameter is to be ignored: by its name, `*` for any characters. */
export const parameters = (names: ReadonlyArray<string> | undefined): (name: string) => boolean => {
  const ignored = (names ?? []).map((name) => compile(`${name}$`))
  return ignored.length === 0 ? () => false : (name) => ignored.some((pattern) => matches(pattern, name))
}

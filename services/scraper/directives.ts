/**
 * What a page asks of robots, in `<meta name=robots>` and in `X-Robots-Tag`.
 */
import type { Directives } from "./Scraper.ts"

/** Reads `"noindex, nofollow"`; `none` is both. What else there may be says nothing to a crawler. */
export const directivesOf = (content: string): Directives => {
  const words = content.slice(0, 4096).toLowerCase().split(/[\s,]+/)
  const none = words.includes("none")
  return {
    ...(none || words.includes("noindex") ? { noindex: true } : {}),
    ...(none || words.includes("nofollow") ? { nofollow: true } : {})
  }
}

export const merged = (a: Directives, b: Directives): Directives => ({ ...a, ...b })

/**
 * Reads `X-Robots-Tag`.
 *
 * **Details**
 * - `header`: the values of all such headers, with a line end or a comma between them.
 * - A value may begin with a robot's name (`googlebot: noindex`), and holds for it alone until the next name.
 */
export const ofHeader = (header: string | undefined, robot: string): Directives => {
  let directives: Directives = {}
  for (const line of (header ?? "").slice(0, 16_384).split("\n")) {
    let isOurs = true
    for (const part of line.split(",")) {
      const [, name, rest = ""] = /^\s*([a-z][\w-]*)\s*:(.*)$/i.exec(part) ?? []
      // These have a colon of their own.
      const isName = name !== undefined && !/^(unavailable_after|max-[a-z-]+)$/i.test(name)
      if (isName) isOurs = name.toLowerCase() === robot
      if (isOurs) directives = merged(directives, directivesOf(isName ? rest : part))
    }
  }
  return directives
}

/**
 * What is kept of a document: so much and no more, and a note of what went beyond.
 */
import type { Steps } from "../pace.ts"
import { longestUrl } from "./addresses.ts"

/** What was found and left out: how many links, and whether title or text were cut or elements too deep. */
export interface Truncated {
  readonly title?: true
  readonly text?: true
  readonly links?: number
  readonly depth?: true
}

export interface Content {
  readonly title: string
  readonly text: string
  readonly links: ReadonlyArray<string>
  /** Only there if anything was left out. */
  readonly truncated?: Truncated
}

/** A document on its way through a parser. */
export interface Parsed {
  readonly write: (text: string) => void
  readonly end: () => Steps<Content>
  readonly refresh: () => URL | undefined
}

/**
 * What is kept of one document, in characters or pieces; the rest is read, dropped and noted. A sitemap may name 50,000
 * addresses (sitemaps.org).
 */
export const kept = { title: 500, text: 20_000, links: 2000, linksOfXml: 50_000, link: 2048 } as const

/**
 * Elements open inside of each other at most; what follows deeper ones is not read. For each end tag the parser searches
 * all that are open, so a page made for that would hold the thread for minutes.
 */
export const deepest = 1000

/** Text with each run of white space as one space, up to a number of characters. */
export interface Collapsed {
  readonly add: (piece: string) => void
  readonly get: () => string
  /** Whether there was more. */
  readonly isCut: () => boolean
}

export const collapsed = (limit: number): Collapsed => {
  let text = ""
  let spaceDue = false
  let more = false
  const add = (piece: string): void => {
    if (more) return
    for (const [run] of piece.matchAll(/\s+|[^\s]+/g)) {
      if (/^\s/.test(run)) {
        spaceDue = text !== ""
      } else {
        if (text.length >= limit) {
          more = true
          return
        }
        text += spaceDue ? ` ${run}` : run
        spaceDue = false
      }
    }
  }
  // `toWellFormed`: the cut may go through a character.
  return { add, get: () => text.slice(0, limit).toWellFormed(), isCut: () => more || text.length > limit }
}

/** The links of a document as they are written, up to a number. */
export interface Hrefs {
  readonly add: (href: string) => void
  /** Resolves them from `base`: only http(s), none with a password, and without the part after `#`. */
  readonly absolute: (base: string | undefined, url: string) => Steps<ReadonlyArray<string>>
  /** How many were not kept, the same one counted each time. */
  readonly left: () => number
}

export const hrefs = (limit: number): Hrefs => {
  const found = new Set<string>()
  let left = 0
  return {
    add: (href) => {
      if (found.has(href)) return
      if (found.size < limit && href.length <= kept.link) found.add(href)
      else if (/^(?:https?:|[^:]*(?:[/?#]|$))/i.test(href.slice(0, kept.link).trimStart())) left++
    },
    absolute: function*(base, url) {
      const from = (base === undefined ? null : URL.parse(base, url)) ?? url
      const links = new Set<string>()
      for (const href of found) {
        yield
        const link = URL.parse(href, from)
        if (link === null || !/^https?:$/.test(link.protocol) || link.username !== "" || link.password !== "") continue
        link.hash = ""
        if (link.href.length <= longestUrl) links.add(link.href)
        else left++
      }
      return [...links]
    },
    left: () => left
  }
}

/** Puts together what was kept, and what was not. */
export const content = function*(of: {
  readonly title: Collapsed
  readonly text: Collapsed
  readonly hrefs: Hrefs
  readonly tooDeep: boolean
  readonly base: string | undefined
  readonly url: string
}): Steps<Content> {
  const links = yield* of.hrefs.absolute(of.base, of.url)
  const left = of.hrefs.left()
  const truncated: Truncated = {
    ...(of.title.isCut() ? { title: true } : {}),
    ...(of.text.isCut() ? { text: true } : {}),
    ...(left > 0 ? { links: left } : {}),
    ...(of.tooDeep ? { depth: true } : {})
  }
  const found = { title: of.title.get(), text: of.text.get(), links }
  return Object.keys(truncated).length === 0 ? found : { ...found, truncated }
}

/** Reads plain text. */
export const text = (url: string): Parsed => {
  const text = collapsed(kept.text)
  return {
    write: text.add,
    end: () => content({ title: collapsed(0), text, hrefs: hrefs(0), tooDeep: false, base: undefined, url }),
    refresh: () => undefined
  }
}

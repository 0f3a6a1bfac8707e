/**
 * What is kept of a document: so much and no more, and a note of what went beyond.
 */
import type { Steps } from "../pace.ts"
import { longestUrl } from "./addresses.ts"
import { baseOf } from "./base.ts"
import type { Directives, Page } from "./Scraper.ts"
import type { Tree } from "./tree.ts"

/** What was found and left out: how many links, and whether title or text were cut or elements too deep. */
export type Truncated = Page["truncated"] & {}

export interface Content {
  readonly title: string
  readonly text: string
  readonly links: ReadonlyArray<string>
  /** The links that are marked `rel=nofollow` wherever they stand; only there if there are any. */
  readonly nofollow?: ReadonlyArray<string>
  /** Only there if anything was left out. */
  readonly truncated?: Truncated
  /** What relative addresses are relative to, if it is not the document's own. */
  readonly base?: string
  readonly directives?: Directives
  readonly canonical?: string
  /** Whether it is a sitemap that lists sitemaps. */
  readonly isIndex?: boolean
}

/** What a document is read for. */
export interface Reading {
  /** Where it was found. */
  readonly url: string
  /** Our name, as in robots.txt. */
  readonly robot?: string
  /** Grows with the document, if one is wanted. */
  readonly tree?: Tree | undefined
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
export const kept = { title: 500, text: 20_000, links: 2000, linksOfXml: 50_000, link: 2048, html: 2_000_000 } as const

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
  readonly add: (href: string, isMarked?: boolean) => void
  /** Resolves them from `base`: only http(s), none with a password, and without the part after `#`. */
  readonly absolute: (base: string | undefined, url: string) => Steps<Links>
  /** How many were not kept, the same one counted each time. */
  readonly left: () => number
}

/** Absolute links; `marked` are those of them that are marked `rel=nofollow` each time. */
export interface Links {
  readonly all: ReadonlyArray<string>
  readonly marked: ReadonlyArray<string>
}

export const hrefs = (limit: number): Hrefs => {
  /** Whether each one is marked. */
  const found = new Map<string, boolean>()
  let left = 0
  return {
    add: (href, isMarked = false) => {
      const known = found.get(href)
      if (known !== undefined) {
        if (known && !isMarked) found.set(href, false)
      } else if (found.size < limit && href.length <= kept.link) found.set(href, isMarked)
      else if (/^(?:https?:|[^:]*(?:[/?#]|$))/i.test(href.slice(0, kept.link).trimStart())) left++
    },
    absolute: function*(base, url) {
      const from = baseOf(base, url)
      const links = new Map<string, boolean>()
      for (const [href, isMarked] of found) {
        yield
        const link = URL.parse(href, from)
        if (link === null || !/^https?:$/.test(link.protocol)) continue
        link.hash = ""
        const isPublic = link.username === "" && link.password === ""
        if (isPublic && link.href.length <= longestUrl) links.set(link.href, isMarked && links.get(link.href) !== false)
        else left++
      }
      return { all: [...links.keys()], marked: [...links].flatMap(([link, isMarked]) => isMarked ? [link] : []) }
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
  const { all, marked } = yield* of.hrefs.absolute(of.base, of.url)
  const left = of.hrefs.left()
  const truncated: Truncated = {
    ...(of.title.isCut() ? { title: true } : {}),
    ...(of.text.isCut() ? { text: true } : {}),
    ...(left > 0 ? { links: left } : {}),
    ...(of.tooDeep ? { depth: true } : {})
  }
  return {
    title: of.title.get(),
    text: of.text.get(),
    links: all,
    ...(marked.length === 0 ? {} : { nofollow: marked }),
    ...(Object.keys(truncated).length === 0 ? {} : { truncated })
  }
}

/** Reads plain text. */
export const text = ({ url }: Reading): Parsed => {
  const text = collapsed(kept.text)
  return {
    write: text.add,
    end: () => content({ title: collapsed(0), text, hrefs: hrefs(0), tooDeep: false, base: undefined, url }),
    refresh: () => undefined
  }
}

/**
 * Reads title, visible text and links out of a document while it arrives, without building a tree.
 */
// Its parser alone: the package's index brings a DOM along.
import { WritableStream } from "htmlparser2/WritableStream"

/** What a document is, by its media type. */
export type Kind = "html" | "xml" | "text"

export interface Content {
  readonly title: string
  readonly text: string
  readonly links: ReadonlyArray<string>
}

/** Takes a document piece by piece. */
export interface Reader {
  readonly write: (text: string) => void
  readonly end: () => Content
}

/** What is kept of one page, in characters or pieces; the rest is read and dropped. */
export const kept = { title: 500, text: 20_000, links: 2000, link: 2048 } as const

/**
 * Elements open inside of each other at most; what follows deeper ones is not read. For each end tag the parser searches
 * all that are open, so a page made for that would hold the thread for minutes.
 */
const deepest = 1000

/** Returns the kind of document, undefined for one that we can't read. Without a type it is taken for a page. */
export const kindOf = (contentType: string): Kind | undefined => {
  const type = contentType.split(";", 1).join("").trim().toLowerCase()
  if (type === "" || type === "text/html" || type === "application/xhtml+xml") return "html"
  if (type === "text/plain") return "text"
  const xml = type === "text/xml" || type === "application/xml" || /^application\/[\w.-]+\+xml$/.test(type)
  return xml ? "xml" : undefined
}

/** Begins to read a document that was found at `url`. */
export const make = (kind: Kind, url: string): Reader => {
  if (kind === "text") return plainText()
  return kind === "html" ? html(url) : xml(url)
}

const plainText = (): Reader => {
  const text = collapsed(kept.text)
  return { write: text.add, end: () => ({ title: "", text: text.get(), links: [] }) }
}

const invisible = new Set([
  "script",
  "style",
  "template",
  "noscript",
  "iframe",
  "object",
  "svg",
  "math",
  "head",
  "select"
])

/** These don't end a word; every other tag does. */
const inline = new Set(
  "a abbr acronym b bdi bdo big cite code data del dfn em font i ins kbd mark q s samp small span strong sub sup time tt u var wbr"
    .split(" ")
)

const html = (url: string): Reader => {
  const title = collapsed(kept.title)
  const text = collapsed(kept.text)
  const hrefs = new Set<string>()
  let base: string | undefined
  let element = ""
  let depth = 0
  let inTitle = false
  let titleEnded = false
  // How many elements are open inside of the outermost one that isn't shown, itself included.
  let hidden = 0
  // Not `onopentag`: for that the parser would collect all attributes, and there may be a million.
  const parser = new WritableStream({
    onopentagname: (name) => {
      element = name
      depth++
      if (name === "title" && !titleEnded) inTitle = true
      // A head that was never closed ends where the body begins.
      if (name === "body") hidden = 0
      else if (hidden > 0 || invisible.has(name)) hidden++
      if (!inline.has(name)) text.add(" ")
    },
    onattribute: (name, value) => {
      if (name === "hidden" && hidden === 0) hidden = 1
      if (name !== "href") return
      if (element === "base") base ??= value
      else if (element === "a" || element === "area") keepLink(hrefs, value)
    },
    onclosetag: (name) => {
      depth--
      if (name === "title" && inTitle) {
        inTitle = false
        titleEnded = true
      }
      if (hidden > 0) hidden--
      if (!inline.has(name)) text.add(" ")
    },
    ontext: (piece) => {
      if (inTitle) title.add(piece)
      else if (hidden === 0) text.add(piece)
    }
  })
  return {
    write: (piece) => {
      if (depth <= deepest) parser.write(piece)
    },
    end: () => {
      parser.end()
      return { title: title.get(), text: text.get(), links: absolute(hrefs, base, url) }
    }
  }
}

/** Feeds and sitemaps: links are the text of `<link>` and `<loc>` and every `href`; the title is the first `<title>`. */
const xml = (url: string): Reader => {
  const title = collapsed(kept.title)
  const text = collapsed(kept.text)
  const hrefs = new Set<string>()
  let link: ReturnType<typeof collapsed> | undefined
  let inTitle = false
  let titleEnded = false
  let depth = 0
  const parser = new WritableStream({
    onopentagname: (name) => {
      depth++
      if (name === "link" || name === "loc") link = collapsed(kept.link)
      inTitle = name === "title" && !titleEnded
      text.add(" ")
    },
    onattribute: (name, value) => {
      if (name === "href") keepLink(hrefs, value)
    },
    onclosetag: () => {
      depth--
      if (link !== undefined && link.get() !== "") keepLink(hrefs, link.get())
      link = undefined
      titleEnded ||= inTitle
      inTitle = false
      text.add(" ")
    },
    ontext: (piece) => {
      if (inTitle) title.add(piece)
      else if (link !== undefined) link.add(piece)
      else text.add(piece)
    }
  }, { xmlMode: true })
  return {
    write: (piece) => {
      if (depth <= deepest) parser.write(piece)
    },
    end: () => {
      parser.end()
      return { title: title.get(), text: text.get(), links: absolute(hrefs, undefined, url) }
    }
  }
}

const keepLink = (hrefs: Set<string>, href: string) => {
  if (hrefs.size < kept.links && href.length <= kept.link) hrefs.add(href)
}

/** Resolves links; those that aren't http(s), or carry a password, are left out, and the part after `#` is cut off. */
const absolute = (hrefs: Iterable<string>, base: string | undefined, url: string): ReadonlyArray<string> => {
  const from = (base === undefined ? null : URL.parse(base, url)) ?? url
  const links = new Set<string>()
  for (const href of hrefs) {
    const link = URL.parse(href, from)
    if (link === null || !/^https?:$/.test(link.protocol) || link.username !== "" || link.password !== "") continue
    link.hash = ""
    links.add(link.href)
  }
  return [...links]
}

/** Text with each run of white space as one space, up to a number of characters. */
const collapsed = (limit: number) => {
  let text = ""
  let spaceDue = false
  const add = (piece: string): void => {
    if (text.length >= limit) return
    for (const [space] of piece.matchAll(/\s+|[^\s]+/g)) {
      if (/^\s/.test(space)) {
        spaceDue = text !== ""
      } else {
        text += spaceDue ? ` ${space}` : space
        spaceDue = false
        if (text.length >= limit) return
      }
    }
  }
  // `toWellFormed`: the cut may go through a character.
  return { add, get: () => text.slice(0, limit).toWellFormed() }
}

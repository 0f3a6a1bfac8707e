/**
 * Reads title, visible text and links out of a document while it arrives, without building a tree.
 *
 * ```text
 *   pageReader ── html → html.ts ─┬─ what both share: markup.ts (the parser), kept.ts (limits, and what went beyond)
 *              ├─ xml  → xml.ts  ─┘
 *              ├─ sitemap.ts: XML, or a text of addresses
 *              └─ text
 * ```
 */
import { each, runSync, type Steps } from "../pace.ts"
import { html } from "./html.ts"
import { type Content, type Parsed, type Reading, text as plainText } from "./kept.ts"
import { sitemap } from "./sitemap.ts"
import { xml } from "./xml.ts"

export type { Content, Truncated } from "./kept.ts"
export { kept } from "./kept.ts"

/** What a document is, by its media type. */
export type Kind = "html" | "xml" | "text" | "sitemap"

/** Takes a document piece by piece, at one go or in steps. */
export interface Reader {
  readonly write: (text: string) => void
  readonly writing: (text: string) => Steps<void>
  readonly end: () => Content
  readonly ending: () => Steps<Content>
  /** Where the document itself leads at once (`<meta http-equiv=refresh>`), when it has ended. */
  readonly refresh: () => URL | undefined
}

/** Returns the kind of document, undefined for one that we can't read. Without a type it is taken for a page. */
export const kindOf = (contentType: string): Kind | undefined => {
  const type = contentType.slice(0, 200).split(";", 1).join("").trim().toLowerCase()
  if (type === "" || type === "text/html" || type === "application/xhtml+xml") return "html"
  if (type === "text/plain") return "text"
  const xml = type === "text/xml" || type === "application/xml" || /^application\/[\w.-]+\+xml$/.test(type)
  return xml ? "xml" : undefined
}

/** Parsed in one step, in characters. A piece of the network's may hold eight times as many. */
const pieceLength = 8192

/** Begins to read a document that was found at an address. */
export const make = (kind: Kind, found: string | Reading): Reader => {
  const parsed = parsers[kind](typeof found === "string" ? { url: found } : found)
  const writing = (text: string) => each(pieces(text), parsed.write)
  return {
    write: (text) => runSync(writing(text)),
    writing,
    end: () => runSync(parsed.end()),
    ending: parsed.end,
    refresh: parsed.refresh
  }
}

const pieces = function*(text: string): Generator<string> {
  for (let at = 0; at < text.length; at += pieceLength) yield text.slice(at, at + pieceLength)
}

const parsers: Readonly<Record<Kind, (reading: Reading) => Parsed>> = { html, xml, text: plainText, sitemap }

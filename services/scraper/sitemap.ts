/**
 * Reads a sitemap, whatever type it is said to have: XML, or a text with an address on each line. Source: sitemaps.org.
 */
import { collapsed, content, hrefs, kept, type Parsed, type Reading } from "./kept.ts"
import { xml } from "./xml.ts"

/** Begins to read a sitemap. */
export const sitemap = (reading: Reading): Parsed => {
  let parsed: Parsed | undefined
  return {
    write: (piece) => {
      const start = parsed === undefined ? piece.replace(/^[\uFEFF\s]+/, "") : piece
      if (start === "") return
      parsed ??= start.startsWith("<") ? xml(reading) : lines(reading)
      parsed.write(start)
    },
    end: () => (parsed ?? lines(reading)).end(),
    refresh: () => undefined
  }
}

const lines = ({ url }: Reading): Parsed => {
  const links = hrefs(kept.linksOfXml)
  let line = ""
  const take = (): void => {
    if (/^\s*https?:/i.test(line)) links.add(line.trim())
    line = ""
  }
  return {
    write: (piece) => {
      const [first = "", ...rest] = piece.split(/[\r\n]+/)
      // One character more than is kept, so that a link that is cut is known to be.
      line = (line + first).slice(0, kept.link + 1)
      for (const next of rest) {
        take()
        line = next.slice(0, kept.link + 1)
      }
    },
    end: () => {
      take()
      return content({
        title: collapsed(0),
        text: collapsed(0),
        hrefs: links,
        tooDeep: false,
        base: undefined,
        url
      })
    },
    refresh: () => undefined
  }
}

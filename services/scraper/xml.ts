/**
 * Reads feeds and sitemaps: links are the text of `<link>` and `<loc>` and every `href`; the title is the first `<title>`.
 */
import { WritableStream } from "htmlparser2/WritableStream"
import { collapsed, content, deepest, hrefs, kept, type Parsed } from "./kept.ts"

/** Begins to read a document that was found at `url`. */
export const xml = (url: string): Parsed => {
  const title = collapsed(kept.title)
  const text = collapsed(kept.text)
  const links = hrefs(kept.linksOfXml)
  let link: ReturnType<typeof collapsed> | undefined
  let inTitle = false
  let titleEnded = false
  let depth = 0
  let tooDeep = false
  // A drawing in a feed has a title of its own.
  let inDrawing = 0
  const parser = new WritableStream({
    onopentagname: (name) => {
      depth++
      // One character more than is kept, so that a link that is cut is known to be.
      if (name === "link" || name === "loc") link = collapsed(kept.link + 1)
      if (name === "svg" || inDrawing > 0) inDrawing++
      inTitle = name === "title" && !titleEnded && inDrawing === 0
      text.add(" ")
    },
    onattribute: (name, value) => {
      if (name === "href") links.add(value)
    },
    onclosetag: () => {
      depth--
      if (inDrawing > 0) inDrawing--
      const href = link?.get() ?? ""
      if (href !== "") links.add(href)
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
      else tooDeep = true
    },
    end: function*() {
      parser.end()
      yield
      return yield* content({ title, text, hrefs: links, tooDeep, base: undefined, url })
    },
    refresh: () => undefined
  }
}

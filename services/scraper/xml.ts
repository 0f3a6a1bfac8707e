/**
 * Reads feeds and sitemaps: links are the text of `<link>` and `<loc>` and every `href`; the title is the first `<title>`.
 */
import { collapsed, content, hrefs, kept, type Parsed, type Reading } from "./kept.ts"
import * as Markup from "./markup.ts"

/** Begins to read a document that was found at `url`. */
export const xml = ({ tree, url }: Reading): Parsed => {
  const title = collapsed(kept.title)
  const text = collapsed(kept.text)
  const links = hrefs(kept.linksOfXml)
  let link: ReturnType<typeof collapsed> | undefined
  let root: string | undefined
  let inTitle = false
  let titleEnded = false
  // A drawing in a feed has a title of its own.
  let inDrawing = 0
  const markup = Markup.make({
    opened: (name) => {
      root ??= name
      // One character more than is kept, so that a link that is cut is known to be.
      if (name === "link" || name === "loc") link = collapsed(kept.link + 1)
      if (name === "svg" || inDrawing > 0) inDrawing++
      inTitle = name === "title" && !titleEnded && inDrawing === 0
      text.add(" ")
    },
    attribute: (name, value) => {
      if (name === "href") links.add(value)
    },
    closed: () => {
      if (inDrawing > 0) inDrawing--
      const href = link?.get() ?? ""
      if (href !== "") links.add(href)
      link = undefined
      titleEnded ||= inTitle
      inTitle = false
      text.add(" ")
    },
    text: (piece) => {
      if (inTitle) title.add(piece)
      else if (link !== undefined) link.add(piece)
      else text.add(piece)
    }
  }, { xmlMode: true, tree })
  return {
    write: markup.write,
    end: function*() {
      markup.end()
      yield
      const found = yield* content({ title, text, hrefs: links, tooDeep: markup.isTooDeep(), base: undefined, url })
      return root?.split(":").at(-1) === "sitemapindex" ? { ...found, isIndex: true } : found
    },
    refresh: () => undefined
  }
}

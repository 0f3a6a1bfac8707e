/**
 * Reads HTML.
 */
// Its parser alone: the package's index brings a DOM along.
import { WritableStream } from "htmlparser2/WritableStream"
import { collapsed, content, deepest, hrefs, kept, type Parsed } from "./kept.ts"
import { refreshTo } from "./refresh.ts"

const words = (text: string): ReadonlySet<string> => new Set(text.split(" "))

/** What isn't shown as text. */
const invisible = words("script style template noscript iframe object svg math head select")

/** What isn't part of the page: a title in here is that of a drawing, and no redirect is meant for us. */
const foreign = words("template noscript iframe object svg math select")

/** These don't end a word; every other tag does. */
const inline = words(
  "a abbr acronym b bdi bdo big cite code data del dfn em font i ins kbd mark q s samp small span strong sub sup time tt u var wbr"
)

/** How many elements are open inside of the outermost one of a kind, itself included. */
const nesting = (names: ReadonlySet<string>) => {
  let open = 0
  return {
    isInside: () => open > 0,
    enter: (name: string) => void (open > 0 || names.has(name) ? open++ : open),
    leave: () => void (open > 0 ? open-- : open),
    set: (depth: number) => void (open = depth)
  }
}

/** Begins to read a page that was found at `url`. */
export const html = (url: string): Parsed => {
  const title = collapsed(kept.title)
  const text = collapsed(kept.text)
  const links = hrefs(kept.links)
  const hidden = nesting(invisible)
  const outside = nesting(foreign)
  let base: string | undefined
  let meta: { equiv: string; content: string } | undefined
  let refresh: string | undefined
  let element = ""
  let depth = 0
  let tooDeep = false
  let inTitle = false
  let titleEnded = false
  // Not `onopentag`: for that the parser would collect all attributes, and there may be a million.
  const parser = new WritableStream({
    onopentagname: (name) => {
      element = name
      depth++
      outside.enter(name)
      meta = name === "meta" && !outside.isInside() ? { equiv: "", content: "" } : undefined
      if (name === "title" && !titleEnded && !outside.isInside()) inTitle = true
      // A head that was never closed ends where the body begins.
      if (name === "body") hidden.set(0)
      else hidden.enter(name)
      if (!inline.has(name)) text.add(" ")
    },
    onattribute: (name, value) => {
      if (name === "hidden" && !hidden.isInside()) hidden.set(1)
      if (meta !== undefined && name === "http-equiv") meta.equiv = value.slice(0, 100)
      if (meta !== undefined && name === "content") meta.content = value.slice(0, 4096)
      if (name !== "href") return
      if (element === "base") base ??= value.slice(0, kept.link)
      else if (element === "a" || element === "area") links.add(value)
    },
    onclosetag: (name) => {
      depth--
      if (meta?.equiv.trim().toLowerCase() === "refresh") refresh ??= meta.content
      meta = undefined
      if (name === "title" && inTitle) {
        inTitle = false
        titleEnded = true
      }
      hidden.leave()
      outside.leave()
      if (!inline.has(name)) text.add(" ")
    },
    ontext: (piece) => {
      if (inTitle) title.add(piece)
      else if (!hidden.isInside()) text.add(piece)
    }
  })
  return {
    write: (piece) => {
      if (depth <= deepest) parser.write(piece)
      else tooDeep = true
    },
    end: function*() {
      parser.end()
      yield
      return yield* content({ title, text, hrefs: links, tooDeep, base, url })
    },
    refresh: () => refresh === undefined ? undefined : refreshTo(refresh, base, url)
  }
}

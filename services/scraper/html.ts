/**
 * Reads HTML.
 */
import { baseOf } from "./base.ts"
import { directivesOf, merged } from "./directives.ts"
import { collapsed, content, hrefs, kept, type Parsed, type Reading } from "./kept.ts"
import * as Markup from "./markup.ts"
import { refreshTo } from "./refresh.ts"
import type { Directives } from "./Scraper.ts"

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

/** What a tag says in its attributes, as far as they are looked at; each the first of its name. */
const watched = words("http-equiv content name rel href")

/** What the tags of a page say that are not shown: where it is, where it leads on, and what it asks of robots. */
const headOf = (robot: string | undefined, links: ReturnType<typeof hrefs>) => {
  const head: { base?: string; refresh?: string; canonical?: string; directives: Directives } = { directives: {} }

  const refer = (name: string, isOurs: boolean, href: string, rel: ReadonlyArray<string>): void => {
    if (name === "base") head.base ??= href.slice(0, kept.link)
    else if (name === "a" || name === "area") links.add(href, rel.includes("nofollow"))
    else if (name === "link" && isOurs && rel.includes("canonical")) head.canonical ??= href
  }

  const meta = (says: ReadonlyMap<string, string>): void => {
    const content = (says.get("content") ?? "").slice(0, 4096)
    if (says.get("http-equiv")?.trim().toLowerCase() === "refresh") head.refresh ??= content
    const agent = says.get("name")?.trim().toLowerCase()
    if (agent === "robots" || agent === robot) head.directives = merged(head.directives, directivesOf(content))
  }

  return {
    head,
    /** Takes in a tag whose attributes are all there. */
    take({ isOurs, name, says }: Tag): void {
      const href = says.get("href")
      if (href !== undefined) refer(name, isOurs, href, tokens(says.get("rel")))
      if (name === "meta" && isOurs) meta(says)
    }
  }
}

/** A tag that is told, with its attributes so far. */
interface Tag {
  readonly name: string
  /** It is a part of the page, not of a drawing in it. */
  readonly isOurs: boolean
  readonly says: Map<string, string>
}

/** Begins to read a page. */
export const html = ({ robot, tree, url }: Reading): Parsed => {
  const title = collapsed(kept.title)
  const text = collapsed(kept.text)
  const links = hrefs(kept.links)
  const hidden = nesting(invisible)
  const outside = nesting(foreign)
  const { head, take } = headOf(robot, links)
  let tag: Tag | undefined
  let inTitle = false
  let titleEnded = false

  /** A tag's attributes are all there when something follows it. */
  const conclude = (): void => {
    if (tag !== undefined) take(tag)
    tag = undefined
  }

  const markup = Markup.make({
    opened: (name) => {
      conclude()
      outside.enter(name)
      if (told.has(name)) tag = { name, isOurs: !outside.isInside(), says: new Map() }
      if (name === "title" && !titleEnded && !outside.isInside()) inTitle = true
      // A head that was never closed ends where the body begins.
      if (name === "body") hidden.set(0)
      else hidden.enter(name)
      if (!inline.has(name)) text.add(" ")
    },
    attribute: (name, value) => {
      if (name === "hidden" && !hidden.isInside()) hidden.set(1)
      if (tag !== undefined && watched.has(name) && !tag.says.has(name)) tag.says.set(name, value)
    },
    closed: (name) => {
      conclude()
      if (name === "title" && inTitle) {
        inTitle = false
        titleEnded = true
      }
      hidden.leave()
      outside.leave()
      if (!inline.has(name)) text.add(" ")
    },
    text: (piece) => {
      conclude()
      if (inTitle) title.add(piece)
      else if (!hidden.isInside()) text.add(piece)
    }
  }, { xmlMode: false, tree })
  return {
    write: markup.write,
    end: function*() {
      markup.end()
      conclude()
      yield
      const { base, canonical, directives } = head
      const found = yield* content({ title, text, hrefs: links, tooDeep: markup.isTooDeep(), base, url })
      const own = canonical === undefined ? null : URL.parse(canonical, baseOf(base, url))
      return {
        ...found,
        base: baseOf(base, url),
        directives,
        ...(own === null || own.href === url || !/^https?:$/.test(own.protocol) ? {} : { canonical: own.href })
      }
    },
    refresh: () => head.refresh === undefined ? undefined : refreshTo(head.refresh, head.base, url)
  }
}

/** The tags whose attributes say something. */
const told = words("a area base link meta")

const tokens = (rel: string | undefined): ReadonlyArray<string> => (rel ?? "").slice(0, 1000).toLowerCase().split(/\s+/)

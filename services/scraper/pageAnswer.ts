/**
 * Makes a page of an answer, while it arrives.
 */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as Pace from "../pace.ts"
import { type Answer, decoded, discard } from "./body.ts"
import * as Charset from "./charset.ts"
import * as Directives from "./directives.ts"
import { failed } from "./failures.ts"
import { type Content, kept, type Truncated } from "./kept.ts"
import * as PageReader from "./pageReader.ts"
import { decoded as decodedHeader } from "./redirects.ts"
import { refreshTo } from "./refresh.ts"
import * as Requests from "./requests.ts"
import type { Page } from "./Scraper.ts"
import type { Item } from "./Select.ts"
import type { Selection } from "./selecting.ts"

/** What of an answer is wanted. `robot` is our name. */
export interface Wanted {
  readonly robot: string
  readonly isSitemap: boolean
  readonly html: boolean
  readonly responseHeaders: boolean
  readonly selection: Selection | undefined
}

/** Reads the final answer of a visit. */
export const readPage = Effect.fnUntraced(function*(
  visit: Requests.Visit,
  response: Answer,
  finalUrl: URL,
  wanted: Wanted,
  limits: { readonly maxBytes: number; readonly onBytes: (bytes: number) => void }
) {
  if (response.status < 200 || response.status >= 300) {
    yield* discard(response)
    return yield* Requests.statusFailed(visit, response)
  }
  const contentType = response.headers["content-type"] ?? ""
  const kind = wanted.isSitemap ? "sitemap" : PageReader.kindOf(contentType)
  if (kind === undefined) {
    return yield* failed(visit.url, "ContentType", `it is "${contentType}"; only HTML, XML and plain text are read`)
  }
  const selecting = yield* selectingBy(wanted.selection)
  const reader = PageReader.make(kind, { url: finalUrl.href, robot: wanted.robot, tree: selecting?.tree })
  const decoder = Charset.streaming(contentType, kind === "sitemap" ? "xml" : kind)
  const source = sourceOf(wanted.html)
  const take = (text: string) => {
    if (decoder.isBinary()) {
      return Effect.fail(failed(visit.url, "ContentType", `it calls itself "${contentType}" and is no text`))
    }
    source.add(text)
    return Pace.run(reader.writing(text))
  }
  yield* Stream.runForEach(
    decoded(response, { url: visit.url, unpack: wanted.isSitemap, ...limits }),
    (bytes) => Effect.suspend(() => take(decoder.decode(bytes)))
  )
  yield* Effect.suspend(() => take(decoder.end()))
  const content = yield* Pace.run(reader.ending())
  const taken = selecting && (yield* selecting.take(content, finalUrl))
  const page = pageOf(visit, response, finalUrl, { wanted, content, source, taken })
  const header = response.headers["refresh"]
  const leads = header === undefined ? undefined : refreshTo(decodedHeader(header), undefined, finalUrl.href)
  return { page, isIndex: content.isIndex === true, refresh: leads ?? reader.refresh() }
})

interface Read {
  readonly wanted: Wanted
  readonly content: Content
  readonly source: ReturnType<typeof sourceOf>
  readonly taken: { readonly items: ReadonlyArray<Item>; readonly isCut: boolean } | undefined
}

/** Puts a page together from what was read of it. */
const pageOf = (
  { url }: Requests.Visit,
  response: Answer,
  finalUrl: URL,
  { content, source, taken, wanted }: Read
): Page => {
  const truncated: Truncated = {
    ...content.truncated,
    ...(source.isCut() ? { html: true } : {}),
    ...(taken?.isCut === true ? { items: true } : {})
  }
  return {
    url,
    finalUrl: finalUrl.href,
    status: response.status,
    title: content.title,
    text: content.text,
    links: content.links,
    ...(Object.keys(truncated).length === 0 ? {} : { truncated }),
    ...wishes(content, response, wanted.robot),
    ...(wanted.html ? { html: source.get() } : {}),
    ...(wanted.responseHeaders ? { headers: { ...response.headers } } : {}),
    ...(taken === undefined ? {} : { items: taken.items })
  }
}

/** Takes items out of a page, if any are selected; the library for that is loaded only then. */
const selectingBy = Effect.fnUntraced(function*(selection: Selection | undefined) {
  if (selection === undefined) return undefined
  const library = yield* Effect.promise(() => import("./selecting.ts"))
  const tree = library.tree()
  return {
    tree,
    take: ({ base, title }: Content, { href: url }: URL) =>
      Effect.map(
        Pace.run(library.take(selection, { root: tree.root, url, base: base ?? url, title })),
        ({ isCut, items }) => ({ items, isCut: isCut || tree.isCut() })
      )
  }
})

/** What the page asks of robots, and what it calls itself. */
const wishes = (
  { canonical, directives = {}, nofollow }: Content,
  { headers }: Answer,
  robot: string
): Pick<Page, "directives" | "nofollow" | "canonical"> => {
  const all = Directives.merged(directives, Directives.ofHeader(headers["x-robots-tag"], robot))
  return {
    ...(Object.keys(all).length === 0 ? {} : { directives: all }),
    ...(nofollow === undefined ? {} : { nofollow }),
    ...(canonical === undefined ? {} : { canonical })
  }
}

/** The decoded document, as far as it is kept. */
const sourceOf = (isWanted: boolean) => {
  const pieces: Array<string> = []
  let length = 0
  return {
    add: (piece: string): void => {
      if (isWanted && length < kept.html) pieces.push(piece)
      length += piece.length
    },
    get: (): string => pieces.join("").slice(0, kept.html).toWellFormed(),
    isCut: (): boolean => isWanted && length > kept.html
  }
}

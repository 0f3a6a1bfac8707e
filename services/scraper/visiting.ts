/**
 * Visits one address of a crawl: fetches it, and puts what came of it, and what it leads to, into the frontier.
 */
import * as Effect from "effect/Effect"
import type { Cookies } from "./cookies.ts"
import { follow, type Going } from "./following.ts"
import type * as Frontier from "./frontier.ts"
import { encode, type Outcome, skipReason } from "./outcomes.ts"
import type { Pages, Read } from "./pages.ts"
import { CrawlFailed, type FetchFailed, type FetchRequest, type Page } from "./Scraper.ts"
import { onDisk } from "./storage.ts"
import { printOf, printOfItems, type Settled, shapeOf } from "./traps.ts"

/** A redirect led to a page that this crawl must not fetch, or not again. */
class NotOurs {
  readonly name = "NotOurs"
  readonly reason: "offHost" | "duplicate"
  constructor(reason: "offHost" | "duplicate") {
    this.reason = reason
  }
}

type Method = "GET" | "POST"

export interface Visiting extends Going {
  readonly pages: Pages
  readonly cookies: Cookies
}

/** The parent of a sitemap that no robots.txt named. */
export const guessed = "guess"

/** Visits an address that was taken. */
export const visit = (going: Visiting, taken: Frontier.Taken): Effect.Effect<void, CrawlFailed> => {
  if (taken.kind === "sitemap") return visitSitemap(going, taken)
  // It may have become one while it was queued.
  if (isTrap(going, taken)) return onDisk(() => going.frontier.skip(taken, "trap"))
  let method: Method = "GET"
  return Effect.matchEffect(
    going.pages.read(requestOf(going, taken), {
      admit: (url, hops, by) => {
        method = by
        return admit(going, taken, { url, hops, method })
      },
      cookies: going.cookies,
      selection: going.plan.selection
    }),
    {
      onSuccess: ({ page }) => settlePage(going, taken, page, method),
      onFailure: (failure) => {
        if (failure instanceof CrawlFailed) return Effect.fail(failure)
        if (failure instanceof NotOurs) return onDisk(() => going.frontier.skip(taken, failure.reason))
        return settleFailure(going, taken, failure)
      }
    }
  )
}

const isTrap = ({ plan, traps }: Going, { run, url }: Frontier.Taken): boolean => {
  const at = plan.followsTraps || run === 0 ? null : URL.parse(url)
  return at !== null && traps.isTrap(run, shapeOf(at))
}

const requestOf = ({ plan }: Visiting, { key, url }: Frontier.Taken): FetchRequest => {
  const { headers = {}, ...sent } = plan.sent.get(key) ?? {}
  const isSeeds = plan.seeds.some(({ origin }) => origin === URL.parse(url)?.origin)
  return {
    ...sent,
    url,
    html: plan.html,
    responseHeaders: plan.responseHeaders,
    headers: { ...(isSeeds ? plan.headers : {}), ...headers }
  }
}

/** A seed may redirect to another host (example.com to www.example.com), a page may not. */
const admit = (
  { frontier, hosts, plan }: Visiting,
  taken: Frontier.Taken,
  { hops, method, url }: { readonly url: URL; readonly hops: number; readonly method: Method }
): Effect.Effect<void, CrawlFailed | NotOurs> => {
  if (hops === 0) return Effect.void
  if (taken.depth > 0 && !hosts.isInside(url)) return Effect.fail(new NotOurs("offHost"))
  // What an address answers to a POST is not its page.
  if (method === "POST") return Effect.void
  return Effect.flatMap(
    onDisk(() => frontier.claim(plan.address(url).key, taken)),
    (ours) => ours ? Effect.void : Effect.fail(new NotOurs("duplicate"))
  )
}

const settleFailure = ({ frontier }: Visiting, taken: Frontier.Taken, failure: FetchFailed) => {
  const outcome: Outcome = { _tag: "Failed", depth: taken.depth, failure }
  return onDisk(() => frontier.settle(taken, encode(outcome), skipReason(outcome)))
}

// Links first: if the scraper dies in between, the page is fetched again, and its links are known already.
const settlePage = Effect.fnUntraced(function*(going: Visiting, taken: Frontier.Taken, page: Page, method: Method) {
  const { frontier, hosts, plan, traps } = going
  const outcome: Outcome = { _tag: "Fetched", depth: taken.depth, page }
  const finalUrl = URL.parse(page.finalUrl)
  hosts.remember(outcome)
  const prints = [printOf(page), printOfItems(page.items)].filter((print) => print !== undefined)
  const isNew = yield* onDisk(() => frontier.isNew(prints))
  const settled: Settled = { shape: finalUrl === null ? "" : shapeOf(finalUrl), parent: taken.parent, isNew }
  traps.settled(settled)
  yield* follow(going, page, { depth: taken.depth, run: traps.runAfter(taken.run, settled), shape: settled.shape })
  const lost = page.truncated?.links ?? 0
  const finalKey = finalUrl === null || method === "POST" ? undefined : plan.address(finalUrl).key
  const notes: Frontier.Notes = { finalKey, page: settled, prints }
  yield* onDisk(() => {
    if (lost > 0) frontier.lose(lost)
    const reason = unwanted(going, taken, page)
    if (reason === undefined) frontier.settle(taken, encode(outcome), undefined, notes)
    else frontier.skip(taken, reason, notes)
  })
})

/** Why a page that was fetched is not delivered. A page that calls another its own has that one queued. */
const unwanted = (
  { frontier, hosts, plan }: Visiting,
  taken: Frontier.Taken,
  { canonical, directives, finalUrl }: Page
): "noindex" | "canonical" | undefined => {
  if (plan.obeys.has("noindex") && directives?.noindex === true) return "noindex"
  const own = plan.obeys.has("canonical") && canonical !== undefined ? URL.parse(canonical) : null
  const final = URL.parse(finalUrl)
  if (own === null || final === null || !hosts.isInside(own)) return undefined
  own.hash = ""
  const address = plan.address(own)
  // Two pages that call each other their own are both delivered at the second one.
  if (address.key === plan.address(final).key || frontier.reasonOf(address.key) === "canonical") return undefined
  frontier.add([{ ...address, run: taken.run, parent: taken.parent }], taken.depth)
  return "canonical"
}

/** Reads a sitemap for its addresses. It is no page: what is delivered of it is its failure. */
const visitSitemap = (going: Visiting, taken: Frontier.Taken): Effect.Effect<void, CrawlFailed> =>
  Effect.matchEffect(
    going.pages.read({ ...requestOf(going, taken), html: false }, { cookies: going.cookies, isSitemap: true }),
    {
      onSuccess: (read) => settleSitemap(going, taken, read),
      onFailure: (failure) =>
        taken.parent === guessed && isAbsence(failure)
          ? onDisk(() => going.frontier.skip(taken, "sitemap"))
          : settleFailure(going, taken, failure)
    }
  )

/** Whether a failure says that there is no such file, and not that it could not be had. */
const isAbsence = ({ reason, retryable }: FetchFailed): boolean =>
  !retryable && reason !== "Malformed" && reason !== "TooLarge"

const settleSitemap = Effect.fnUntraced(function*(going: Visiting, taken: Frontier.Taken, { isIndex, page }: Read) {
  const { frontier } = going
  if (isIndex) yield* onDisk(() => frontier.add(page.links.flatMap((link) => sitemapAt(going, URL.parse(link))), 0))
  else yield* follow(going, page, { depth: 0, run: 0, shape: "" })
  const lost = page.truncated?.links ?? 0
  yield* onDisk(() => {
    if (lost > 0) frontier.lose(lost)
    frontier.skip(taken, "sitemap")
  })
})

/** A sitemap may be on another host than its pages, if robots.txt or another sitemap says so. */
const sitemapAt = ({ plan }: Pick<Going, "plan">, url: URL | null, parent = ""): ReadonlyArray<Frontier.Address> => {
  if (url === null) return []
  const { key } = plan.address(url)
  return [{ key: `sitemap ${key}`, url: url.href, kind: "sitemap", parent }]
}

/** Queues the sitemaps of the seeds' hosts: those that robots.txt names, or else the usual place. */
export const queueSitemaps = Effect.fnUntraced(function*(going: Visiting) {
  const { frontier, pages, plan } = going
  const origins = new Map(plan.seeds.map((seed) => [seed.origin, seed]))
  for (const seed of origins.values()) {
    const named = yield* Effect.catch(pages.sitemaps(seed), () => Effect.succeed<ReadonlyArray<string>>([]))
    const addresses = named.length === 0
      ? sitemapAt(going, new URL("/sitemap.xml", seed), guessed)
      : named.flatMap((address) => sitemapAt(going, URL.parse(address, seed)))
    yield* onDisk(() => frontier.add(addresses, 0))
  }
})

/** Makes the requests that come before all others. Any answer that is no failure will do, whatever its type. */
export const makeRequestsBefore = ({ cookies, pages, plan }: Visiting): Effect.Effect<void, CrawlFailed> =>
  Effect.forEach(
    plan.before,
    (request) =>
      Effect.catch(pages.read(request, { cookies }), (failure) =>
        failure.reason === "ContentType"
          ? Effect.void
          : Effect.fail(
            new CrawlFailed({ reason: "Before", detail: `a request before all others failed: ${failure.message}` })
          )),
    { discard: true }
  )

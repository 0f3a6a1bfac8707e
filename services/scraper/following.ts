/**
 * What becomes of the links of a page: each is queued, or left for a reason that is counted.
 */
import * as Effect from "effect/Effect"
import * as Pace from "../pace.ts"
import type * as Frontier from "./frontier.ts"
import { type CrawlHosts, type Plan, whyNot } from "./plan.ts"
import type { CrawlFailed, Page, SkipReason } from "./Scraper.ts"
import type { Settings } from "./settings.ts"
import { onDisk } from "./storage.ts"
import { shapeOf, type Traps } from "./traps.ts"

/** What a crawl goes by. */
export interface Going {
  readonly plan: Plan
  readonly hosts: CrawlHosts
  readonly rules: Pick<Settings, "allowPrivate" | "allowLoopback" | "allowOrigins">
  readonly frontier: Frontier.Frontier
  readonly traps: Traps
}

/** Where links were found: `depth` links from a seed, after `run` pages that say nothing new, on a page of this shape. */
export interface Found {
  readonly depth: number
  readonly run: number
  readonly shape: string
}

/** Links handled between two looks at the clock; each costs a few statements of SQL. */
const linksAtOnce = 50

/** Puts links where they belong, and lets the loop run in between. */
export const follow = (
  going: Going,
  { directives, finalUrl, links, nofollow = [] }: Pick<Page, "links" | "finalUrl" | "directives" | "nofollow">,
  found: Found
): Effect.Effect<void, CrawlFailed> => {
  const { frontier, hosts, plan, rules, traps } = going
  const page = URL.parse(finalUrl)
  const obeys = plan.obeys.has("nofollow")
  const marked = new Set(nofollow)
  const reasonOf = (url: URL, link: string): SkipReason | undefined => {
    if (page === null) return "blocked"
    const reason = whyNot(plan, hosts, rules, { url, page, depth: found.depth })
    if (reason !== undefined) return reason
    if (obeys && (directives?.nofollow === true || marked.has(link))) return "nofollow"
    return !plan.followsTraps && found.run > 0 && traps.isTrap(found.run, shapeOf(url)) ? "trap" : undefined
  }
  const slices = Array.from(
    { length: Math.ceil(links.length / linksAtOnce) },
    (_, n) => links.slice(n * linksAtOnce, (n + 1) * linksAtOnce)
  )
  return Effect.forEach(slices, (slice) =>
    Effect.andThen(
      Pace.breath,
      onDisk(() => {
        const all = slice.flatMap((link) => {
          const url = URL.parse(link)
          return url === null ? [] : [{ url, reason: reasonOf(url, link) }]
        })
        for (const [reason, urls] of Map.groupBy(all, ({ reason }) => reason)) {
          const addresses = urls.map(({ url }) => ({ ...plan.address(url), run: found.run, parent: found.shape }))
          if (reason === undefined) frontier.add(addresses, found.depth + 1)
          else frontier.leave(addresses, found.depth + 1, reason)
        }
      })
    ), { discard: true })
}

/**
 * Crawls: takes addresses from the frontier, fetches some at a time, and delivers what came of them when asked.
 */
import * as Effect from "effect/Effect"
import * as Queue from "effect/Queue"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { hash } from "node:crypto"
import * as Pace from "../pace.ts"
import { isOperatorsOnly, longestUrl } from "./addresses.ts"
import { canonical } from "./canonicalUrl.ts"
import type * as Frontier from "./frontier.ts"
import { decode, decodeHead, encode, type Outcome, skipReason } from "./outcomes.ts"
import type { Pages } from "./pages.ts"
import { type Crawled, CrawlFailed, type CrawlRequest, type Ended, type Skipped, type SkipReason } from "./Scraper.ts"
import type { Settings } from "./settings.ts"
import { onDisk, type Storage } from "./storage.ts"
import * as Watch from "./watch.ts"

/** A redirect led to a page that this crawl must not fetch, or not again. */
class NotOurs {
  readonly name = "NotOurs"
  readonly reason: "offHost" | "duplicate"
  constructor(reason: "offHost" | "duplicate") {
    this.reason = reason
  }
}

export type Crawls = (request: CrawlRequest) => Stream.Stream<Crawled | Ended, CrawlFailed>

/** Makes the crawler. Crawls are independent of each other; one that is running can't be asked for a second time. */
export const make = (
  settings:
    & Pick<Settings, "crawlConcurrency">
    & Partial<Pick<Settings, "allowPrivate" | "allowLoopback" | "allowOrigins">>,
  pages: Pages,
  storage: Storage,
  watch: Watch.Watch = Watch.make()
): Crawls => {
  const running = new Set<string>()

  const claimId = (id: string): Effect.Effect<void, CrawlFailed, Scope.Scope> =>
    Effect.acquireRelease(
      Effect.suspend(() => {
        if (running.has(id)) {
          const detail = "a crawl with these seeds and limits is being read already; wait for it or change a limit"
          return Effect.fail(new CrawlFailed({ reason: "Running", detail }))
        }
        running.add(id)
        return Effect.void
      }),
      () => Effect.sync(() => void running.delete(id))
    )

  return (request) =>
    Stream.unwrap(Effect.gen(function*() {
      const plan = yield* planOf(request)
      yield* claimId(plan.id)
      const frontier = yield* storage(plan.id, plan.maxPages, request.fresh ?? false)
      const watcher = yield* watch.begin(plan.seeds[0]?.href ?? "", plan.maxPages)
      const { allowLoopback = false, allowOrigins = new Set<string>(), allowPrivate = false } = settings
      const rules = { allowLoopback, allowOrigins, allowPrivate }
      return crawl(plan, { concurrency: settings.crawlConcurrency, rules, pages, frontier, watcher })
    }))
}

interface Plan {
  readonly id: string
  readonly seeds: ReadonlyArray<URL>
  readonly maxPages: number
  readonly maxDepth: number
  readonly sameHost: boolean
  readonly summary: boolean
}

const planOf = Effect.fnUntraced(function*(request: CrawlRequest) {
  const seeds: Array<URL> = []
  for (const seed of request.seeds) {
    const url = seed.length > longestUrl ? null : URL.parse(seed)
    if (url === null || !/^https?:$/.test(url.protocol)) {
      return yield* new CrawlFailed({
        reason: "InvalidSeed",
        detail: `"${seed.slice(0, 200)}" is not an address; write it in full, as in https://example.com/`
      })
    }
    url.hash = ""
    seeds.push(url)
  }
  const limits = {
    maxPages: request.maxPages ?? 100,
    maxDepth: request.maxDepth ?? 3,
    sameHost: request.sameHost ?? true
  }
  const id = hash("sha256", JSON.stringify([seeds.map(canonical).sort(), limits]))
  const plan: Plan = { id, seeds, ...limits, summary: request.summary ?? false }
  return plan
})

/** What a crawl works with. */
interface With {
  readonly concurrency: number
  readonly rules: Parameters<typeof isOperatorsOnly>[0]
  readonly pages: Pages
  readonly frontier: Frontier.Frontier
  readonly watcher: Watch.Watcher
}

/** The hosts that a crawl stays on: those of its seeds, and where the seeds redirect to. */
const hostsOf = ({ sameHost, seeds }: Plan) => {
  const hosts = new Set(seeds.map((seed) => seed.host))
  return {
    remember: (outcome: Outcome): void => {
      const url = outcome._tag === "Fetched" && outcome.depth === 0 ? URL.parse(outcome.page.finalUrl) : null
      if (url !== null) hosts.add(url.host)
    },
    isInside: (url: URL): boolean => !sameHost || hosts.has(url.host)
  }
}

/** Links handled between two looks at the clock; each costs a few statements of SQL. */
const linksAtOnce = 50

const crawl = (
  plan: Plan,
  { concurrency, frontier, pages, rules, watcher }: With
): Stream.Stream<Crawled | Ended, CrawlFailed> =>
  Stream.unwrap(Effect.gen(function*() {
    const scope = yield* Effect.scope
    // Says that something was settled. One word is enough: whoever hears it looks for himself.
    const news = yield* Queue.dropping<void, CrawlFailed>(1)
    const hosts = hostsOf(plan)
    let inFlight = 0

    yield* onDisk(() => {
      frontier.add(plan.seeds.map(address), 0)
      for (const outcome of frontier.seedOutcomes()) hosts.remember(decodeHead(outcome))
    })

    /** A seed may redirect to another host (example.com to www.example.com), a page may not. */
    const admit = (taken: Frontier.Taken) => (url: URL, hops: number): Effect.Effect<void, CrawlFailed | NotOurs> => {
      if (hops === 0) return Effect.void
      if (taken.depth > 0 && !hosts.isInside(url)) return Effect.fail(new NotOurs("offHost"))
      return Effect.flatMap(
        onDisk(() => frontier.claim(canonical(url), taken)),
        (ours) => ours ? Effect.void : Effect.fail(new NotOurs("duplicate"))
      )
    }

    /** Why a link of a page is not followed; undefined when it is. */
    const whyNot = (url: URL, page: URL, depth: number): SkipReason | undefined =>
      !hosts.isInside(url)
        ? "offHost"
        : isOperatorsOnly(rules, url, page)
        ? "blocked"
        : depth >= plan.maxDepth
        ? "depth"
        : undefined

    /** Puts links where they belong, and lets the loop run in between. */
    const follow = (
      links: ReadonlyArray<string>,
      finalUrl: string,
      depth: number
    ): Effect.Effect<void, CrawlFailed> => {
      const page = URL.parse(finalUrl)
      const slices = Array.from(
        { length: Math.ceil(links.length / linksAtOnce) },
        (_, n) => links.slice(n * linksAtOnce, (n + 1) * linksAtOnce)
      )
      return Effect.forEach(slices, (slice) =>
        Effect.andThen(
          Pace.breath,
          onDisk(() => {
            const found = slice.flatMap((link) => URL.parse(link) ?? [])
            const byReason = Map.groupBy(found, (url) => page === null ? "blocked" : whyNot(url, page, depth))
            for (const [reason, urls] of byReason) {
              const addresses = urls.map(address)
              if (reason === undefined) frontier.add(addresses, depth + 1)
              else frontier.leave(addresses, depth + 1, reason)
            }
          })
        ), { discard: true })
    }

    // Links first: if the scraper dies in between, the page is fetched again, and its links are known already.
    const settle = (taken: Frontier.Taken, outcome: Outcome) =>
      Effect.gen(function*() {
        hosts.remember(outcome)
        if (outcome._tag === "Fetched") yield* follow(outcome.page.links, outcome.page.finalUrl, taken.depth)
        const lost = outcome._tag === "Fetched" ? outcome.page.truncated?.links ?? 0 : 0
        yield* onDisk(() => {
          if (lost > 0) frontier.lose(lost)
          frontier.settle(taken, encode(outcome), [], skipReason(outcome))
        })
      })

    const visit = (taken: Frontier.Taken): Effect.Effect<void, CrawlFailed> =>
      Effect.matchEffect(pages.fetch(taken.url, admit(taken)), {
        onSuccess: (page) => settle(taken, { _tag: "Fetched", depth: taken.depth, page }),
        onFailure: (failure) => {
          if (failure instanceof CrawlFailed) return Effect.fail(failure)
          if (failure instanceof NotOurs) return onDisk(() => frontier.skip(taken, failure.reason))
          return settle(taken, { _tag: "Failed", depth: taken.depth, failure })
        }
      })

    const begin = (taken: Frontier.Taken) =>
      visit(taken).pipe(
        Effect.ensuring(Effect.sync(() => inFlight--)),
        Effect.matchCauseEffect({
          onSuccess: () => Queue.offer(news, undefined),
          onFailure: (cause) => Queue.failCause(news, cause)
        }),
        Effect.forkIn(scope)
      )

    /** Looks and takes at one go, so that nothing is settled in between and overlooked. */
    const look = (nth: number) =>
      onDisk(() => {
        const queued = frontier.waiting()
        const outcome = frontier.outcome(nth)
        if (outcome !== undefined) return { outcome, queued, skipped: frontier.skipped() }
        const taken: Array<Frontier.Taken> = []
        while (inFlight < concurrency) {
          const next = frontier.take()
          if (next === undefined) break
          inFlight++
          taken.push(next)
        }
        return { taken, queued, skipped: frontier.skipped() }
      })

    /** What is still queued at the end is beyond the limit. */
    const end = Effect.fnUntraced(function*(told: Told, queued: number, skipped: ReadonlyMap<SkipReason, number>) {
      while (yield* Effect.andThen(Pace.breath, onDisk(frontier.drop)));
      const all = queued === 0 ? skipped : new Map(skipped).set("limit", (skipped.get("limit") ?? 0) + queued)
      const progress = { fetched: told.fetched, failed: told.failed, queued: 0 }
      yield* watcher.progress({ ...progress, queued }, structOf(all))
      yield* watcher.over
      return { _tag: "Ended" as const, progress, ...spread(structOf(all)) }
    })

    // New addresses are taken only when the reader has had all that is settled: a slow reader slows the crawl.
    const next = Effect.fnUntraced(function*(told: Told): Effect.fn.Return<Step | undefined, CrawlFailed> {
      if (told.ended) return undefined
      while (true) {
        const seen = yield* look(told.nth)
        if (seen.outcome !== undefined) {
          const outcome = decode(seen.outcome)
          const so = toldOf(told, outcome)
          const skipped = structOf(seen.skipped)
          const progress = { fetched: so.fetched, failed: so.failed, queued: seen.queued }
          yield* watcher.progress(progress, skipped)
          return [{ ...outcome, progress, ...spread(skipped) }, so]
        }
        if (inFlight === 0) {
          const ended = yield* end(told, seen.queued, seen.skipped)
          return plan.summary ? [ended, { ...told, ended: true }] : undefined
        }
        yield* Effect.forEach(seen.taken, begin, { discard: true })
        yield* Queue.take(news)
      }
    })

    return Stream.unfold({ fetched: 0, failed: 0, nth: 1, ended: false }, next)
  }))

/** What the reader has had. */
interface Told {
  readonly fetched: number
  readonly failed: number
  /** The number of the next outcome. */
  readonly nth: number
  readonly ended: boolean
}

type Step = readonly [element: Crawled | Ended, told: Told]

const toldOf = (told: Told, outcome: Outcome): Told => {
  const so = { ...told, nth: told.nth + 1 }
  if (outcome._tag === "Fetched") return { ...so, fetched: told.fetched + 1 }
  return skipReason(outcome) === undefined ? { ...so, failed: told.failed + 1 } : so
}

const structOf = (skipped: ReadonlyMap<SkipReason, number>): Skipped | undefined => {
  const some = [...skipped].filter(([, count]) => count > 0)
  return some.length === 0 ? undefined : Object.fromEntries(some)
}

const spread = (skipped: Skipped | undefined) => skipped === undefined ? {} : { skipped }

const address = (url: URL): Frontier.Address => ({ key: canonical(url), url: url.href })

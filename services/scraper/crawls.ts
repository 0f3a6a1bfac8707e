/**
 * Crawls: takes addresses from the frontier, fetches some at a time, and delivers what came of them when asked.
 */
import * as Effect from "effect/Effect"
import * as Queue from "effect/Queue"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as Pace from "../pace.ts"
import * as Cookies from "./cookies.ts"
import * as Export from "./export.ts"
import { hostOf, type Taken } from "./frontier.ts"
import { decode, decodeHead, type Outcome, skipReason } from "./outcomes.ts"
import type { Pages } from "./pages.ts"
import { hostsOf, planOf } from "./plan.ts"
import { type Crawled, CrawlFailed, type CrawlRequest, type Ended, type Skipped, type SkipReason } from "./Scraper.ts"
import type { Settings } from "./settings.ts"
import { onDisk, type Storage } from "./storage.ts"
import * as Traps from "./traps.ts"
import { makeRequestsBefore, queueSitemaps, visit, type Visiting } from "./visiting.ts"
import * as Watch from "./watch.ts"

export type Crawls = (request: CrawlRequest) => Stream.Stream<Crawled | Ended, CrawlFailed>

/** Makes the crawler. Crawls are independent of each other; one that is running can't be asked for a second time. */
export const make = (
  settings:
    & Pick<Settings, "crawlConcurrency">
    & Partial<Pick<Settings, "allowPrivate" | "allowLoopback" | "allowOrigins" | "results" | "hostConcurrency">>,
  pages: Pages,
  storage: Storage,
  watch: Watch.Watch = Watch.make()
): Crawls => {
  const running = new Set<string>()
  const exports = Export.make(settings.results ?? "results")

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
      const going: Visiting = {
        plan,
        pages,
        frontier,
        rules: { allowLoopback, allowOrigins, allowPrivate },
        hosts: hostsOf(plan),
        cookies: Cookies.make(),
        traps: Traps.make(yield* onDisk(frontier.settledPages))
      }
      const keep = plan.export === undefined ? undefined : yield* exports(plan.export, plan.columns, frontier)
      const perHost = settings.hostConcurrency ?? settings.crawlConcurrency
      return yield* crawl(going, { concurrency: settings.crawlConcurrency, perHost, keep, watcher })
    }))
}

/** How a crawl is carried out. */
interface How {
  /** Addresses fetched at a time, and of one host: more would only wait there, and keep others from being fetched. */
  readonly concurrency: number
  readonly perHost: number
  readonly keep: Export.Export | undefined
  readonly watcher: Watch.Watcher
}

const crawl = Effect.fnUntraced(function*(going: Visiting, how: How) {
  const { frontier, hosts, plan } = going
  yield* onDisk(() => {
    frontier.add(plan.entries, 0)
    for (const outcome of frontier.seedOutcomes()) hosts.remember(decodeHead(outcome))
  })
  yield* makeRequestsBefore(going)
  if (plan.sitemaps) yield* queueSitemaps(going)
  const fetching = yield* fetchingOf(going, how)
  const deliver = deliveringOf(going, how)

  const next = Effect.fnUntraced(function*(told: Told): Effect.fn.Return<Step | undefined, CrawlFailed> {
    if (told.ended) return undefined
    while (true) {
      const seen = yield* fetching.look(told.nth)
      yield* fetching.begin(seen.taken)
      if (seen.outcome !== undefined) return yield* deliver.next(told, { ...seen, outcome: seen.outcome })
      if (seen.isIdle) {
        const ended = yield* deliver.end(told, seen)
        return plan.summary ? [ended, { ...told, ended: true }] : undefined
      }
      yield* fetching.news
    }
  })

  return Stream.unfold({ fetched: 0, failed: 0, nth: 1, ended: false }, next)
})

/** What a look at the frontier shows. */
interface Seen {
  readonly queued: number
  readonly skipped: ReadonlyMap<SkipReason, number>
}

/** Fetches some addresses at a time. */
const fetchingOf = Effect.fnUntraced(function*(going: Visiting, { concurrency, perHost }: How) {
  const { frontier } = going
  const scope = yield* Effect.scope
  // Says that something was settled. One word is enough: the reader looks for itself.
  const news = yield* Queue.dropping<void, CrawlFailed>(1)
  let inFlight = 0
  const hosts = new Map<string, number>()
  const count = (taken: Taken, by: 1 | -1): void => {
    const host = hostOf(taken.url)
    const now = (hosts.get(host) ?? 0) + by
    if (now === 0) hosts.delete(host)
    else hosts.set(host, now)
    inFlight += by
  }
  const isFree = (host: string): boolean => (hosts.get(host) ?? 0) < perHost

  // What was settled before is told while the crawl goes on already.
  const settledBefore = frontier.settled()
  let nthTold = 0
  /** A slow reader slows the crawl, which is ahead of it by as many pages as are fetched at a time. */
  const takeOne = (): Taken | undefined =>
    inFlight >= concurrency || frontier.settled() - Math.max(settledBefore, nthTold) >= concurrency
      ? undefined
      : frontier.take(isFree)
  const takeSome = (): ReadonlyArray<Taken> => {
    const taken: Array<Taken> = []
    for (let next = takeOne(); next !== undefined; next = takeOne()) {
      count(next, 1)
      taken.push(next)
    }
    return taken
  }

  const begin = (taken: Taken): Effect.Effect<unknown> =>
    visit(going, taken).pipe(
      Effect.ensuring(Effect.sync(() => count(taken, -1))),
      // At once, and not when the reader has had what was settled, which may be on another thread.
      Effect.andThen(Effect.flatMap(onDisk(takeSome), beginAll)),
      Effect.matchCauseEffect({
        onSuccess: () => Queue.offer(news, undefined),
        onFailure: (cause) => Queue.failCause(news, cause)
      }),
      Effect.forkIn(scope)
    )

  const beginAll = (taken: ReadonlyArray<Taken>) => Effect.forEach(taken, begin, { discard: true })

  return {
    begin: beginAll,
    /** Waits until something is settled. */
    news: Queue.take(news),
    /** Looks and takes at one go, so that nothing is settled in between and overlooked. */
    look: (nth: number) =>
      onDisk(() => {
        nthTold = nth - 1
        const queued = frontier.waiting()
        const outcome = frontier.outcome(nth)
        const taken = takeSome()
        return { outcome, taken, queued, skipped: frontier.skipped(), isIdle: inFlight === 0 }
      })
  }
})

/** Hands what was settled to the reader, and to the file. */
const deliveringOf = ({ frontier }: Visiting, { keep, watcher }: How) => ({
  next: Effect.fnUntraced(function*(told: Told, seen: Seen & { readonly outcome: string }) {
    const outcome = decode(seen.outcome)
    if (keep !== undefined) yield* keep(told.nth, outcome)
    const so = toldOf(told, outcome)
    const skipped = structOf(seen.skipped)
    const progress = { fetched: so.fetched, failed: so.failed, queued: seen.queued }
    yield* watcher.progress(progress, skipped)
    const step: Step = [{ ...outcome, progress, ...spread(skipped) }, so]
    return step
  }),
  /** What is still queued at the end is beyond the limit. */
  end: Effect.fnUntraced(function*(told: Told, { queued, skipped }: Seen) {
    while (yield* Effect.andThen(Pace.breath, onDisk(frontier.drop)));
    const all = queued === 0 ? skipped : new Map(skipped).set("limit", (skipped.get("limit") ?? 0) + queued)
    const progress = { fetched: told.fetched, failed: told.failed, queued: 0 }
    yield* watcher.progress({ ...progress, queued }, structOf(all))
    yield* watcher.over
    const ended: Ended = { _tag: "Ended", progress, ...spread(structOf(all)) }
    return ended
  })
})

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

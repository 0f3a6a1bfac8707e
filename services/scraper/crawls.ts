/**
 * Crawls: takes addresses from the frontier, fetches some at a time, and delivers what came of them when asked.
 */
import * as Effect from "effect/Effect"
import * as Queue from "effect/Queue"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { hash } from "node:crypto"
import { canonical } from "./canonicalUrl.ts"
import type * as Frontier from "./frontier.ts"
import type { Pages } from "./pages.ts"
import { type Crawled, CrawlFailed, type CrawlRequest, FetchFailed, Page } from "./Scraper.ts"
import type { Settings } from "./settings.ts"
import { onDisk, type Storage } from "./storage.ts"
import * as Watch from "./watch.ts"

/** What is kept of an address that is settled. */
type Outcome = typeof Outcome.Type
const Outcome = Schema.Union([
  Schema.TaggedStruct("Fetched", { depth: Schema.Int, page: Page }),
  Schema.TaggedStruct("Failed", { depth: Schema.Int, failure: FetchFailed })
])
const OutcomeJson = Schema.fromJsonString(Schema.toCodecJson(Outcome))
const encode = Schema.encodeSync(OutcomeJson)
const decode = Schema.decodeUnknownSync(OutcomeJson)

/** A redirect led to a page that this crawl must not fetch, or not again. */
class NotOurs {
  readonly name = "NotOurs"
}

export type Crawls = (request: CrawlRequest) => Stream.Stream<Crawled, CrawlFailed>

/** Makes the crawler. Crawls are independent of each other; one that is running can't be asked for a second time. */
export const make = (
  settings: Pick<Settings, "crawlConcurrency">,
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
      return crawl(plan, settings.crawlConcurrency, pages, frontier, watcher)
    }))
}

interface Plan {
  readonly id: string
  readonly seeds: ReadonlyArray<URL>
  readonly maxPages: number
  readonly maxDepth: number
  readonly sameHost: boolean
}

const planOf = Effect.fnUntraced(function*(request: CrawlRequest) {
  const seeds: Array<URL> = []
  for (const seed of request.seeds) {
    const url = URL.parse(seed)
    if (url === null || !/^https?:$/.test(url.protocol)) {
      return yield* new CrawlFailed({
        reason: "InvalidSeed",
        detail: `"${seed}" is not an address; write it in full, as in https://example.com/`
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
  const plan: Plan = { id, seeds, ...limits }
  return plan
})

const crawl = (
  plan: Plan,
  concurrency: number,
  pages: Pages,
  frontier: Frontier.Frontier,
  watcher: Watch.Watcher
): Stream.Stream<Crawled, CrawlFailed> =>
  Stream.unwrap(Effect.gen(function*() {
    const scope = yield* Effect.scope
    // Says that something was settled. One word is enough: whoever hears it looks for himself.
    const news = yield* Queue.dropping<void, CrawlFailed>(1)
    const hosts = new Set(plan.seeds.map((seed) => seed.host))
    let inFlight = 0

    const rememberHost = (outcome: Outcome) => {
      const url = outcome._tag === "Fetched" && outcome.depth === 0 ? URL.parse(outcome.page.finalUrl) : null
      if (url !== null) hosts.add(url.host)
    }
    const isInside = (url: URL) => !plan.sameHost || hosts.has(url.host)

    yield* onDisk(() => {
      frontier.add(plan.seeds.map(address), 0)
      for (const outcome of frontier.seedOutcomes()) rememberHost(decode(outcome))
    })

    /** A seed may redirect to another host (example.com to www.example.com), a page may not. */
    const admit = (taken: Frontier.Taken) => (url: URL, hops: number) =>
      hops === 0
        ? Effect.void
        : Effect.flatMap(
          onDisk(() => (taken.depth === 0 || isInside(url)) && frontier.claim(canonical(url), taken)),
          (ours) => ours ? Effect.void : Effect.fail(new NotOurs())
        )

    const settle = (taken: Frontier.Taken, outcome: Outcome) =>
      onDisk(() => {
        rememberHost(outcome)
        const links = outcome._tag === "Fetched" && taken.depth < plan.maxDepth ? outcome.page.links : []
        frontier.settle(
          taken,
          encode(outcome),
          links.flatMap((link) => {
            const url = URL.parse(link)
            return url !== null && isInside(url) ? [address(url)] : []
          })
        )
      })

    const visit = (taken: Frontier.Taken): Effect.Effect<void, CrawlFailed> =>
      Effect.matchEffect(pages.fetch(taken.url, admit(taken)), {
        onSuccess: (page) => settle(taken, { _tag: "Fetched", depth: taken.depth, page }),
        onFailure: (failure) => {
          if (failure instanceof CrawlFailed) return Effect.fail(failure)
          if (failure instanceof NotOurs) return onDisk(() => frontier.skip(taken))
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
        const outcome = frontier.outcome(nth)
        if (outcome !== undefined) return { outcome, queued: frontier.waiting() }
        const taken: Array<Frontier.Taken> = []
        while (inFlight < concurrency) {
          const next = frontier.take()
          if (next === undefined) break
          inFlight++
          taken.push(next)
        }
        if (inFlight === 0) frontier.drop()
        return { taken, over: inFlight === 0 }
      })

    // New addresses are taken only when the reader has had all that is settled: a slow reader slows the crawl.
    const next = Effect.fnUntraced(function*(told: { readonly fetched: number; readonly failed: number }) {
      while (true) {
        const seen = yield* look(told.fetched + told.failed + 1)
        if (seen.outcome !== undefined) {
          const outcome = decode(seen.outcome)
          const so = outcome._tag === "Fetched"
            ? { ...told, fetched: told.fetched + 1 }
            : { ...told, failed: told.failed + 1 }
          const progress = { ...so, queued: seen.queued }
          yield* watcher.progress(progress)
          return [{ ...outcome, progress }, so] as const
        }
        if (seen.over) return void (yield* watcher.over)
        yield* Effect.forEach(seen.taken, begin, { discard: true })
        yield* Queue.take(news)
      }
    })

    return Stream.unfold({ fetched: 0, failed: 0 }, next)
  }))

const address = (url: URL): Frontier.Address => ({ key: canonical(url), url: url.href })

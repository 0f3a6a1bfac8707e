/**
 * The shipped services under attack: hostile sites, asked for in the chat and by other actors, while nobody is killed. No
 * thread may end, and a good site is read all the while.
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Stream from "effect/Stream"
import { System } from "heddle"
import config from "../../../services/config.ts"
import { DiscordSandbox } from "../../../services/discord/DiscordSandbox.ts"
import { Scraper } from "../../../services/scraper/Scraper.ts"
import { page, site } from "../../scraper/site.ts"
import { environment } from "../environment.ts"
import { hostileSites } from "./hostileSites.ts"
import * as ledgers from "./ledger.ts"

export interface Report {
  /** Threads that ended, and why. Nobody should. */
  readonly ended: ReadonlyArray<string>
  /** What became of each hostile address, by kind: the reasons of its failures, or "Fetched". */
  readonly hostile: Readonly<Record<string, ReadonlyArray<string>>>
  /** How often the good site was read, and how long that took at most. */
  readonly good: { readonly reads: number; readonly failed: number; readonly longestMillis: number }
  readonly chat: ledgers.Outcomes
  readonly complaints: ReadonlyArray<string>
}

/** Attacks for so many seconds, once at least with each hostile site. */
export const attack = Effect.fnUntraced(function*(seconds: number) {
  yield* environment({
    DISCORD_TOKEN: undefined,
    PORT: "0",
    SCRAPER_ALLOW_LOOPBACK: "true",
    SCRAPER_HOST_DELAY: "0 millis",
    SCRAPER_RETRIES: "0",
    SCRAPER_FIRST_BYTE_TIMEOUT: "2 seconds",
    SCRAPER_TOTAL_TIMEOUT: "4 seconds",
    SCRAPER_CONCURRENCY: "64"
  })
  const sites = yield* hostileSites
  const good = yield* site({ "/": page("<title>good</title>") })
  return yield* play(seconds, sites, good.url("/")).pipe(
    Effect.provide(Layer.provide(System.layer(config), Logger.layer([])))
  )
})

const play = Effect.fnUntraced(function*(
  seconds: number,
  sites: Effect.Success<typeof hostileSites>,
  goodUrl: string
) {
  const system = yield* System.System
  const sandbox = yield* DiscordSandbox
  const scraper = yield* Scraper
  const ended: Array<string> = []
  const hostile = new Map<string, Set<string>>()
  const reads = { reads: 0, failed: 0, longestMillis: 0 }
  const ledger = ledgers.make()

  yield* system.events.pipe(
    Stream.runForEach((event) =>
      Effect.sync(() => {
        if (event._tag === "ThreadExited") ended.push(event.thread)
      })
    ),
    Effect.ignore,
    Effect.forkScoped
  )
  yield* sandbox.Transcript().pipe(
    Stream.runForEach((line) => Effect.sync(() => ledger.hear(line))),
    Effect.ignore,
    Effect.forkScoped
  )

  const note = (kind: string, what: string) => {
    hostile.set(kind, (hostile.get(kind) ?? new Set()).add(what))
  }
  const fetchAll = Effect.forEach(
    sites,
    ({ kind, url }) =>
      Effect.match(scraper.Fetch({ url }, { timeout: "20 seconds" }), {
        onSuccess: () => note(kind, "Fetched"),
        onFailure: (error) => note(kind, error._tag === "FetchFailed" ? error.reason : error.message)
      }),
    { concurrency: "unbounded", discard: true }
  )
  const crawlAll = Effect.forEach(
    sites,
    ({ url }) => Effect.ignore(Stream.runDrain(scraper.Crawl({ seeds: [url], maxPages: 3, fresh: true }))),
    {
      concurrency: 8,
      discard: true
    }
  )
  // The bot takes ten pieces of work a minute of one person.
  const chat = Effect.forEach(sites, ({ url }, n) =>
    Effect.andThen(
      Effect.map(Effect.option(sandbox.Say({ author: `stranger ${n}`, content: `/scrape url:${url}` })), (said) => {
        if (said._tag === "Some") ledger.accepted(said.value)
      }),
      Effect.sleep("200 millis")
    ), { discard: true })
  const readGood = Effect.forever(Effect.gen(function*() {
    const began = performance.now()
    const page = yield* Effect.option(scraper.Fetch({ url: goodUrl }, { timeout: "20 seconds" }))
    reads.reads++
    if (page._tag === "None") reads.failed++
    reads.longestMillis = Math.max(reads.longestMillis, performance.now() - began)
    yield* Effect.sleep("50 millis")
  }))

  const until = performance.now() + seconds * 1000
  const round = Effect.all([fetchAll, crawlAll, chat], { concurrency: "unbounded", discard: true })
  yield* Effect.raceFirst(round.pipe(Effect.repeat({ while: () => performance.now() < until })), readGood)
  for (const end = performance.now() + 20_000; ledger.open().length > 0 && performance.now() < end;) {
    yield* Effect.sleep("100 millis")
  }
  const report: Report = {
    ended: [...ended],
    hostile: Object.fromEntries([...hostile].map(([kind, what]) => [kind, [...what]])),
    good: { ...reads },
    chat: ledger.outcomes(),
    complaints: ledger.complaints()
  }
  return report
})

/**
 * The shipped services under attack by hostile sites, a hostile member of the chat and a hostile HTTP client, while nobody
 * is killed. No thread may end, those who mean well are served all the while, memory stays within bounds, and afterwards
 * each thread still comes back from each kind of failure.
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Stream from "effect/Stream"
import { System } from "heddle"
import * as Dashboard from "heddle/Dashboard"
import { spawn } from "node:child_process"
import { once } from "node:events"
import { join } from "node:path"
import config from "../../../services/config.ts"
import { DiscordSandbox } from "../../../services/discord/DiscordSandbox.ts"
import { Scraper } from "../../../services/scraper/Scraper.ts"
import { page, site } from "../../scraper/site.ts"
import { environment } from "../environment.ts"
import { deedsOf, hostileTexts, nameOf } from "./hostileMember.ts"
import { hostileSites } from "./hostileSites.ts"
import type * as ledgers from "./ledger.ts"
import { measure, probe, type Service } from "./legitimate.ts"
import { booksOf, drills, endings, ready, watchMemory } from "./watching.ts"

export interface Report {
  /** Threads that ended, and why. None should. */
  readonly ended: ReadonlyArray<string>
  /** What became of each hostile address, by kind: the reasons of its failures, or "Fetched". */
  readonly hostile: Readonly<Record<string, ReadonlyArray<string>>>
  /** How often the hostile client did what. */
  readonly client: string
  /** How many texts the hostile member wrote, and how often it did what with them. */
  readonly said: number
  readonly deeds: Readonly<Record<string, number>>
  /** How those who mean well fared: a good page, a health probe, readiness, and a command in the chat. */
  readonly good: Readonly<Record<"page" | "livez" | "readyz" | "ping", Service>>
  readonly chat: ledgers.Outcomes
  readonly complaints: ReadonlyArray<string>
  /** Resident memory of the process, in MiB: after a tenth of the time, at the end, and the most. */
  readonly memory: { readonly early: number; readonly late: number; readonly most: number }
  /** The most that each thread's heap held, in MiB. */
  readonly heaps: Readonly<Record<string, number>>
  /** The part of the time in which each thread's event loop was busy, on average. */
  readonly busy: Readonly<Record<string, number>>
  /** Failures on purpose, afterwards, from which a thread did not come back. */
  readonly lost: ReadonlyArray<string>
}

/**
 * What should not be, in words.
 *
 * **Details**
 * - `patience`: what the limits on waiting are multiplied by, for a machine with other work.
 */
export const faults = (report: Report, patience = 1): ReadonlyArray<string> => {
  const { page, ping, readyz, livez } = report.good
  const limits = { livez: 1000, readyz: 2000, ping: 3000, page: 5000 }
  return [
    ...report.ended.map((end) => `a thread ended: ${end}`),
    ...report.complaints,
    ...report.lost.map((what) => `it did not come back: ${what}`),
    ...Object.entries(limits).flatMap(([name, limit]) => {
      const { longestMillis } = { page, ping, readyz, livez }[name] ?? { longestMillis: Number.POSITIVE_INFINITY }
      return longestMillis > limit * patience ? [`${name} took ${longestMillis} ms`] : []
    }),
    ...Object.entries(report.good).flatMap(([name, { asked, failed }]) =>
      failed > asked / 100 * patience || asked === 0 ? [`${name}: ${failed} of ${asked} failed`] : []
    ),
    ...report.memory.late > 2 * report.memory.early + 200
      ? [`memory grew from ${report.memory.early} to ${report.memory.late} MiB`]
      : []
  ]
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

type Sites = Effect.Success<typeof hostileSites>

const play = Effect.fnUntraced(function*(seconds: number, sites: Sites, goodUrl: string) {
  const system = yield* System.System
  const sandbox = yield* DiscordSandbox
  const web = yield* Effect.flatMap(Dashboard.Dashboard, (server) => server.Address())
  const discord = (yield* sandbox.Address())?.url ?? web
  yield* ready(web)
  const ended = yield* endings
  const ledger = yield* booksOf
  const memory = yield* watchMemory(seconds)
  const hostile = yield* attackBySites(sites)
  const member = yield* attackInChat(sites[0]?.url ?? web, ledger)
  const client = yield* attackByHttp([web, discord])
  const good = serve(web, goodUrl, ledger)

  const until = performance.now() + seconds * 1000
  const round = Effect.repeat(hostile.round(ledger), { while: () => performance.now() < until })
  yield* Effect.raceFirst(round, Effect.all([member.floods, good.all], { concurrency: "unbounded" }))
  const counts = yield* client.end
  yield* Effect.timeoutOption(ledger.settled, "20 seconds")
  const report = {
    ended: [...ended],
    hostile: hostile.outcomes(),
    client: counts,
    said: member.said(),
    deeds: member.deeds(),
    good: good.services(),
    chat: ledger.outcomes(),
    complaints: ledger.complaints(),
    ...memory()
  }
  const result: Report = { ...report, lost: yield* drills(system, web) }
  return result
})

/** Has the scraper read the hostile sites, asked by other actors and by people in the chat. */
const attackBySites = Effect.fnUntraced(function*(sites: Sites) {
  const scraper = yield* Scraper
  const sandbox = yield* DiscordSandbox
  const hostile = new Map<string, Set<string>>()
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
    { concurrency: 8, discard: true }
  )
  // The bot takes ten pieces of work a minute of one person.
  const chat = (ledger: Ledger) =>
    Effect.forEach(sites, ({ url }, n) =>
      Effect.andThen(
        Effect.map(Effect.option(sandbox.Say({ author: `stranger ${n}`, content: `/scrape url:${url}` })), (said) => {
          if (said._tag === "Some") ledger.accepted(said.value)
        }),
        Effect.sleep("200 millis")
      ), { discard: true })
  return {
    round: (ledger: Ledger) =>
      Effect.all([fetchAll, crawlAll, chat(ledger)], { concurrency: "unbounded", discard: true }),
    outcomes: () => Object.fromEntries([...hostile].map(([kind, what]) => [kind, [...what]]))
  }
})

type Ledger = ReturnType<typeof ledgers.make>

/**
 * Twenty texts a second, each under another name, which then changes or deletes it, presses and reacts, or leaves. What the
 * sandbox takes for a command is owed one answer.
 */
const attackInChat = Effect.fnUntraced(function*(site: string, ledger: Ledger) {
  const sandbox = yield* DiscordSandbox
  const texts = hostileTexts(site)
  let said = 0
  const deeds: Record<string, number> = {}
  const floods = Effect.gen(function*() {
    const n = said++
    const author = nameOf(n)
    const line = yield* Effect.option(sandbox.Say({ author, content: texts[n % texts.length] ?? "" }))
    if (line._tag === "Some" && line.value.author !== "sandbox" && line.value.content.startsWith("/")) {
      ledger.accepted(line.value)
    }
    const [name, deed] = deedsOf(sandbox, { author, n, messageId: line._tag === "Some" ? line.value.id : "", texts })
    deeds[name] = (deeds[name] ?? 0) + 1
    yield* Effect.ignore(deed)
    yield* Effect.sleep("50 millis")
  }).pipe(Effect.forever)
  return { floods, said: () => said, deeds: () => deeds }
})

/** Starts the hostile client; `end` ends it, and says what it did. */
const attackByHttp = Effect.fnUntraced(function*(urls: ReadonlyArray<string>) {
  const child = yield* Effect.acquireRelease(
    Effect.sync(() =>
      spawn(process.execPath, [join(import.meta.dirname, "hostileClient.ts"), ...urls], {
        stdio: ["pipe", "pipe", "inherit"]
      })
    ),
    (child) => Effect.sync(() => void child.kill("SIGKILL"))
  )
  let text = ""
  child.stdout.setEncoding("utf8").on("data", (piece: string) => void (text += piece))
  const closed = once(child, "close")
  return {
    end: Effect.promise(() => {
      child.stdin.end()
      return closed
    }).pipe(Effect.timeoutOption("10 seconds"), Effect.map(() => text))
  }
})

/** Asks for what people, probes and other actors ask for. */
const serve = (web: string, goodUrl: string, ledger: Ledger) => {
  const services = { page: measure(), livez: measure(), readyz: measure(), ping: measure() }
  const again = <R>(millis: number, once: Effect.Effect<void, never, R>) =>
    Effect.forever(Effect.andThen(once, Effect.sleep(millis)))
  const all = Effect.gen(function*() {
    const scraper = yield* Scraper
    const sandbox = yield* DiscordSandbox
    const ping = Effect.gen(function*() {
      const line = yield* sandbox.Say({ author: "honest", content: "/ping" })
      ledger.accepted(line)
      return yield* ledger.answered(line.id)
    }).pipe(
      Effect.timeoutOption("10 seconds"),
      Effect.match({
        onFailure: () => false,
        onSuccess: (is) => is._tag === "Some" && is.value
      })
    )
    const fetch = Effect.map(
      Effect.option(scraper.Fetch({ url: goodUrl }, { timeout: "20 seconds" })),
      (page) => page._tag === "Some"
    )
    yield* Effect.all([
      again(50, services.page.once(fetch)),
      again(250, services.livez.once(Effect.map(probe(web, "/livez", 5000), (status) => status === 200))),
      again(500, services.readyz.once(Effect.map(probe(web, "/readyz", 5000), (status) => status === 200))),
      again(500, services.ping.once(ping))
    ], { concurrency: "unbounded" })
  })
  return {
    all,
    services: () => ({
      page: services.page.service(),
      livez: services.livez.service(),
      readyz: services.readyz.service(),
      ping: services.ping.service()
    })
  }
}

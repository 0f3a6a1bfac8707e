/**
 * Chaos over the shipped services: their threads are killed at random while people talk to the bot, and every message
 * that the sandbox took has to be answered once, or somebody has to say why not.
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import { System } from "heddle"
import * as Dashboard from "heddle/Dashboard"
import { DiscordSandbox } from "../../../services/discord/DiscordSandbox.ts"
import { page, site } from "../../scraper/site.ts"
import { environment } from "../environment.ts"
import * as ledgers from "./ledger.ts"
import { type Resources, resources } from "./resources.ts"
import config from "./system.ts"

/** `sandboxToo`: whether the sandbox is killed as well; what is open then is lost with its channel. */
export interface Options {
  readonly seconds: number
  readonly seed: number
  readonly sandboxToo: boolean
  readonly say: (line: string) => void
}

export interface Report {
  readonly accepted: number
  readonly outcomes: ledgers.Outcomes
  readonly complaints: ReadonlyArray<string>
  readonly kills: Readonly<Record<string, number>>
  readonly before: Resources
  readonly after: Resources
  readonly ready: boolean
}

/** Numbers from 0 to 1 that a seed repeats. Source: mulberry32. */
const dice = (seed: number) => () => {
  seed = (seed + 0x6d2b79f5) | 0
  let t = Math.imul(seed ^ (seed >>> 15), 1 | seed)
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
  return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
}

const pick = <A>(roll: number, weights: ReadonlyArray<readonly [A, number]>): A | undefined => {
  let rest = roll * weights.reduce((sum, [, weight]) => sum + weight, 0)
  return weights.find(([, weight]) => (rest -= weight) < 0)?.[0]
}

/** Pages that take up to 2.5 seconds, so that some answers are deferred. */
const slowPages = (roll: () => number) =>
  site((request, response) => {
    if (request.url === "/robots.txt") return void response.writeHead(404).end()
    setTimeout(() => page(`<title>page ${request.url}</title>`)(request, response), roll() ** 3 * 2500)
  })

/** Waits until something holds; says whether it came to that. */
const until = (holds: () => boolean, limitMillis: number) =>
  Effect.gen(function*() {
    for (const end = Date.now() + limitMillis; Date.now() < end; yield* Effect.sleep("100 millis")) {
      if (holds()) return true
    }
    return holds()
  })

export const run = Effect.fnUntraced(function*(options: Options) {
  yield* environment({
    DISCORD_TOKEN: undefined,
    PORT: "0",
    SCRAPER_ALLOW_LOOPBACK: "true",
    SCRAPER_HOST_CONCURRENCY: "16",
    SCRAPER_HOST_DELAY: "0 millis"
  })
  const roll = dice(options.seed)
  const pages = yield* slowPages(dice(options.seed + 1))
  return yield* play(options, roll, `http://${pages.host}`).pipe(
    Effect.provide(Layer.provide(System.layer(config), Logger.layer([])))
  )
})

const play = Effect.fnUntraced(function*(
  { sandboxToo, say, seconds }: Options,
  roll: () => number,
  url: string
) {
  const system = yield* System.System
  const sandbox = yield* DiscordSandbox
  const web = yield* Dashboard.Dashboard
  const ledger = ledgers.make()
  const kills: Record<string, number> = {}

  yield* system.events.pipe(
    Stream.runForEach((event) =>
      Effect.sync(() => {
        if (event._tag === "ThreadExited" && event.thread === "sandbox") ledger.sandboxDied()
      })
    ),
    Effect.ignore,
    Effect.forkScoped
  )
  yield* sandbox.Transcript().pipe(
    Stream.runForEach((line) => Effect.sync(() => ledger.hear(line))),
    Effect.ignore,
    Effect.andThen(Effect.sleep("50 millis")),
    Effect.forever,
    Effect.forkScoped
  )

  let said = 0
  const speak = (content: string) =>
    sandbox.Say({ author: "chaos", content }).pipe(
      Effect.map((line) => ledger.accepted(line)),
      // Not accepted: the sender knows.
      Effect.ignore
    )
  const command = () => {
    const n = ++said
    return pick(roll(), [[`scrape url:${url}/${n}`, 6], ["ping", 2], ["health", 2]]) ?? "ping"
  }
  const settled = until(() => ledger.open().length === 0, 30_000)
  const ready = Effect.gen(function*() {
    const address = yield* web.Address()
    const answer = yield* Effect.promise(() => fetch(`${address}/readyz`, { signal: AbortSignal.timeout(2000) }))
    yield* Effect.promise(() => answer.arrayBuffer())
    return answer.status === 200
  }).pipe(
    Effect.catchCause(() => Effect.succeed(false)),
    Effect.repeat({ until: (is) => is, schedule: Schedule.spaced("200 millis") }),
    Effect.timeoutOption("40 seconds"),
    Effect.map((is) => is._tag === "Some" && is.value)
  )

  // What is held is comparable when every thread has worked: with its first socket a thread opens one file for good.
  const allWork = Effect.andThen(
    Effect.forEach([`/scrape url:${url}/first`, "/health", "!ping"], speak, { discard: true }),
    settled
  )

  yield* ready
  yield* allWork
  // Connections that are kept alive end after some seconds without use.
  yield* Effect.sleep("7 seconds")
  const before = resources()
  say(`before: ${JSON.stringify(before)}`)

  const talking = Effect.forever(Effect.gen(function*() {
    yield* Effect.forkChild(speak(`/${command()}`))
    yield* Effect.sleep(100 + roll() * 300)
  }))
  // Discord takes five messages in five seconds, so replies to plain ones are few.
  const writing = Effect.forever(Effect.gen(function*() {
    yield* Effect.forkChild(speak(`!${command().replace("url:", "")}`))
    yield* Effect.sleep(1500 + roll() * 1500)
  }))
  const killing = Effect.forever(Effect.gen(function*() {
    yield* Effect.sleep(1000 + roll() * 3000)
    const thread = pick(roll(), [["bot", 5], ["scraper", 3], ["web", 2], ["sandbox", sandboxToo ? 0.5 : 0]]) ?? "bot"
    const how = pick<System.Fault>(roll(), [["throw", 5], ["exit", 5], ["spin", 2], ["oom", 1]]) ?? "throw"
    kills[`${thread} ${how}`] = (kills[`${thread} ${how}`] ?? 0) + 1
    yield* Effect.ignore(system.inject(thread, how))
  }))
  const telling = Effect.forever(Effect.andThen(
    Effect.sleep("30 seconds"),
    Effect.sync(() =>
      say(`${ledger.size} accepted, ${ledger.open().length} open: ${JSON.stringify(ledger.outcomes())}`)
    )
  ))
  yield* Effect.raceAllFirst([talking, writing, killing, telling]).pipe(Effect.timeoutOption(`${seconds} seconds`))

  const isReady = yield* ready
  yield* settled
  yield* allWork
  const same = () => JSON.stringify(resources()) === JSON.stringify(before)
  yield* until(same, 30_000)
  const report: Report = {
    accepted: ledger.size,
    outcomes: ledger.outcomes(),
    complaints: ledger.complaints(),
    kills,
    before,
    after: resources(),
    ready: isReady
  }
  return report
})

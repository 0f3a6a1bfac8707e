/**
 * What this server knows of the others: the supervisor's snapshot, the log, the chat, and whether the bot answers.
 *
 * Everything is fetched or received here once, for all pages and probes together. What comes by streams is followed
 * for the life of the actor: when a stream ends because its actor restarts, it is subscribed to again.
 */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { Actor } from "heddle"
import type { ActorError } from "heddle/ActorError"
import * as System from "heddle/System"
import * as SystemEvent from "heddle/SystemEvent"
import type { ThreadMetric } from "heddle/ThreadMetric"
import { type BotStatus, DiscordBot } from "../discord/DiscordBot.ts"
import { type ChatMessage, DiscordSandbox } from "../discord/DiscordSandbox.ts"
import { type CrawlStatus, Scraper } from "../scraper/Scraper.ts"
import { type Unavailable, within } from "./asking.ts"
import * as ring from "./ring.ts"

/** A line of the system's log. */
export interface LogLine {
  readonly kind: SystemEvent.SystemEvent["_tag"]
  readonly atMillis: number
  readonly text: string
}

/** How the bot's last `Status` went; `why` says why there is none. */
export type BotAnswer = { readonly status: BotStatus; readonly why: null } | {
  readonly status: null
  readonly why: string
}

export interface Board {
  /** The supervisor's snapshot, at most 200 ms old; it doesn't wait for any other thread. */
  readonly threads: Effect.Effect<ReadonlyArray<System.ThreadStatus>, Unavailable>
  /** What all threads count, as they last told the supervisor. */
  readonly metrics: Effect.Effect<ReadonlyArray<ThreadMetric>, Unavailable>
  readonly log: ring.Ring<LogLine>
  readonly chat: ring.Ring<ChatMessage>
  /** The bot's answer of the last second. */
  readonly bot: () => BotAnswer
  /** The crawls that were running a second ago. */
  readonly crawls: () => ReadonlyArray<CrawlStatus>
  /** Where the sandbox listens; null when there is none or it doesn't answer. */
  readonly sandbox: () => string | null
  /** Why the system is stopping; null when it isn't. */
  readonly stopping: () => string | null
}

const askLimit = "500 millis"
const backOff = "500 millis"

/** Asks the bot once for its status. */
export const askBot: Effect.Effect<BotAnswer, never, DiscordBot> = Effect.gen(function*() {
  const bot = yield* DiscordBot
  return yield* within("DiscordBot", askLimit)(bot.Status()).pipe(
    Effect.match({
      onSuccess: (status) => ({ status, why: null }),
      onFailure: ({ detail }) => ({ status: null, why: detail })
    })
  )
})

/** Starts to watch the other actors, for as long as the scope lives. */
export const make = Effect.gen(function*() {
  const system = yield* System.System
  const sandbox = yield* DiscordSandbox
  const scraper = yield* Scraper
  const log = ring.make<LogLine>(200)
  const chat = ring.make<ChatMessage>(100)
  const seen = new Set<string>()
  let bot: BotAnswer = { status: null, why: "DiscordBot was not asked yet" }
  let crawls: ReadonlyArray<CrawlStatus> = []
  let sandboxUrl: string | null = null
  let stopping: string | null = null

  yield* follow(system.events, (event) => {
    if (event._tag === "Stopping") stopping = event.why
    log.push({ kind: event._tag, atMillis: event.atMillis, text: SystemEvent.format(event) })
  })
  // A new subscription begins with the last 100 messages again; one that was edited comes again with its id.
  yield* follow(sandbox.Transcript(), (message) => {
    const version = `${message.id} ${message.content}`
    if (seen.has(version)) return
    seen.add(version)
    if (seen.size > 1000) seen.delete(seen.values().next().value ?? "")
    chat.push(message)
  })
  yield* askBot.pipe(
    Effect.map((answer) => void (bot = answer)),
    Effect.andThen(Effect.sleep("1 second")),
    Effect.forever,
    Actor.background
  )
  yield* within("Scraper", askLimit)(scraper.Status()).pipe(
    Effect.match({ onSuccess: (status) => status.crawls, onFailure: () => [] }),
    Effect.map((running) => void (crawls = running)),
    Effect.andThen(Effect.sleep("1 second")),
    Effect.forever,
    Actor.background
  )
  // The address changes only when the sandbox restarts, so once it is known it is asked for rarely.
  yield* within("DiscordSandbox", askLimit)(sandbox.Address()).pipe(
    Effect.match({ onSuccess: (address) => address?.url ?? null, onFailure: () => null }),
    Effect.map((url) => void (sandboxUrl = url)),
    Effect.andThen(Effect.suspend(() => Effect.sleep(sandboxUrl === null ? "1 second" : "10 seconds"))),
    Effect.forever,
    Actor.background
  )

  const board: Board = {
    threads: yield* Effect.cachedWithTTL(within("the supervisor", "1 second")(system.threads), "200 millis"),
    metrics: within("the supervisor", "1 second")(system.metrics),
    log,
    chat,
    bot: () => bot,
    crawls: () => crawls,
    sandbox: () => sandboxUrl,
    stopping: () => stopping
  }
  return board
})

const follow = <A>(stream: Stream.Stream<A, ActorError>, push: (item: A) => void) =>
  stream.pipe(
    Stream.runForEach((item) => Effect.sync(() => push(item))),
    Effect.catch((error) => Effect.logDebug(`subscribing again: ${error.message}`)),
    Effect.andThen(Effect.sleep(backOff)),
    Effect.forever,
    Actor.background
  )

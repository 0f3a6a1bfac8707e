/**
 * What this server knows of the others: the supervisor's snapshot, the log, the chat, and who answers.
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
import * as AgeingCache from "../ageingCache.ts"
import type { BotStatus } from "../discord/DiscordBot.ts"
import { type ChatMessage, DiscordSandbox } from "../discord/DiscordSandbox.ts"
import * as shards from "../discord/shards.ts"
import { type CrawlStatus, Scraper } from "../scraper/Scraper.ts"
import { type Answer, answered, type Unavailable, within } from "./asking.ts"
import * as ring from "./ring.ts"

/** A line of the system's log. */
export interface LogLine {
  readonly kind: SystemEvent.SystemEvent["_tag"]
  readonly atMillis: number
  readonly text: string
}

/** Whether an actor answered when it was last asked; `why` says why not, null that it did. */
export interface Answering {
  readonly name: string
  readonly why: string | null
}

export interface Board {
  /** The supervisor's snapshot, at most 200 ms old; it doesn't wait for any other thread. */
  readonly threads: Effect.Effect<ReadonlyArray<System.ThreadStatus>, Unavailable>
  /** What all threads count, as they last told the supervisor. */
  readonly metrics: Effect.Effect<ReadonlyArray<ThreadMetric>, Unavailable>
  readonly log: ring.Ring<LogLine>
  readonly chat: ring.Ring<ChatMessage>
  /**
   * Whether the actors that this server knows answered within the last second. One that is stuck is noticed here, long
   * before its thread's watchdog acts.
   */
  readonly answering: () => ReadonlyArray<Answering>
  /** What each shard of the bot answered in the last second. */
  readonly bots: () => ReadonlyArray<Answer<BotStatus>>
  /** Asks every shard of the bot now. */
  readonly askBots: Effect.Effect<ReadonlyArray<Answer<BotStatus>>>
  /** The crawls that were running a second ago. */
  readonly crawls: () => ReadonlyArray<CrawlStatus>
  /** Where the sandbox listens; null when there is none or it doesn't answer. */
  readonly sandbox: () => string | null
  /** Why the system is stopping; null when it isn't. */
  readonly stopping: () => string | null
}

const askLimit = "500 millis"
const backOff = "500 millis"

/** Starts to watch the other actors, for as long as the scope lives. */
export const make = Effect.gen(function*() {
  const system = yield* System.System
  const sandbox = yield* DiscordSandbox
  const scraper = yield* Scraper
  const bots = yield* shards.clients
  const log = ring.make<LogLine>(200)
  const chat = ring.make<ChatMessage>(100)
  const seen = new Set<string>()
  const answering = new Map<string, string | null>()
  const lastOfBots: Array<Answer<BotStatus>> = bots.map(({ name }) => ({
    value: null,
    why: `${name} was not asked yet`
  }))
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

  const keepAsking = <A>(name: string, ask: Effect.Effect<A, ActorError>, hear: (answer: Answer<A>) => void) => {
    answering.set(name, `${name} was not asked yet`)
    return answered(name, askLimit)(ask).pipe(
      Effect.map((answer) => {
        answering.set(name, answer.why)
        hear(answer)
      }),
      Effect.andThen(Effect.sleep("1 second")),
      Effect.forever,
      Actor.background
    )
  }
  for (const [shard, { client, name }] of bots.entries()) {
    yield* keepAsking(name, client.Status(), (answer) => {
      lastOfBots[shard] = answer
    })
  }
  yield* keepAsking("Scraper", scraper.Status(), ({ value }) => {
    crawls = value?.crawls ?? []
  })
  yield* keepAsking("DiscordSandbox", sandbox.Address(), ({ value }) => {
    sandboxUrl = value?.url ?? null
  })

  const board: Board = {
    threads: yield* AgeingCache.shared(within("the supervisor", "1 second")(system.threads), 200),
    metrics: within("the supervisor", "1 second")(system.metrics),
    log,
    chat,
    answering: () => Array.from(answering, ([name, why]) => ({ name, why })),
    bots: () => [...lastOfBots],
    askBots: Effect.forEach(bots, ({ client, name }) => answered(name, askLimit)(client.Status()), {
      concurrency: "unbounded"
    }),
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

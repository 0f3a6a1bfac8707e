/** Builds the bot's layer as its thread would, with stand-ins for the other actors. */
import * as Cause from "effect/Cause"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Option from "effect/Option"
import type * as Rpc from "effect/rpc/Rpc"
import * as Schema from "effect/Schema"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { Actor, System } from "heddle"
import { BotStatus, DiscordBot } from "../../services/discord/DiscordBot.ts"
import layer from "../../services/discord/DiscordBotLayer.ts"
import { type ChatMessage, DiscordSandbox } from "../../services/discord/DiscordSandbox.ts"
import type { Counters, Sandbox } from "../../services/discord/sandbox/Sandbox.ts"
import {
  type Crawled,
  type CrawlFailed,
  type CrawlRequest,
  type FetchFailed,
  type Page,
  Scraper
} from "../../services/scraper/Scraper.ts"

/** What one incarnation leaves to the next. */
export interface Kept {
  value: Option.Option<unknown>
}

export const kept = (): Kept => ({ value: Option.none() })

export interface Options {
  readonly address: { readonly url: string; readonly token: string } | null
  readonly kept?: Kept
  readonly env?: Record<string, string>
  readonly fetch?: ((url: string) => Effect.Effect<Page, FetchFailed>) | undefined
  readonly crawl?: ((request: CrawlRequest) => Stream.Stream<Crawled, CrawlFailed>) | undefined
  readonly events?: System.System["Service"]["events"]
  /** Told of each line that the bot logs. */
  readonly log?: (line: string) => void
}

export const page: Page = {
  url: "https://example.com",
  finalUrl: "https://example.com/",
  status: 200,
  title: "Example *Domain*",
  text: "",
  links: ["https://www.iana.org/domains/example"]
}

const thread: System.ThreadStatus = {
  name: "web",
  group: "web",
  state: "running",
  incarnation: 3,
  restarts: 2,
  lastCause: null,
  readyAtMillis: 0,
  heapUsedBytes: 0,
  eventLoopUtilization: 0,
  actors: []
}

/** A client whose methods are these; `Object.create` keeps the compiler from comparing them. */
const client = <Self, Shape>(actor: Context.Key<Self, Shape>, methods: object): Layer.Layer<Self> => {
  const shape: Shape = Object.assign(Object.create(null), methods)
  return Layer.succeed(actor, shape)
}

/**
 * Starts an incarnation of the bot.
 *
 * **Details**
 * - `build` completes when the bot is connected and has said so; `built` as soon as the layer is there; `refused` when
 *   Discord has refused it, with the reason; `ended` when the bot ends itself; `stop` closes the scope.
 */
export const start = Effect.fnUntraced(function*(options: Options) {
  const scope = yield* Scope.fork(yield* Effect.scope)
  const ended = yield* Deferred.make<{ readonly message: string; readonly fatal: boolean }>()
  const connected = yield* Deferred.make<void>()
  const store = options.kept ?? kept()
  const current = Layer.succeed(Actor.Current, {
    actor: "DiscordBot",
    thread: "bot",
    instance: { index: 0, count: 1 },
    incarnation: 1,
    fail: (cause, { fatal }) =>
      Effect.andThen(Deferred.succeed(ended, { message: Cause.pretty(cause), fatal }), Effect.never),
    kept: {
      read: Effect.sync(() => store.value),
      write: (value) =>
        Effect.sync(() => {
          store.value = Option.some(value)
        })
    }
  })
  const others = Layer.mergeAll(
    current,
    client(DiscordSandbox, { Address: () => Effect.succeed(options.address) }),
    client(Scraper, {
      Fetch: ({ url }: { readonly url: string }) => options.fetch?.(url) ?? Effect.succeed(page),
      Crawl: (request: CrawlRequest) => options.crawl?.(request) ?? Stream.empty
    }),
    Layer.succeed(System.System, {
      threads: Effect.succeed([thread]),
      metrics: Effect.succeed([]),
      postMortems: Effect.succeed([]),
      events: options.events ?? Stream.never,
      deadLetters: Stream.never,
      restart: () => Effect.void,
      stop: () => Effect.void,
      start: () => Effect.void,
      inject: () => Effect.void,
      shutdown: () => Effect.void,
      ended: Effect.never
    }),
    ConfigProvider.layer(ConfigProvider.fromUnknown(options.env ?? {})),
    Logger.layer([Logger.make(({ message }) => {
      const line = [message].flat().map(String).join(" ")
      options.log?.(line)
      if (line.startsWith("The bot is ")) Deferred.doneUnsafe(connected, Effect.void)
    })])
  )
  const built = Layer.buildWithScope(Layer.provide(layer, others), scope).pipe(
    Effect.map((context) => Context.get(context, Actor.implementationKey<DiscordBot>("DiscordBot")))
  )
  return {
    built,
    build: Effect.tap(built, () => Deferred.await(connected)),
    refused: Effect.flatMap(built, (behavior) =>
      Effect.map(
        statusWhere(behavior, ({ state }) => state === "refused"),
        ({ problem }) => problem ?? ""
      )),
    ended: Deferred.await(ended),
    stop: Scope.close(scope, Exit.void)
  }
})

/** Calls a handler, past the mailbox. */
const call = (behavior: Actor.Behavior, request: string, payload: unknown) => {
  const key = DiscordBot.protocol.requests.get(request)?.key ?? request
  const entry: Rpc.Handler<string> = behavior.handlers.mapUnsafe.get(key)
  return Reflect.apply(entry.handler, undefined, [payload, {}])
}

/** Sends a message to the bot. */
export const ask = (behavior: Actor.Behavior, request: string, payload?: unknown): Effect.Effect<unknown, unknown> =>
  Effect.suspend(() => call(behavior, request, payload))

const decodeStatus = Schema.decodeUnknownEffect(BotStatus)

/** The bot's status, once it is so. */
export const statusWhere = (behavior: Actor.Behavior, fits: (status: BotStatus) => boolean): Effect.Effect<BotStatus> =>
  ask(behavior, "Status").pipe(
    Effect.flatMap(decodeStatus),
    Effect.orDie,
    Effect.delay("10 millis"),
    Effect.repeat({ until: fits }),
    Effect.timeout("20 seconds"),
    Effect.orDie
  )

/** Reads a stream of the bot. */
export const stream = (behavior: Actor.Behavior, request: string): Stream.Stream<unknown, unknown> =>
  call(behavior, request, undefined)

/** The first line in the channel, past or to come, that satisfies the predicate. */
export const line = (sandbox: Sandbox, predicate: (line: ChatMessage) => boolean): Effect.Effect<ChatMessage> =>
  sandbox.transcript.pipe(
    Stream.filter(predicate),
    Stream.runHead,
    Effect.flatMap(Effect.fromOption),
    Effect.timeout("8 seconds"),
    Effect.orDie
  )

/** The first line that the bot says with this text in it. */
export const answer = (sandbox: Sandbox, text: string) =>
  line(sandbox, ({ content, fromBot }) => fromBot && content.includes(text))

/** Waits for a count, with a limit. */
export const counted = (sandbox: Sandbox, predicate: (counters: Counters) => boolean) =>
  Effect.orDie(Effect.timeout(sandbox.until(predicate), "8 seconds"))

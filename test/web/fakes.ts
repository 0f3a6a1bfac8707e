/**
 * A system that is not there: stands in for the supervisor, the bot and the sandbox, and does what a test tells it.
 */
import * as ConfigProvider from "effect/ConfigProvider"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Option from "effect/Option"
import * as PubSub from "effect/PubSub"
import * as Stream from "effect/Stream"
import { Actor } from "heddle"
import { ActorError, type Reason, Restarting } from "heddle/ActorError"
import type { Dashboard, Options, Panel } from "heddle/Dashboard"
import type * as ExitCause from "heddle/ExitCause"
import * as System from "heddle/System"
import { UnknownThread } from "heddle/SystemError"
import type { SystemEvent } from "heddle/SystemEvent"
import type { ThreadMetric } from "heddle/ThreadMetric"
import { type BotStatus, DiscordBot } from "../../services/discord/DiscordBot.ts"
import { type ChatMessage, DiscordSandbox } from "../../services/discord/DiscordSandbox.ts"
import * as shards from "../../services/discord/shards.ts"
import { type CrawlStatus, Scraper } from "../../services/scraper/Scraper.ts"
import panels from "../../services/web/panels.ts"
import * as dashboard from "../../src/dashboard/layer.ts"

type Mutable<A> = { -readonly [K in keyof A]: A[K] extends ReadonlyArray<infer B> ? Array<Mutable<B>> : A[K] }

export const stalled: ExitCause.ExitCause = { _tag: "Stalled", millis: 5000, handling: "" }

const thread = (name: string, actors: ReadonlyArray<string>): Mutable<System.ThreadStatus> => ({
  name,
  group: name,
  state: "running",
  incarnation: 1,
  restarts: 0,
  lastCause: null,
  readyAtMillis: Date.now(),
  heapUsedBytes: 24_000_000,
  eventLoopUtilization: 0.02,
  actors: actors.map((actor) => ({
    name: actor,
    state: "running",
    incarnation: 1,
    restarts: 0,
    lastCause: null,
    mailboxDepth: 0,
    handled: 12,
    failed: 0
  }))
})

const botReady: BotStatus = {
  state: "ready",
  problem: null,
  signAgeMillis: 900,
  isUncertain: false,
  mode: "sandbox",
  user: "heddle#0001",
  sessionAgeMillis: 60_000,
  lastAckAgeMillis: 900,
  latencyMillis: 3,
  guilds: 1,
  reconnects: 0,
  resumes: 0,
  identifiesLeft: 999
}

/** A client's result type depends on `discard`, which no plain function can follow; `never` fits both. */
const reply = <A, E>(effect: Effect.Effect<A, E>) => effect as Effect.Effect<never, E>

type How = "answers" | "silent" | "fails"

/** Makes a world in its first second: everything runs. */
export const makeWorld = ({ shards: shardCount = 1 } = {}) => {
  const events = Effect.runSync(PubSub.unbounded<SystemEvent | "crash">())
  const said = Effect.runSync(PubSub.unbounded<ChatMessage | "crash">())
  const transcript: Array<ChatMessage> = []
  const fail = (
    actor: string,
    request: string,
    reason: Reason = new Restarting({ handled: "no", afterMillis: 5000 })
  ) => new ActorError({ actor, request, reason })
  const world = {
    threads: [
      thread("scraper", ["Scraper"]),
      thread("bot", ["DiscordSandbox", "DiscordBot"]),
      thread("web", ["Dashboard"])
    ],
    metrics: [] as Array<ThreadMetric>,
    orders: [] as Array<string>,
    /** Resolved by what the supervisor does with each order; by default it just notes it. */
    onOrder: (_order: string): Effect.Effect<void> => Effect.void,
    supervisor: "answers" as How,
    bot: "answers" as How,
    botStatus: botReady,
    /** The bot's shards but for the first. */
    otherBots: Array.from({ length: shardCount - 1 }, () => ({ bot: "answers" as How, botStatus: botReady })),
    sandbox: "answers" as How,
    scraper: "answers" as How,
    crawls: [] as Array<CrawlStatus>,
    /** The buttons that were pressed in the sandbox, and the reactions. */
    pressed: [] as Array<unknown>,
    subscriptions: { events: 0, transcript: 0 },
    transcript,
    push: (event: SystemEvent) => Effect.runSync(PubSub.publish(events, event)),
    say: (message: ChatMessage) => {
      transcript.push(message)
      Effect.runSync(PubSub.publish(said, message))
    },
    /** Ends every open subscription with an `ActorError`. */
    crashStreams: () => {
      Effect.runSync(PubSub.publish(events, "crash"))
      Effect.runSync(PubSub.publish(said, "crash"))
    }
  }
  const answer = <A>(how: How, actor: string, request: string, value: () => A) =>
    how === "silent" ? Effect.never : how === "fails" ? Effect.fail(fail(actor, request)) : Effect.sync(value)
  const order = (what: string) => (name: string) =>
    world.threads.some((thread) => thread.name === name)
      ? Effect.suspend(() => {
        world.orders.push(`${what} ${name}`)
        return world.onOrder(`${what} ${name}`)
      })
      : Effect.fail(new UnknownThread({ name, known: world.threads.map((thread) => thread.name) }))
  const uncrashed = <A>(stream: Stream.Stream<A | "crash">, actor: string) =>
    Stream.mapEffect(stream, (item) => item === "crash" ? Effect.fail(fail(actor, "stream")) : Effect.succeed(item))

  const shard = (of: { readonly bot: How; readonly botStatus: BotStatus }, actor: string) => ({
    Status: () => reply(Effect.suspend(() => answer(of.bot, actor, "Status", () => of.botStatus))),
    Post: () => reply(Effect.succeed({ messageId: "1" })),
    Events: () => Stream.never
  })

  let id = 0
  const services = Layer.mergeAll(
    Layer.succeed(System.System, {
      threads: Effect.suspend(() =>
        answer(world.supervisor, "System", "threads", () => structuredClone(world.threads))
      ),
      metrics: Effect.suspend(() => answer(world.supervisor, "System", "metrics", () => world.metrics)),
      deadLetters: Stream.never,
      postMortems: Effect.succeed([]),
      events: Stream.suspend(() => {
        world.subscriptions.events++
        return uncrashed(Stream.fromPubSub(events), "System")
      }),
      restart: order("restart"),
      stop: order("stop"),
      start: order("start"),
      inject: (name: string, how: System.Fault) => order(`drill ${how}`)(name),
      shutdown: () => Effect.never,
      ended: Effect.never
    }),
    Layer.succeed(DiscordBot, shard(world, "DiscordBot")),
    ...world.otherBots.map((other, i) => Layer.succeed(shards.other(i + 1), shard(other, `DiscordBot-${i + 1}`))),
    Layer.succeed(Scraper, {
      Fetch: () => reply(Effect.never),
      Crawl: () => Stream.never,
      Status: () =>
        reply(Effect.suspend(() =>
          answer(world.scraper, "Scraper", "Status", () => ({
            fetched: 0,
            failed: 0,
            inFlight: 0,
            bytes: 0,
            crawls: [...world.crawls]
          }))
        ))
    }),
    Layer.succeed(DiscordSandbox, {
      Address: () =>
        reply(Effect.suspend(() =>
          answer(world.sandbox, "DiscordSandbox", "Address", () => ({
            url: "http://127.0.0.1:4000",
            token: "sandbox-secret"
          }))
        )),
      Say: ({ author, content }: { readonly author: string; readonly content: string }) =>
        reply(Effect.suspend(() =>
          answer(world.sandbox, "DiscordSandbox", "Say", () => {
            const message = { id: `m${++id}`, author, fromBot: false, answers: null, content, atMillis: Date.now() }
            world.say(message)
            return message
          })
        )),
      Press: (what: unknown) =>
        reply(
          Effect.suspend(() => answer(world.sandbox, "DiscordSandbox", "Press", () => void world.pressed.push(what)))
        ),
      React: (what: unknown) =>
        reply(
          Effect.suspend(() => answer(world.sandbox, "DiscordSandbox", "React", () => void world.pressed.push(what)))
        ),
      // The page asks for none of these.
      Edit: () => Effect.die("nobody edits"),
      Delete: () => Effect.die("nobody deletes"),
      Leave: () => Effect.die("nobody leaves"),
      Transcript: () =>
        Stream.suspend(() => {
          world.subscriptions.transcript++
          return Stream.concat(
            Stream.fromIterable([...world.transcript]),
            uncrashed(Stream.fromPubSub(said), "DiscordSandbox")
          )
        })
    }),
    Layer.succeed(Actor.Current, {
      actor: "Dashboard",
      thread: "web",
      instance: { index: 0, count: 1 },
      incarnation: 1,
      fail: (cause) => Effect.andThen(Effect.logError("Dashboard failed", cause), Effect.never),
      kept: { read: Effect.succeed(Option.none()), write: () => Effect.void }
    })
  )
  return Object.assign(world, { services })
}
export type World = ReturnType<typeof makeWorld>

/** Starts the real layer on a free port, with the services' panels and the world's actors, for as long as the scope lives. */
export const start = Effect.fnUntraced(function*(world: World, env: Readonly<Record<string, string>> = {}) {
  return yield* run(dashboard.make({}, panels).pipe(Layer.provide(world.services)), env)
})

/** Starts it with options and panels of its own. */
export const startWith = Effect.fnUntraced(function*(
  options: Options,
  world: World,
  env: Readonly<Record<string, string>> = {},
  panels: ReadonlyArray<Panel> = []
) {
  return yield* run(dashboard.make(options, Effect.succeed(panels)).pipe(Layer.provide(world.services)), env)
})

const run = Effect.fnUntraced(function*<E>(
  layer: Layer.Layer<Actor.Implementation<Dashboard>, E>,
  env: Readonly<Record<string, string>>
) {
  const lines: Array<string> = []
  const logger = Logger.make(({ message }) => void lines.push([message].flat().map(String).join(" ")))
  const context = yield* Layer.build(layer.pipe(
    Layer.provide(Layer.mergeAll(
      ConfigProvider.layer(ConfigProvider.fromEnvRecord({ PORT: "0", ...env })),
      Logger.layer([logger])
    ))
  ))
  const url = /http:\/\/\S+/.exec(lines.find((line) => line.startsWith("dashboard at")) ?? "")?.[0] ?? ""
  return { url, lines, behavior: Context.get(context, Actor.implementationKey<Dashboard>("Dashboard")) }
})

/** What `start` gives. */
export type Started = Effect.Success<ReturnType<typeof start>>

/** The Discord bot, on the thread that hosts it. */
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as PubSub from "effect/PubSub"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { Actor, System } from "heddle"
import { randomBytes } from "node:crypto"
import { Scraper } from "../scraper/Scraper.ts"
import type * as commands from "./commands.ts"
import * as conversation from "./conversation.ts"
import * as discordApi from "./discordApi.ts"
import { type BotEvent, type BotStatus, DiscordBot, type messages, PostFailed } from "./DiscordBot.ts"
import * as events from "./events.ts"
import * as gateways from "./gateway.ts"
import { unwell } from "./gatewayHealth.ts"
import * as registration from "./registration.ts"
import * as sessions from "./session.ts"
import { countFrom, type Shard } from "./shards.ts"
import * as targets from "./target.ts"

const decodePosted = Schema.decodeUnknownEffect(Schema.Struct({ id: Schema.String }))

/** An outage of the network is no fault of the bot: it tries again for about an hour, every 30 seconds in the end. */
const outageProof = { backoff: { min: "500 millis", max: "30 seconds" }, limit: { failures: 120 } } as const

/** Implements the bot, or one shard of it, as `actor`. */
export const layerOf = <Self, Name extends string>(
  actor: Actor.Service<Self, Name, (typeof messages)[number]>,
  shard: Shard
) => Layer.unwrap(build(actor, shard))

const build = Effect.fnUntraced(function*<Self, Name extends string>(
  actor: Actor.Service<Self, Name, (typeof messages)[number]>,
  shard: Shard
) {
  const system = yield* System.System
  const scraper = yield* Scraper
  const target = yield* targets.resolve.pipe(Effect.catchTag(["ConfigError", "NoTarget"], Actor.fatal))
  const api = yield* discordApi.make(target)
  const session = yield* sessions.make(target.url)

  // A restarted bot resumes its session, so it is kept; only the end of the whole system ends it.
  let closeCode: 1000 | 4200 = 4200
  yield* system.events.pipe(
    Stream.filter((event) => event._tag === "Stopping"),
    Stream.take(1),
    Stream.runForEach(() =>
      Effect.sync(() => {
        closeCode = 1000
      })
    ),
    Effect.catch((error) => Effect.logDebug(`The bot won't hear of the system's end: ${error.message}`)),
    Effect.forkScoped
  )

  const gateway = yield* gateways.connect({ target, api, session, shard, closeCode: () => closeCode }).pipe(
    Effect.catchTag("Refused", Actor.fatal)
  )
  yield* Actor.background(Effect.catch(Deferred.await(api.refused), Actor.fatal))

  const status: Effect.Effect<BotStatus> = Effect.map(Clock.currentTimeMillis, (now) => {
    const { identifiesLeft, lastAckMillis, latencyMillis, reconnects, resumes, state } = gateway.view()
    const login = session.read()?.login ?? null
    return {
      state,
      mode: target.mode,
      user: login?.user ?? null,
      sessionAgeMillis: login === null ? null : now - login.atMillis,
      lastAckAgeMillis: lastAckMillis === null ? null : now - lastAckMillis,
      latencyMillis,
      guilds: login?.guilds ?? 0,
      reconnects,
      resumes,
      identifiesLeft
    }
  })

  const sources: commands.Sources = {
    status,
    threads: system.threads,
    fetch: (url) => scraper.Fetch({ url }, { timeout: "2 minutes" }),
    crawl: (url, maxPages) => scraper.Crawl({ seeds: [url], maxPages })
  }
  // Discord keeps a bot's commands, but a sandbox that was restarted knows none: so they are compared after each login.
  let comparedAt: number | undefined
  const register = Effect.suspend(() => {
    const login = session.read()?.login ?? null
    if (login === null || shard.id !== 0 || login.atMillis === comparedAt) return Effect.void
    comparedAt = login.atMillis
    return registration.register(api, login.applicationId).pipe(
      discordApi.throughOutage("Infinity"),
      Effect.catch((error) => Effect.logWarning(`The slash commands could not be registered: ${error.message}`))
    )
  })

  const heard = yield* PubSub.sliding<BotEvent>(256)
  const hear = conversation.hear({ api, sources, session, tell: (event) => PubSub.publish(heard, event) })
  yield* Actor.background(
    Stream.fromQueue(gateway.dispatches).pipe(
      Stream.mapEffect((dispatch) => {
        session.took(dispatch.sequence)
        if (dispatch.type === "READY") return register
        return Option.match(events.decode(dispatch), {
          onNone: () => Effect.void,
          onSome: (event) =>
            Effect.catch(hear(event), (error) => Effect.logWarning(`The bot could not answer: ${error.message}`))
        })
      }, { concurrency: 64, unordered: true }),
      Stream.runDrain
    )
  )
  yield* Effect.forkScoped(conversation.excuseLeft({ api, session }))

  // Usually two quick requests; when Discord is slow the bot is ready before its commands are.
  yield* Effect.timeoutOption(Fiber.join(yield* Effect.forkScoped(register)), "3 seconds")
  const login = session.read()?.login ?? null
  const where = (target.mode === "sandbox" ? `the sandbox at ${target.url}` : target.url) +
    (shard.count > 1 ? `, shard ${shard.id} of ${shard.count}` : "")
  yield* Effect.log(
    `The bot is ${login?.user ?? "back"} on ${where}${gateway.view().resumes > 0 ? ", with its session resumed" : ""}`
  )
  yield* Effect.addFinalizer(() =>
    Effect.suspend(() =>
      Effect.log(`The bot leaves ${where}${closeCode === 4200 ? "; its session is kept for a restart" : ""}`)
    )
  )

  const handlers = DiscordBot.of({
    Status: () => status,
    Post: ({ channelId, content }) =>
      // Without a nonce, an attempt whose answer was lost and the library's next one would be two messages.
      api.request("post", `/channels/${encodeURIComponent(channelId)}/messages`, {
        body: { content, nonce: randomBytes(12).toString("base64url"), enforce_nonce: true }
      }).pipe(
        Effect.flatMap(decodePosted),
        Effect.map(({ id }) => ({ messageId: id })),
        Effect.mapError((error) =>
          error._tag === "ApiError"
            ? new PostFailed({ status: error.status, detail: error.detail })
            : new PostFailed({ status: 200, detail: error.message })
        )
      ),
    Events: () => Stream.fromPubSub(heard)
  })
  const check = Effect.flatMap(Clock.currentTimeMillis, (now) => {
    const problem = unwell(gateway.view(), now)
    return problem === null ? Effect.void : Effect.fail(new Error(problem))
  })
  return actor.toLayer(handlers, { concurrency: 16, health: { check, every: "1 second" }, restart: outageProof })
})

export default layerOf(DiscordBot, { id: 0, count: countFrom(process.env) })

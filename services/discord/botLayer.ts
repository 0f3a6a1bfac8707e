/** The Discord bot, or one shard of it, on the thread that hosts it. */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as PubSub from "effect/PubSub"
import * as Queue from "effect/Queue"
import * as Schema from "effect/Schema"
import * as Scope from "effect/Scope"
import * as Semaphore from "effect/Semaphore"
import * as Stream from "effect/Stream"
import { Actor, System } from "heddle"
import { randomBytes } from "node:crypto"
import * as Monotonic from "../monotonic.ts"
import type * as answers from "./answers.ts"
import type { Command, Registered } from "./Command.ts"
import * as conversation from "./conversation.ts"
import * as discordApi from "./discordApi.ts"
import { type BotEvent, type BotStatus, DiscordBot, type messages, PostFailed, type Said } from "./DiscordBot.ts"
import * as events from "./events.ts"
import * as gateways from "./gateway.ts"
import { isOverdue } from "./gatewayHealth.ts"
import * as keeper from "./keeper.ts"
import * as limiting from "./limiting.ts"
import { make as makeLogins } from "./logins.ts"
import * as registration from "./registration.ts"
import * as repertoires from "./repertoire.ts"
import * as sessions from "./session.ts"
import type { Shard } from "./shards.ts"
import * as targets from "./target.ts"

/**
 * Implements the bot, or one shard of it, as `actor`, with commands that need the actors `R`. `late` gets the answers that Discord did not take; without it
 * they are lost.
 */
export const layerOf = <Self, Name extends string, R>(
  actor: Actor.Service<Self, Name, (typeof messages)[number]>,
  shard: Shard,
  commands: ReadonlyArray<Command<R>>,
  late?: answers.Late<R>
) => actor.toLayer(build(shard, repertoires.make(commands), late), { concurrency: 16 })

/** Built as soon as there is a configuration; the connection to Discord comes and goes in the background. */
const build = Effect.fnUntraced(function*<R>(
  shard: Shard,
  repertoire: repertoires.Repertoire<R>,
  late: answers.Late<R> | undefined
) {
  const system = yield* System.System
  const services = yield* Effect.context<R>()
  const configured = yield* Effect.catch(targets.configured, Actor.fatal)
  const limits = yield* Effect.catch(limiting.read, Actor.fatal)
  const heard = yield* PubSub.sliding<BotEvent>(256)
  let link: keeper.Link = { _tag: "Connecting", problem: null }
  const past = { reconnects: 0, resumes: 0 }
  const closeCode = yield* closeCodes(system)

  const join = yield* joining(configured, shard, repertoire.registered)
  const status = Effect.sync(() => statusOf(link, join.current(), past))
  const answer = conversation.hear({
    repertoire,
    bot: { status, threads: system.threads },
    limits: limiting.make(limits),
    tell: (event) => PubSub.publish(heard, event),
    late
  })
  const hear: Hear = (where, heard) => Effect.provideContext(answer(where, heard), services)
  const logins = makeLogins()
  const connect = Effect.gen(function*() {
    const joined = yield* join.next
    const { api, session, target } = joined
    const gateway = yield* gateways.connect({ target, api, session, shard, logins, closeCode })
    // Usually two quick requests; when Discord is slow the bot is ready before its commands are.
    const registering = yield* Effect.forkIn(joined.register, joined.scope)
    yield* Effect.timeoutOption(Fiber.join(registering), "3 seconds")
    return gateway
  })
  const keeping = keeper.keep({
    connect: Effect.catchTag(connect, "NoTarget", Actor.fatal),
    use: (gateway) =>
      Effect.suspend(() => {
        const joined = join.current()
        if (joined === undefined) return Effect.never
        const taking = Effect.andThen(announce(gateway, joined, shard, closeCode), take(gateway, joined, hear))
        return Effect.raceFirst(Effect.scoped(taking), Deferred.await(joined.api.refused))
      }),
    onLink: (next) => {
      if (link._tag === "Connected") {
        const { downSinceMillis, reconnects, resumes } = link.gateway.view()
        past.reconnects += reconnects + (downSinceMillis === null ? 1 : 0)
        past.resumes += resumes
      }
      link = next
    }
  })
  yield* Actor.background(keeping)

  return DiscordBot.of({
    Status: () => status,
    Post: (said) =>
      Effect.suspend(() => {
        const joined = join.current()
        return link._tag === "Refused" || joined === undefined
          ? Effect.fail(new PostFailed({ status: 0, detail: problemOf(link) ?? "the bot is not connected yet" }))
          : post(joined.api, said)
      }),
    Events: () => Stream.fromPubSub(heard)
  })
})

/** The close code for the gateway: 1000 logs the bot out at the end of the system, 4200 keeps its session for a restart. */
const closeCodes = Effect.fnUntraced(function*(system: System.System["Service"]) {
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
  return () => closeCode
})

/** Says where the bot is, and when it leaves. */
const announce = Effect.fnUntraced(function*(
  gateway: gateways.Gateway,
  { session, target }: Joined,
  shard: Shard,
  closeCode: () => 1000 | 4200
) {
  const where = (target.mode === "sandbox" ? `the sandbox at ${target.url}` : target.url) +
    (shard.count > 1 ? `, shard ${shard.id} of ${shard.count}` : "")
  const resumed = gateway.view().resumes > 0 ? ", with its session resumed" : ""
  yield* Effect.log(`The bot is ${session.read()?.login?.user ?? "back"} on ${where}${resumed}`)
  yield* Effect.addFinalizer(() =>
    Effect.log(`The bot leaves ${where}${closeCode() === 4200 ? "; its session is kept for a restart" : ""}`)
  )
})

/** What the bot has with one server: outlives connections to it, and ends when the server is another one. */
export interface Joined {
  readonly target: targets.Target
  readonly api: discordApi.DiscordApi
  readonly session: sessions.SessionStore
  readonly scope: Scope.Scope
  /** Tells the server the bot's commands, once after each login. */
  readonly register: Effect.Effect<void>
}

/** Finds the server before each connection; only the sandbox may be elsewhere after a restart. */
const joining = Effect.fnUntraced(function*(
  configured: targets.Configured,
  shard: Shard,
  commands: ReadonlyArray<Registered>
) {
  const parent = yield* Effect.scope
  let current: { readonly joined: Joined; readonly scope: Scope.Closeable } | undefined
  const next = Effect.gen(function*() {
    const target = yield* targets.locate(configured)
    if (current?.joined.target.url === target.url) return current.joined
    if (current !== undefined) yield* Scope.close(current.scope, Exit.void)
    const scope = yield* Scope.fork(parent)
    const joined = yield* Effect.gen(function*() {
      const api = yield* discordApi.make(target)
      const session = yield* sessions.make(target.url)
      yield* Effect.forkScoped(conversation.excuseLeft({ api, session }))
      const register = registration.afterLogin({ api, session }, shard, commands)
      return { target, api, session, scope, register } satisfies Joined
    }).pipe(Scope.provide(scope))
    current = { joined, scope }
    return joined
  })
  return { next, current: () => current?.joined }
})

/** Answers what was heard, with all that the commands need. */
type Hear = (where: conversation.Where, heard: events.Heard) => Effect.Effect<void, discordApi.ApiError>

/** People who wait for an answer at the same time; further ones wait for their turn. */
const mostAtOnce = 64

/** Takes what comes from the gateway; answers go on when the connection is lost meanwhile. */
const take = Effect.fnUntraced(function*(
  gateway: gateways.Gateway,
  joined: Joined,
  hear: Hear
): Effect.fn.Return<never> {
  const { api, register, scope, session } = joined
  const places = yield* Semaphore.make(mostAtOnce)
  const answer = (heard: events.Heard) =>
    hear({ api, session }, heard).pipe(
      Effect.catch((error) => Effect.logWarning(`The bot could not answer: ${error.message}`)),
      Effect.ensuring(places.release(1)),
      Effect.forkIn(scope)
    )
  for (;;) {
    const dispatch = yield* Queue.take(gateway.dispatches)
    session.took(dispatch.sequence)
    if (dispatch.type === "READY") yield* Effect.forkIn(register, scope)
    const event = events.decode(dispatch)
    if (Option.isSome(event)) yield* Effect.andThen(places.take(1), answer(event.value))
  }
})

const problemOf = (link: keeper.Link): string | null => link._tag === "Connected" ? null : link.problem

const ageOf = (atMillis: number | null | undefined, nowMillis: number): number | null =>
  atMillis === null || atMillis === undefined ? null : Math.max(0, nowMillis - atMillis)

/** The gateway's view when there is none. */
const noGateway = {
  aliveAtMillis: null,
  beatMillis: null,
  lastAckMillis: null,
  latencyMillis: null,
  reconnects: 0,
  resumes: 0,
  identifiesLeft: null
}

const stateOf = (link: keeper.Link): BotStatus["state"] => {
  if (link._tag === "Connected") return link.gateway.view().state
  if (link._tag === "Refused") return "refused"
  return link.problem === null ? "connecting" : "disconnected"
}

const statusOf = (
  link: keeper.Link,
  joined: Joined | undefined,
  past: Readonly<Pick<BotStatus, "reconnects" | "resumes">>
): BotStatus => {
  const now = performance.now()
  const view = link._tag === "Connected" ? link.gateway.view() : noGateway
  const login = joined?.session.read()?.login ?? null
  return {
    state: stateOf(link),
    problem: problemOf(link),
    signAgeMillis: ageOf(view.aliveAtMillis, now),
    isUncertain: isOverdue(view, now),
    mode: joined?.target.mode ?? "sandbox",
    user: login?.user ?? null,
    sessionAgeMillis: ageOf(login?.at, Monotonic.read()),
    lastAckAgeMillis: ageOf(view.lastAckMillis, now),
    latencyMillis: view.latencyMillis,
    guilds: login?.guilds ?? 0,
    reconnects: past.reconnects + view.reconnects,
    resumes: past.resumes + view.resumes,
    identifiesLeft: view.identifiesLeft
  }
}

const decodePosted = Schema.decodeUnknownEffect(Schema.Struct({ id: Schema.String }))

// Without a nonce, an attempt whose answer was lost and the library's next one would be two messages.
const post = (
  api: discordApi.DiscordApi,
  { channelId, components, content, embeds, mentions, nonce, replyTo }: Said
) =>
  api.request("post", `/channels/${encodeURIComponent(channelId)}/messages`, {
    body: {
      content,
      ...embeds === undefined ? {} : { embeds },
      ...components === undefined ? {} : { components },
      ...mentions === undefined ? {} : { allowed_mentions: { parse: [], users: mentions } },
      ...replyTo === undefined ? {} : { message_reference: { message_id: replyTo, fail_if_not_exists: false } },
      nonce: nonce ?? randomBytes(12).toString("base64url"),
      enforce_nonce: true
    }
  }).pipe(
    Effect.flatMap(decodePosted),
    Effect.map(({ id }) => ({ messageId: id })),
    Effect.mapError((error) =>
      error._tag === "ApiError"
        ? new PostFailed({ status: error.status, detail: error.detail })
        : new PostFailed({ status: 200, detail: error.message })
    )
  )

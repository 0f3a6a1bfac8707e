/**
 * The bot's connection to Discord's gateway: `@discordjs/ws` with one owner, a scope.
 *
 * The library reconnects, resumes and beats its heart. This module adds what it lacks: a close that neither waits 30
 * seconds for a silent peer nor ends the session, a session that outlives outages and crashes, and a stop for good when
 * Discord refuses the bot.
 */
import {
  DefaultWebSocketManagerOptions,
  type IContextFetchingStrategy,
  WebSocketShardEvents,
  WebSocketShardStatus
} from "@discordjs/ws"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Queue from "effect/Queue"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import { setTimeout as setTimeoutPromise } from "node:timers/promises"
import * as Monotonic from "../monotonic.ts"
import { BeatingShard, close } from "./beatingShard.ts"
import { refusalOf } from "./closeCodes.ts"
import type { DiscordApi } from "./discordApi.ts"
import { type Books, booksOf, isSessionLost, now } from "./gatewayBooks.ts"
import { type GatewayView, stableMillis } from "./gatewayHealth.ts"
import type { Logins } from "./logins.ts"
import { badToken } from "./refusal.ts"
import type { SessionStore } from "./session.ts"
import * as shards from "./shards.ts"
import type { Target } from "./target.ts"

/** The gateway can't be used just now. Try again later. */
export class GatewayUnavailable extends Schema.TaggedError<GatewayUnavailable>()("GatewayUnavailable", {
  url: Schema.String,
  detail: Schema.String
}) {
  override get message(): string {
    return `The bot can't log in at ${this.url}: ${this.detail}`
  }
}

export interface Gateway {
  readonly view: () => GatewayView
  /** Events as they come, at most 1000; when the bot is slower than that the oldest are lost. */
  readonly dispatches: Queue.Dequeue<Dispatch>
}

/** An event of the gateway, not decoded yet. */
export interface Dispatch {
  readonly type: string
  readonly data: unknown
  /** Counts the events of a session, from 1. */
  readonly sequence: number
}

export interface Options {
  readonly target: Target
  readonly api: DiscordApi
  readonly session: SessionStore
  readonly shard: shards.Shard
  readonly logins: Logins
  /** The close code when the scope closes: 1000 ends the session and shows the bot as offline, 4200 keeps it. */
  readonly closeCode: () => 1000 | 4200
}

const connectWithinMillis = 8000

/** Discord sends its heartbeat interval in a frame that the library keeps to itself, except for a line it logs. */
const beatingEvery = /starting to beat every (\d+)ms/

/** Guilds, their messages, direct messages; and the text of messages, which is a privilege. */
const slashIntents = (1 << 0) | (1 << 9) | (1 << 12)
const messageContentIntent = 1 << 15

const GatewayInfo = Schema.Struct({
  url: Schema.String.check(Schema.isPattern(/^wss?:\/\//)),
  shards: Schema.Int,
  session_start_limit: Schema.Struct({
    total: Schema.Int,
    remaining: Schema.Int,
    reset_after: Schema.Finite,
    max_concurrency: Schema.Int
  })
})

/**
 * Logs in, or resumes the session that `session` holds; completes when Discord says that the bot is ready.
 *
 * **Details**
 * - Fails with `GatewayUnavailable` after 8 seconds (with several shards: and a round of their turns), and with `Refused` when trying again is pointless. A refusal that
 *   comes later shows in `api.refused`.
 */
export const connect = Effect.fnUntraced(function*(options: Options) {
  const { api, target } = options
  const unavailable = (detail: string) => new GatewayUnavailable({ url: target.url, detail })
  let lastError = "no answer"
  const withinMillis = connectWithinMillis + (options.shard.count > 1 ? shards.roundMillis(options.shard, 1) : 0)
  const login = Effect.gen(function*() {
    const info = yield* api.request("get", "/gateway/bot").pipe(
      Effect.flatMap(Schema.decodeUnknownEffect(GatewayInfo)),
      Effect.mapError((error) =>
        error._tag !== "ApiError"
          ? unavailable(`it answers GET /gateway/bot as Discord does not (${error.message.replaceAll(/\s+/g, " ")})`)
          : error.status === 401
          ? badToken
          : unavailable(error.message)
      )
    )
    const { remaining, reset_after } = info.session_start_limit
    if (remaining <= 0 && options.session.read() === null) {
      const minutes = Math.ceil(reset_after / 60_000)
      return yield* unavailable(`no logins are left for today; there will be more in ${minutes} minutes`)
    }
    const waitMillis = options.logins.mustWaitMillis(performance.now())
    if (waitMillis > 0 && options.session.read() === null) {
      return yield* unavailable(
        `Discord ended each of the last logins at once; the next one is in ${Math.ceil(waitMillis / 1000)} s`
      )
    }
    const started = yield* Deferred.make<void>()
    const gateway = yield* open(options, {
      info,
      started: () => Deferred.doneUnsafe(started, Effect.void),
      failed: (error) => {
        lastError = error.message
      }
    })
    yield* Deferred.await(started)
    yield* options.session.save
    return gateway
  })
  return yield* Effect.raceFirst(login, Deferred.await(api.refused)).pipe(
    Effect.timeoutOrElse({
      duration: withinMillis,
      orElse: () => Effect.fail(unavailable(`not ready within ${withinMillis / 1000} s (${lastError})`))
    })
  )
})

interface Opening {
  readonly info: typeof GatewayInfo.Type
  readonly started: () => void
  readonly failed: (error: Error) => void
}

/** Opens the connection and keeps the books on it until the scope closes. */
const open = Effect.fnUntraced(function*(options: Options, opening: Opening) {
  const { closeCode, shard: which } = options
  const dispatches = yield* Queue.sliding<Dispatch>(1000)
  const books = booksOf(opening.info.session_start_limit.remaining)
  const shard = yield* Effect.acquireRelease(
    Effect.sync(() =>
      new BeatingShard(strategyOf(options, opening.info, books), which.id, {
        beat: () => books.update({ beatMillis: now() }),
        oddFrame: (problem) => opening.failed(new Error(problem))
      })
    ),
    (shard) =>
      Effect.suspend(() => {
        books.closing = true
        return close(shard, closeCode())
      })
  )
  keep(shard, books, options, opening)
  shard.on(WebSocketShardEvents.Dispatch, ({ d: data, s: sequence, t: type }) => {
    if (!books.closing) Queue.offerUnsafe(dispatches, { type, data, sequence })
  })
  // Rejects when Discord refuses the bot; `Closed` has told by then.
  shard.connect().catch(() => {})

  const current = (): GatewayView => ({ ...books.view, state: states[shard.status] })
  return { dispatches, view: current } satisfies Gateway
})

/** What the library asks the bot for: its session, and when it may log in. */
const strategyOf = (
  { logins, session, shard: which, target }: Options,
  info: typeof GatewayInfo.Type,
  books: Books
): IContextFetchingStrategy => {
  const never = new Promise<never>(() => {})
  let lastLogin: number | null = null
  return {
    options: {
      ...DefaultWebSocketManagerOptions,
      token: Redacted.value(target.token),
      intents: target.readsMessages ? slashIntents | messageContentIntent : slashIntents,
      gatewayInformation: info,
      shardCount: which.count,
      handshakeTimeout: 5000,
      helloTimeout: 10_000
    },
    // Called before each connection: one that the library has planned before the scope closed never begins.
    retrieveSessionInfo: () => books.closing ? never : session.read()?.resumable ?? null,
    updateSessionInfo: (_, resumable) => {
      if (books.closing) return
      if (resumable !== null) session.resumed(resumable)
      else if (isSessionLost(books)) session.clear()
    },
    waitForIdentify: async (_, signal) => {
      // One login too many resets the token. This connection ends soon, and the next attempt says what is wrong.
      if (books.view.identifiesLeft <= 0 || logins.mustWaitMillis(now()) > 0) await never
      const apart = lastLogin === null ? 0 : lastLogin + shards.turnMillis - now()
      if (apart > 0) await setTimeoutPromise(apart, undefined, { signal })
      // The shards are on different threads of one process, whose monotonic clock they share.
      const wait = shards.untilTurnMillis(which, info.session_start_limit.max_concurrency, Monotonic.read())
      if (wait > 0) await setTimeoutPromise(wait, undefined, { signal })
      books.update({ identifiesLeft: books.view.identifiesLeft - 1 })
      lastLogin = now()
      logins.began(lastLogin)
    }
  }
}

/** Keeps the books on what the library reports of a connection. */
const keep = (shard: BeatingShard, books: Books, { api, logins, session }: Options, opening: Opening): void => {
  const { update } = books
  const ready = (): void => {
    books.everReady = true
    logins.succeeded()
    update({ downSinceMillis: null })
    opening.started()
  }
  shard.on(WebSocketShardEvents.Hello, () => {
    books.networkFailed = false
    books.connected = true
    books.closedWith = undefined
    books.openedMillis = now()
    update({ aliveAtMillis: books.openedMillis, beatMillis: null })
  })
  shard.on(WebSocketShardEvents.Ready, ({ application, guilds, user }) => {
    session.loggedIn({
      user: user.username,
      applicationId: application.id,
      guilds: guilds.length,
      at: Monotonic.read()
    })
    ready()
  })
  shard.on(WebSocketShardEvents.Resumed, () => {
    update({ resumes: books.view.resumes + 1 })
    ready()
  })
  shard.on(WebSocketShardEvents.HeartbeatComplete, () => {
    const at = now()
    const { beatMillis, latencyMillis } = books.view
    update({
      lastAckMillis: at,
      aliveAtMillis: at,
      latencyMillis: beatMillis === null ? latencyMillis : Math.round(at - beatMillis),
      beatMillis: null
    })
  })
  shard.on(WebSocketShardEvents.Debug, (line) => {
    const every = beatingEvery.exec(line)?.[1]
    if (every !== undefined) update({ heartbeatMillis: Number(every) })
  })
  shard.on(WebSocketShardEvents.Closed, (code) => {
    books.connected = false
    books.closedWith = code
    update({ beatMillis: null })
    if (books.closing) return
    const { downSinceMillis, reconnects, shortLived } = books.view
    update({ shortLived: now() - books.openedMillis < stableMillis ? shortLived + 1 : 0 })
    if (downSinceMillis === null) update({ downSinceMillis: now(), reconnects: reconnects + 1 })
    opening.failed(new Error(`the gateway closed with code ${code}`))
    const refused = refusalOf(code)
    if (refused !== undefined) Deferred.doneUnsafe(api.refused, Effect.fail(refused))
  })
  shard.on(WebSocketShardEvents.SocketError, (error) => {
    books.networkFailed = true
    opening.failed(error)
  })
  shard.on(WebSocketShardEvents.Error, opening.failed)
}

const states = {
  [WebSocketShardStatus.Idle]: "disconnected",
  [WebSocketShardStatus.Connecting]: "connecting",
  [WebSocketShardStatus.Resuming]: "resuming",
  [WebSocketShardStatus.Ready]: "ready"
} as const

/**
 * One gateway connection, from HELLO to its close.
 *
 * ```text
 * HELLO → (IDENTIFY → READY, GUILD_CREATE | RESUME → missed events, RESUMED) → dispatches … → close
 * ```
 *
 * Source: Discord's gateway documentation, version 10.
 */
import type {
  GatewayGuildMembersChunkDispatchData,
  GatewayHelloData,
  GatewayReadyDispatchData
} from "discord-api-types/v10"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { RawData, WebSocket } from "ws"
import type { Tally } from "./counters.ts"
import * as frames from "./frames.ts"
import { Window } from "./rateLimits.ts"
import type { Run } from "./run.ts"
import { Session, Sessions } from "./sessions.ts"
import type { Settings } from "./settings.ts"
import type { World } from "./world.ts"

const { Intent, Op } = frames

/** The most bytes that a client may leave unread. A client that leaves more is cut off, or its pongs would fill the memory. */
const mostUnreadBytes = 8 << 20

/** Close codes after which the session cannot be resumed. */
const endsSession = new Set([4004, 4007, 4009, 4010, 4011, 4012, 4013, 4014])

/** What a client may send once it has logged in. Nobody here looks at presences, voice or channel info. */
const needSession: ReadonlySet<number> = new Set([
  Op.requestMembers,
  Op.presence,
  Op.voiceState,
  Op.requestSoundboardSounds,
  Op.requestChannelInfo
])

const bytesOf = (data: RawData): Buffer =>
  Buffer.isBuffer(data) ? data : Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data)

const dayMillis = 86_400_000

/** What all connections share. */
export abstract class Shared {
  readonly options: Settings
  readonly world: World
  readonly tally: Tally
  readonly run: Run
  readonly sessions: Sessions
  /** The logins of a day. */
  readonly starts: Window
  /** The logins of five seconds. */
  readonly concurrency: Window
  /** Where clients connect: known once the server listens. */
  url = ""
  acksMuted = false

  constructor(options: Settings, world: World, tally: Tally, run: Run) {
    this.options = options
    this.world = world
    this.tally = tally
    this.run = run
    this.sessions = new Sessions(world.guildId, Duration.toMillis(options.sessionTimeToLive))
    this.starts = new Window(options.identifyLimit, dayMillis)
    this.concurrency = new Window(1, Duration.toMillis(options.identifyEvery))
  }

  /** Whether this is the bot's token, with or without its scheme. */
  abstract accepts(token: string): boolean
  /** Ends every session and refuses the token from now on. */
  abstract revokeToken(): void
  /** A connection has ended. */
  abstract left(connection: Connection): void
}

export class Connection {
  readonly #gateway: Shared
  readonly #socket: WebSocket
  readonly #encode: (payload: string) => string | Buffer
  readonly #sends = new Window(120, 60_000)
  readonly #stopWatching: () => void
  #session: Session | undefined
  #lastHeartbeatMillis = performance.now()
  #deaf = false
  #closing = false

  constructor(gateway: Shared, socket: WebSocket, encode: (payload: string) => string | Buffer) {
    this.#gateway = gateway
    this.#socket = socket
    this.#encode = encode
    socket.on("message", (data) => this.#receive(bytesOf(data)))
    socket.on("ping", () => this.#cutUnread())
    socket.on("close", (code) => this.#ended(code))
    const fiber = gateway.run(this.#watch())
    this.#stopWatching = () => fiber.interruptUnsafe()
    const heartbeat_interval = Duration.toMillis(gateway.options.heartbeatInterval)
    this.#say(Op.hello, { heartbeat_interval } satisfies GatewayHelloData)
  }

  get isLoggedIn(): boolean {
    return this.#session !== undefined
  }

  /** Sends a payload that is already JSON. */
  send(payload: string): void {
    if (this.#deaf || this.#closing) return
    this.#socket.send(this.#encode(payload))
    this.#cutUnread()
  }

  #cutUnread(): void {
    if (this.#socket.bufferedAmount > mostUnreadBytes) this.cut()
  }

  /** The session is no longer this connection's. */
  release(): void {
    this.#session = undefined
  }

  close(code: number, reason: string): void {
    if (this.#deaf || this.#closing) return
    this.#closing = true
    this.#leave(endsSession.has(code))
    this.#socket.close(code, reason)
  }

  /** Cuts the TCP connection. */
  cut(): void {
    this.#closing = true
    this.#leave(false)
    this.#socket.terminate()
  }

  /** Stops reading and answering while the TCP connection stays open. */
  blackHole(): void {
    this.#deaf = true
    this.#socket.pause()
  }

  reconnect(): void {
    this.#say(Op.reconnect, null)
  }

  invalidate(resumable: boolean): void {
    this.#leave(!resumable)
    this.#gateway.tally.add("invalidSessions")
    this.#say(Op.invalidSession, resumable)
  }

  requestHeartbeat(): void {
    this.#say(Op.heartbeat, null)
  }

  #say(op: number, d: unknown): void {
    this.send(JSON.stringify({ t: null, s: null, op, d }))
  }

  #receive(bytes: Buffer): void {
    if (this.#deaf || this.#closing) return
    if (!this.#sends.take(performance.now()).ok) return this.close(4008, "You are being rate limited.")
    if (bytes.length > frames.maxPayloadBytes) return this.close(4002, "Error while decoding payload.")
    const frame = frames.parseFrame(bytes.toString())
    if (Option.isNone(frame)) return this.close(4002, "Error while decoding payload.")
    this.#handle(frame.value)
  }

  #handle({ d, op }: frames.Frame): void {
    switch (op) {
      case Op.heartbeat:
        return this.#heartbeat()
      case Op.identify:
      case Op.resume:
        if (this.#session !== undefined) return this.close(4005, "Already authenticated.")
        return op === Op.identify ? this.#identify(d) : this.#resume(d)
      default:
        if (!needSession.has(op)) return this.close(4001, "Unknown opcode.")
        if (this.#session === undefined) return this.close(4003, "Not authenticated.")
        if (op === Op.requestMembers) this.#members(this.#session, d)
    }
  }

  #heartbeat(): void {
    this.#lastHeartbeatMillis = performance.now()
    this.#gateway.tally.add("heartbeats")
    if (!this.#gateway.acksMuted) this.#say(Op.heartbeatAck, null)
  }

  #identify(d: unknown): void {
    const { options, sessions, tally, world } = this.#gateway
    const identify = frames.decodeIdentify(d)
    if (Option.isNone(identify)) return this.close(4002, "Error while decoding payload.")
    if (!this.#gateway.accepts(identify.value.token)) return this.close(4004, "Authentication failed.")
    const shard = frames.shardOf(identify.value.shard)
    if (Option.isNone(shard)) return this.close(4010, "Invalid shard.")
    const intents = frames.intentsOf(identify.value.intents)
    if (Option.isNone(intents)) return this.close(4013, "Invalid intent(s).")
    if ((intents.value & options.disallowedIntents) !== 0) return this.close(4014, "Disallowed intent(s).")
    const now = performance.now()
    if (!this.#gateway.concurrency.take(now).ok) return this.invalidate(false)
    // Discord's answer to a bot that logs in in a loop: every session ends and the token is void.
    if (!this.#gateway.starts.take(now).ok) return this.#gateway.revokeToken()

    const session = new Session(intents.value, shard.value, this)
    this.#session = session
    sessions.add(session)
    tally.add("identifies")
    const seesGuild = frames.shardSees(shard.value, world.guildId)
    session.dispatch(
      "READY",
      {
        v: 10,
        user: world.bot,
        guilds: seesGuild ? [{ id: world.guildId, unavailable: true }] : [],
        session_id: session.id,
        resume_gateway_url: this.#gateway.url,
        shard: [...shard.value],
        application: {
          id: world.application.id,
          flags: world.application.flags,
          flags_new: world.application.flags_new
        }
      } satisfies GatewayReadyDispatchData
    )
    if (seesGuild) session.tell({ t: "GUILD_CREATE", intent: Intent.guilds, d: world.guild })
  }

  #resume(d: unknown): void {
    const resume = frames.decodeResume(d)
    if (Option.isNone(resume)) return this.close(4002, "Error while decoding payload.")
    const { seq, session_id, token } = resume.value
    if (!this.#gateway.accepts(token)) return this.close(4004, "Authentication failed.")
    const session = this.#gateway.sessions.find(session_id, performance.now())
    if (session === undefined || !session.canReplay(seq)) return this.invalidate(false)
    if (seq > session.seq || seq < 0) {
      this.#gateway.sessions.destroy(session)
      return this.close(4007, "Invalid seq.")
    }
    session.resume(this, seq)
    this.#gateway.sessions.onChange()
    this.#session = session
    this.#gateway.tally.add("resumes")
  }

  #members(session: Session, d: unknown): void {
    const { guildId, people } = this.#gateway.world
    const { limit = 0, nonce, query, user_ids } = Option.getOrElse(
      frames.decodeRequestMembers(d),
      () => frames.allMembers
    )
    const ids = typeof user_ids === "string" ? [user_ids] : user_ids
    const found = ids?.flatMap((id) => people.isMember(id) ?? []) ?? people.named(query ?? "")
    const members = limit > 0 ? found.slice(0, limit) : found
    session.dispatch(
      "GUILD_MEMBERS_CHUNK",
      {
        guild_id: guildId,
        members,
        chunk_index: 0,
        chunk_count: 1,
        ...(ids === undefined ? {} : { not_found: ids.filter((id) => people.isMember(id) === undefined) }),
        ...(nonce === undefined ? {} : { nonce })
      } satisfies GatewayGuildMembersChunkDispatchData
    )
  }

  /** Ends a connection whose client stopped beating. */
  #watch(): Effect.Effect<void> {
    const { heartbeatGrace, heartbeatInterval } = this.#gateway.options
    const patienceMillis = Duration.toMillis(heartbeatInterval) + Duration.toMillis(heartbeatGrace)
    const wait = Effect.suspend(() => Effect.sleep(this.#lastHeartbeatMillis + patienceMillis - performance.now()))
    return wait.pipe(
      Effect.repeat({ while: () => performance.now() < this.#lastHeartbeatMillis + patienceMillis }),
      Effect.andThen(Effect.sync(() => this.close(4009, "Session timed out.")))
    )
  }

  #ended(code: number): void {
    // The client's own 1000 and 1001 log the bot out; every other end leaves the session to be resumed.
    this.#leave(!this.#closing && (code === 1000 || code === 1001))
    this.#stopWatching()
    this.#gateway.left(this)
  }

  #leave(destroy: boolean): void {
    const session = this.#session
    this.#session = undefined
    if (session === undefined) return
    if (destroy) return this.#gateway.sessions.destroy(session)
    session.detach(performance.now())
    this.#gateway.sessions.onChange()
  }
}

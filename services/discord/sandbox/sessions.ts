/** Gateway sessions: who is told what, and what is kept so that a lost connection can be resumed. */
import { randomBytes } from "node:crypto"
import { Intent, Op, type Shard, shardSees } from "./frames.ts"

const keptEvents = 1000

/** Something that happened. Sessions without the bits of `intent` are not told. */
export interface Event {
  readonly t: string
  readonly intent: number
  readonly d: unknown
  /** Direct messages go to the first shard: they belong to no guild. */
  readonly isDirect?: boolean
  /** What sessions without the MESSAGE_CONTENT intent are told instead of `d`. */
  readonly withoutContent?: unknown
}

/** The connection that a session is attached to. */
export interface Peer {
  readonly send: (payload: string) => void
  /** The session went to another connection or ended. */
  readonly release: () => void
}

/** One session: its sequence of events, the last 1000 of them kept for replay. */
export class Session {
  readonly id = randomBytes(16).toString("hex")
  readonly intents: number
  readonly shard: Shard
  peer: Peer | undefined
  detachedAtMillis = Number.POSITIVE_INFINITY
  #seq = 0
  readonly #kept: Array<{ readonly seq: number; readonly payload: string }> = []

  constructor(intents: number, shard: Shard, peer: Peer) {
    this.intents = intents
    this.shard = shard
    this.peer = peer
  }

  get seq(): number {
    return this.#seq
  }

  dispatch(t: string, d: unknown): void {
    this.#seq += 1
    const payload = JSON.stringify({ t, s: this.#seq, op: Op.dispatch, d })
    this.#kept.push({ seq: this.#seq, payload })
    if (this.#kept.length > keptEvents) this.#kept.shift()
    this.peer?.send(payload)
  }

  /** Dispatches the event if the session's intents ask for it. */
  tell(event: Event): void {
    if ((this.intents & event.intent) !== event.intent) return
    const blind = (this.intents & Intent.messageContent) === 0
    this.dispatch(event.t, blind && event.withoutContent !== undefined ? event.withoutContent : event.d)
  }

  /** Whether everything after `seq` is still kept. */
  canReplay(seq: number): boolean {
    const oldest = this.#kept[0]
    return oldest === undefined || seq >= oldest.seq - 1
  }

  /** Takes the session over and sends the new peer what it missed, then RESUMED. */
  resume(peer: Peer, seq: number): void {
    this.peer?.release()
    this.peer = peer
    this.detachedAtMillis = Number.POSITIVE_INFINITY
    for (const event of this.#kept) if (event.seq > seq) peer.send(event.payload)
    this.dispatch("RESUMED", { _trace: [] })
  }

  detach(nowMillis: number): void {
    this.peer = undefined
    this.detachedAtMillis = nowMillis
  }
}

/** All sessions. One without a connection is forgotten after `resumableMillis`. */
export class Sessions {
  readonly #byId = new Map<string, Session>()
  readonly #guildId: string
  readonly #resumableMillis: number
  /** Called when a bot has come or gone. */
  onChange: () => void = () => {}

  constructor(guildId: string, resumableMillis: number) {
    this.#guildId = guildId
    this.#resumableMillis = resumableMillis
  }

  add(session: Session): void {
    this.#byId.set(session.id, session)
    this.onChange()
  }

  find(id: string, nowMillis: number): Session | undefined {
    this.#forgetOld(nowMillis)
    return this.#byId.get(id)
  }

  destroy(session: Session): void {
    this.#byId.delete(session.id)
    session.peer?.release()
    session.peer = undefined
    this.onChange()
  }

  destroyAll(): void {
    for (const session of this.#byId.values()) this.destroy(session)
  }

  /** How many bots, or shards of one, are connected now. */
  get connected(): number {
    return [...this.#byId.values()].filter(({ peer }) => peer !== undefined).length
  }

  /** Whether there is a session whose shard has the guild, connected or to be resumed. */
  get anyone(): boolean {
    this.#forgetOld(performance.now())
    return [...this.#byId.values()].some(({ shard }) => shardSees(shard, this.#guildId))
  }

  /** Tells every session whose shard has the guild, or direct messages. */
  publish(event: Event): void {
    this.#forgetOld(performance.now())
    for (const session of this.#byId.values()) {
      const concerned = event.isDirect === true ? session.shard[0] === 0 : shardSees(session.shard, this.#guildId)
      if (concerned) session.tell(event)
    }
  }

  #forgetOld(nowMillis: number): void {
    for (const session of this.#byId.values()) {
      if (nowMillis - session.detachedAtMillis >= this.#resumableMillis) this.#byId.delete(session.id)
    }
  }
}

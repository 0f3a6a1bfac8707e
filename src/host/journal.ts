/**
 * The last messages of an actor on its thread, over its incarnations. Part of every message's cost: so it writes into records that
 * are there already, keeps a payload only of a message that has failed, and of many messages that end in one turn notes the last.
 *
 * ```text
 *   handled, one of the first in its turn --------------------------> one of 20 records
 *      "     one of many --- held until the turn ends, the last 20 ---> one of 20 records
 *   failed ---> one of 20 others --- its payload is written as JSON a moment later ---> inspected
 * ```
 */
import type * as Actor from "../Actor.ts"
import * as thrown from "../base/thrown.ts"
import type { CurrentMessage, HandledMessage, Inspection } from "../control/inspection.ts"
import type { Delivery } from "../link/delivery.ts"
import { atEndOfTurn } from "../loop/tick.ts"
import * as turnClock from "../loop/turnClock.ts"
import type { Measured } from "../shared/measured.ts"
import { type Chain, noChain } from "../wire/frame.ts"
import * as json from "../wire/json.ts"

const length = 20

/** At most this much is kept of what a handler died of. */
const mostBytes = 4096

/** How long a failure's payload may stay as it is: a storm of failures writes the last 20 only, four times a second. */
const writeAfterMillis = 250

/** How often the last messages are sent away because the actor, or a key of it, has died. */
const reportEveryMillis = 1000

type Outcome = HandledMessage["outcome"]

/** A record, used again and again. */
class Entry {
  message = ""
  key: string | undefined = undefined
  /** The thread that sent it, and the actors that wait for it, of which the last one sent it. */
  sender = ""
  chain: Chain = noChain
  order = -1
  arrived = 0
  started = 0
  ended = 0
  outcome: Outcome = "handled"
  payload: string | null = null
  error: string | null = null
  /** Not written as JSON yet. */
  raw: { readonly payload: unknown; readonly error: unknown } | undefined = undefined
}

/** How many messages are held of a turn: a power of two, and not fewer than are noted. */
const mostHeld = 32

/** The journal of an actor. `onDied` gets its last messages when a handler has died, the last of which are the failed ones. */
export class Journal {
  private readonly handledOnes: Array<Entry> = []
  private readonly failedOnes: Array<Entry> = []
  /** The last messages of this turn that are noted at its end, and how many there were. */
  private readonly held: Array<Delivery | undefined> = []
  private heldCount = 0
  private heldEnded = 0
  /** How long they have waited and were handled, all together. */
  private heldWaited = 0
  private heldHandled = 0
  private readonly codecs = new Map<string, json.JsonCodec | undefined>()
  private readonly actor: Actor.Any
  private readonly isKeyed: boolean
  private readonly onDied: (last: Inspection["last"]) => void
  private readonly measured: Measured
  private readonly index: number
  private next = 0
  private handledCount = 0
  private failedCount = 0
  private isWriting = false
  private reporting: NodeJS.Timeout | undefined
  private showKept: (() => string) | undefined

  /** `index` is the actor's position, at which the times of its messages are added up. */
  constructor(actor: Actor.Any, measured: Measured, index: number, onDied: (last: Inspection["last"]) => void) {
    this.measured = measured
    this.index = index
    this.actor = actor
    this.isKeyed = actor.keys !== undefined
    this.onDied = onDied
  }

  /** A message has been handled well. */
  handled(delivery: Delivery): void {
    if (!turnClock.isCoarse()) {
      const ended = turnClock.ended()
      this.measure(delivery, ended)
      return this.noteHandled(delivery, ended)
    }
    if (this.heldCount === 0) this.hold()
    this.held[this.heldCount++ & (mostHeld - 1)] = delivery
    this.heldWaited += turnClock.tenths(delivery.arrived, delivery.started)
    this.heldHandled += turnClock.tenths(delivery.started, this.heldEnded)
  }

  /** A message has ended otherwise; `error` is what its handler failed with or died of. */
  failed(delivery: Delivery, outcome: Exclude<Outcome, "handled">, error: unknown): void {
    this.noteHeld()
    const entry = this.failedOnes[this.failedCount++ % length] ??= new Entry()
    const ended = turnClock.ended()
    this.measure(delivery, ended)
    this.note(entry, delivery, outcome, ended)
    entry.payload = null
    entry.error = null
    entry.raw = { payload: delivery.payload, error }
    if (this.isWriting) return
    this.isWriting = true
    setTimeout(() => this.write(), writeAfterMillis).unref()
  }

  /** A handler has died, and its thread may follow: what was noted is sent away, now and then. */
  died(): void {
    if (this.reporting !== undefined) return
    this.onDied(this.read().last)
    const count = this.failedCount
    this.reporting = setTimeout(() => {
      this.reporting = undefined
      if (this.failedCount !== count) this.onDied(this.read().last)
    }, reportEveryMillis).unref()
  }

  /** What has been noted, the oldest first. */
  read(): Pick<Inspection, "last" | "failures"> {
    this.noteHeld()
    this.write()
    const noted = [...this.handledOnes, ...this.failedOnes].toSorted((a, b) => a.order - b.order)
    const last = noted.slice(-length)
    const failures = noted.slice(0, -length).filter(({ outcome }) => outcome !== "handled")
    return { last: last.map(shown), failures: failures.map(shown) }
  }

  /** The actor keeps another value. */
  keeps(show: () => string): void {
    this.showKept = show
  }

  /** What the actor keeps; nothing if it does not, or has not said so in this incarnation of its thread. */
  kept(): string | null {
    return this.showKept?.() ?? null
  }

  /** Messages are held from now on: all of them have the same time. */
  private hold(): void {
    this.heldEnded = turnClock.ended()
    atEndOfTurn(this.noteHeld)
  }

  /** Notes the last of the messages that were held, and lets go of all. */
  private readonly noteHeld = (): void => {
    const count = this.heldCount
    if (count === 0) return
    this.heldCount = 0
    const from = Math.max(0, count - length)
    this.handledCount += from
    for (let at = from; at < count; at++) {
      const delivery = this.held[at & (mostHeld - 1)]
      if (delivery !== undefined) this.noteHandled(delivery, this.heldEnded)
    }
    this.held.fill(undefined)
    this.measured.addTimes(this.index, this.heldWaited, this.heldHandled)
    this.heldWaited = this.heldHandled = 0
  }

  private measure({ arrived, started }: Delivery, ended: number): void {
    this.measured.addTimes(this.index, turnClock.tenths(arrived, started), turnClock.tenths(started, ended))
  }

  private noteHandled(delivery: Delivery, ended: number): void {
    const entry = this.handledOnes[this.next] ??= new Entry()
    this.next = this.next === length - 1 ? 0 : this.next + 1
    this.handledCount++
    this.note(entry, delivery, "handled", ended)
  }

  private note(entry: Entry, delivery: Delivery, outcome: Outcome, ended: number): void {
    entry.order = this.handledCount + this.failedCount
    entry.message = delivery.message.tag
    if (this.isKeyed) entry.key = delivery.request[8]
    entry.sender = delivery.sender
    entry.chain = delivery.request[5] ?? noChain
    entry.arrived = delivery.arrived
    entry.started = delivery.started
    entry.ended = ended
    entry.outcome = outcome
  }

  private write(): void {
    this.isWriting = false
    for (const entry of this.failedOnes) {
      if (entry.raw === undefined) continue
      const { error, payload } = entry.raw
      entry.raw = undefined
      const codec = this.codecOf(entry.message)
      entry.payload = codec === undefined ? null : json.text(codec.showPayload, payload)
      entry.error = entry.outcome === "error" && codec !== undefined
        ? json.text(codec.showError, error)
        : thrown.cut(thrown.describe(error).message, mostBytes)
    }
  }

  private codecOf(tag: string): json.JsonCodec | undefined {
    if (this.codecs.has(tag)) return this.codecs.get(tag)
    const rpc = this.actor.protocol.requests.get(tag)
    const codec = rpc && json.make(rpc)
    this.codecs.set(tag, codec)
    return codec
  }
}

const shown = (
  { arrived, chain, ended, error, key, message, outcome, payload, sender, started }: Entry
): HandledMessage => ({
  message,
  key: key ?? null,
  sender: chain.at(-1) ?? sender,
  atMillis: Math.round(Date.now() - turnClock.since(ended)),
  waitMillis: turnClock.between(arrived, started),
  handleMillis: turnClock.between(started, ended),
  outcome,
  payload,
  error
})

/** The messages that are being handled, the oldest 20 of them. */
export const currentOf = (deliveries: ReadonlyArray<Delivery>): ReadonlyArray<CurrentMessage> =>
  deliveries.slice(0, length).map((delivery) => ({
    message: delivery.message.tag,
    key: delivery.request[8] ?? null,
    sender: delivery.request[5]?.at(-1) ?? delivery.sender,
    waitMillis: turnClock.between(delivery.arrived, delivery.started),
    forMillis: turnClock.since(delivery.started)
  }))

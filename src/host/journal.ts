/**
 * The last messages of an actor on its thread, over its incarnations. Part of every message's cost: so it writes into records that
 * are there already, and keeps a payload only of a message that has failed.
 *
 * ```text
 *   handled ---> one of 20 records
 *   failed  ---> one of 20 others --- its payload is written as JSON a moment later ---> inspected
 * ```
 */
import type * as Actor from "../Actor.ts"
import * as thrown from "../base/thrown.ts"
import type { CurrentMessage, HandledMessage, Inspection } from "../control/inspection.ts"
import type { Delivery } from "../link/delivery.ts"
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

/** The journal of an actor. `onDied` gets its last messages when a handler has died, the last of which are the failed ones. */
export class Journal {
  private readonly handledOnes: Array<Entry> = []
  private readonly failedOnes: Array<Entry> = []
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
    const entry = this.handledOnes[this.next] ??= new Entry()
    this.next = this.next === length - 1 ? 0 : this.next + 1
    this.handledCount++
    this.note(entry, delivery, "handled")
  }

  /** A message has ended otherwise; `error` is what its handler failed with or died of. */
  failed(delivery: Delivery, outcome: Exclude<Outcome, "handled">, error: unknown): void {
    const entry = this.failedOnes[this.failedCount++ % length] ??= new Entry()
    this.note(entry, delivery, outcome)
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

  private note(entry: Entry, delivery: Delivery, outcome: Outcome): void {
    entry.order = this.handledCount + this.failedCount
    entry.message = delivery.message.tag
    if (this.isKeyed) entry.key = delivery.request[8]
    entry.sender = delivery.sender
    entry.chain = delivery.request[5] ?? noChain
    entry.arrived = delivery.arrived
    entry.started = delivery.started
    entry.ended = turnClock.ended()
    entry.outcome = outcome
    const { arrived, ended, started } = entry
    this.measured.addTimes(this.index, turnClock.tenths(arrived, started), turnClock.tenths(started, ended))
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

/** An entry as it is shown. */
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

/**
 * A message on its way, and the list of those that wait to be posted.
 */
import type * as Fiber from "effect/Fiber"
import type * as ActorError from "../ActorError.ts"
import { type Chain, type Done, type Envelope, noChain, type SpanRef } from "../wire/frame.ts"
import type { Encoded } from "../wire/translator.ts"

/** How a message was settled: by an answer from the handler, or by what happened on the way. */
export type Settlement = Done | readonly [kind: "undelivered", reason: ActorError.Reason]

const none: ReadonlyArray<ArrayBuffer> = []

/** What hardly any message has: a record of its own, so that the many others are small. */
class Rare {
  span: SpanRef | null = null
  envelope: Envelope | undefined = undefined
  circle: Chain = noChain
  countedIn: Int32Array | undefined = undefined
  mayRunAgain = false
  crash: ActorError.Reason | undefined = undefined
  /** The memory of large copies in its payload. */
  copies: ReadonlyArray<ArrayBuffer> = none
}

/** Where a message waits, and its neighbors there. */
class Place {
  readonly list: WaitingList
  readonly message: Outgoing
  previous: Place | undefined = undefined
  next: Place | undefined = undefined

  constructor(list: WaitingList, message: Outgoing) {
    this.list = list
    this.message = message
  }
}

/**
 * A message from its sending to its settlement.
 *
 * **Details**
 * - Where it is: in a `list` (it waits), in a `slot` (it is in flight), or in neither (it is settled, or waits in a group).
 * - Thousands live at a time, and V8 moves each that lives when it collects garbage. So it has few fields.
 */
export abstract class Outgoing {
  readonly kind: "ask" | "tell" | "open"
  /** The actor's index on its thread. */
  readonly actor: number
  readonly tag: string
  /** The key that it is for, of a keyed actor. */
  readonly key: string | undefined
  payload: Encoded
  /** The actors that wait for it; of a tell, the actor that tells it, as a list of one name. */
  readonly from: Chain
  /** Its slot in the ledger while it is in flight, else -1. */
  slot = -1
  /** Its place in the order in which messages were posted. */
  turn = 0
  accepted = false
  /** The caller has left and is not told how the message ends. */
  cancelled = false
  /** The instance that it was given to, of an actor that has several. */
  instance = 0
  /** The fiber that waits for its settlement and does nothing else. */
  fiber: Fiber.Fiber<unknown, unknown> | undefined = undefined
  /** Where it waits. */
  place: Place | undefined = undefined
  private rare: Rare | undefined = undefined

  constructor(
    kind: Outgoing["kind"],
    actor: number,
    tag: string,
    payload: Encoded,
    from: Chain,
    span: SpanRef | null,
    envelope?: Envelope,
    key?: string
  ) {
    this.kind = kind
    this.actor = actor
    this.tag = tag
    this.key = key
    this.payload = payload
    this.from = from
    if (span !== null) this.more().span = span
    if (envelope !== undefined) this.more().envelope = envelope
    if (payload.copies.length > 0) this.more().copies = payload.copies
  }

  /** A copy takes the place of a payload whose bytes are the sender's, if it is not posted at once. */
  replace(payload: Encoded): void {
    this.payload = payload
    this.more().copies = payload.copies
  }

  /** The actors that wait for it. Nobody waits for a tell. */
  get chain(): Chain {
    return this.kind === "tell" ? noChain : this.from
  }

  /** The actor that tells it, as a list of one name; empty if no actor does. */
  get sender(): Chain {
    return this.kind === "tell" ? this.from : noChain
  }

  get span(): SpanRef | null {
    return this.rare === undefined ? null : this.rare.span
  }

  get envelope(): Envelope | undefined {
    return this.rare?.envelope
  }

  /** The actors that wait for each other, if its answer depends on one of them. */
  get circle(): Chain {
    return this.rare?.circle ?? noChain
  }

  set circle(circle: Chain) {
    this.more().circle = circle
  }

  /** Where it is counted while it is an accepted tell that waits here. */
  get countedIn(): Int32Array | undefined {
    return this.rare?.countedIn
  }

  set countedIn(waiting: Int32Array | undefined) {
    if (waiting !== undefined || this.rare !== undefined) this.more().countedIn = waiting
  }

  /** If it is cut off while it runs, it is sent once more. */
  get mayRunAgain(): boolean {
    return this.rare?.mayRunAgain === true
  }

  set mayRunAgain(may: boolean) {
    if (may || this.rare !== undefined) this.more().mayRunAgain = may
  }

  /** How it was cut off when it ran for the first time. */
  get crash(): ActorError.Reason | undefined {
    return this.rare?.crash
  }

  /** The list that it waits in. */
  get list(): WaitingList | undefined {
    return this.place?.list
  }

  /** The message has a place in the mailbox, or will get it without the sender's waiting; only the first call counts. */
  accept(): void {
    if (this.accepted) return
    this.accepted = true
    this.onAccepted()
  }

  /** Counts an accepted tell that waits here, by its actor, in memory that outlives this thread. */
  countIn(waiting: Int32Array | undefined): void {
    if (waiting === undefined || this.kind !== "tell" || this.rare?.countedIn !== undefined) return
    this.more().countedIn = waiting
    Atomics.add(waiting, this.actor, 1)
  }

  /** The message no longer waits here. */
  uncount(): void {
    const { rare } = this
    if (rare?.countedIn === undefined) return
    Atomics.sub(rare.countedIn, this.actor, 1)
    rare.countedIn = undefined
  }

  /** It was cut off while it ran. True if it is to be sent once more: what it has moved is gone. */
  runsAgain(crash: ActorError.Reason): boolean {
    const { rare } = this
    if (rare?.mayRunAgain !== true || this.cancelled || this.payload.transfer.length > 0) return false
    rare.mayRunAgain = false
    rare.crash = crash
    this.slot = -1
    return true
  }

  /**
   * It is done on another thread, and its payload is needed no more. The memory of large copies is given back at once: V8 would
   * collect all garbage of a thread for some 60 MB of it. The payload of a message without copies is not looked at, which the
   * processor would have to fetch.
   */
  freeCopies(): void {
    for (const copy of this.rare?.copies ?? none) copy.transfer(0)
  }

  /** Whether a handler may have started it, if `withdrawn` of its last sending. */
  mayHaveRun(withdrawn: boolean): "no" | "maybe" {
    return withdrawn && this.crash === undefined ? "no" : "maybe"
  }

  private more(): Rare {
    return this.rare ??= new Rare()
  }

  /** Called exactly once, unless it is cancelled. */
  abstract onSettled(settlement: Settlement): void
  /** The message has a place in the mailbox, or will get it without the sender's waiting. */
  abstract onAccepted(): void
  /** These actors wait for each other: takes the message back, so that it never starts, and returns what fails it. */
  abstract onDeadlock(cycle: Chain): () => void
  /** Elements of an open stream; an empty array says that the stream is open. */
  abstract onChunk(values: ReadonlyArray<unknown>): void
}

/** Messages in order, linked through their places, so that each leaves in no time. */
export class WaitingList {
  private oldest: Place | undefined
  private youngest: Place | undefined
  private count = 0

  /** How many messages wait. */
  get size(): number {
    return this.count
  }

  /** The message that has waited longest. */
  get first(): Outgoing | undefined {
    return this.oldest?.message
  }

  /** Adds a message at the end. */
  add(message: Outgoing): void {
    const place = new Place(this, message)
    message.place = place
    place.previous = this.youngest
    if (this.youngest === undefined) this.oldest = place
    else this.youngest.next = place
    this.youngest = place
    this.count++
  }

  /** Adds a message before all others. */
  addFirst(message: Outgoing): void {
    const place = new Place(this, message)
    message.place = place
    place.next = this.oldest
    if (this.oldest === undefined) this.youngest = place
    else this.oldest.previous = place
    this.oldest = place
    this.count++
  }

  /** Takes a message out, if it is in this list. */
  delete(message: Outgoing): void {
    const { place } = message
    if (place === undefined || place.list !== this) return
    const { next, previous } = place
    if (previous === undefined) this.oldest = next
    else previous.next = next
    if (next === undefined) this.youngest = previous
    else next.previous = previous
    message.place = undefined
    this.count--
  }

  /** Takes all messages out, and returns them in order. */
  clear(): ReadonlyArray<Outgoing> {
    const all = this.toArray()
    for (const message of all) this.delete(message)
    return all
  }

  /** The messages in order. */
  toArray(): ReadonlyArray<Outgoing> {
    const all: Array<Outgoing> = []
    for (let place = this.oldest; place !== undefined; place = place.next) all.push(place.message)
    return all
  }
}

/**
 * A message on its way, and the list of those that wait to be posted.
 */
import type * as Fiber from "effect/Fiber"
import type * as ActorError from "../ActorError.ts"
import { type Chain, type Done, type Envelope, noChain, type SpanRef } from "../wire/frame.ts"
import type { Encoded } from "../wire/translator.ts"

/** How a message was settled: by an answer from the handler, or by what happened on the way. */
export type Settlement = Done | readonly [kind: "undelivered", reason: ActorError.Reason]

/**
 * A message from its sending to its settlement.
 *
 * **Details**
 * - Where it is: in a `list` (it waits), in a `slot` (it is in flight), or in neither (it is settled, or waits in a group).
 * - Thousands live at a time, so each holds all of its state itself, and the lists are made of the messages.
 */
export abstract class Outgoing {
  readonly kind: "ask" | "tell" | "open"
  /** The actor's index on its thread. */
  readonly actor: number
  readonly tag: string
  /** A copy takes its place if its bytes are the sender's and it is not posted at once. */
  payload: Encoded
  readonly chain: Chain
  readonly span: SpanRef | null
  readonly envelope: Envelope | undefined
  /** The key that it is for, of a keyed actor. */
  readonly key: string | undefined
  /** Its slot in the ledger while it is in flight, else -1. */
  slot = -1
  /** Its place in the order in which messages were posted. */
  turn = 0
  accepted = false
  /** The actor that tells it, as a list of one name; empty if no actor does. */
  sender: Chain = noChain
  /** The actors that wait for each other, if its answer depends on one of them. */
  circle: Chain = noChain
  /** Where it is counted while it is an accepted tell that waits here. */
  countedIn: Int32Array | undefined
  /** The instance that it was given to, of an actor that has several. */
  instance = 0
  /** The fiber that waits for its settlement and does nothing else. */
  fiber: Fiber.Fiber<unknown, unknown> | undefined
  /** The caller has left and is not told how the message ends. */
  cancelled = false
  /** If it is cut off while it runs, it is sent once more. */
  mayRunAgain = false
  /** How it was cut off when it ran for the first time. */
  crash: ActorError.Reason | undefined
  /** The list that it waits in, and its neighbors there. */
  list: WaitingList | undefined
  previous: Outgoing | undefined
  next: Outgoing | undefined

  constructor(
    kind: Outgoing["kind"],
    actor: number,
    tag: string,
    payload: Encoded,
    chain: Chain,
    span: SpanRef | null,
    envelope?: Envelope,
    key?: string
  ) {
    this.kind = kind
    this.actor = actor
    this.tag = tag
    this.payload = payload
    this.chain = chain
    this.span = span
    this.envelope = envelope
    this.key = key
  }

  /** The message has a place in the mailbox, or will get it without the sender's waiting; only the first call counts. */
  accept(): void {
    if (this.accepted) return
    this.accepted = true
    this.onAccepted()
  }

  /** Counts an accepted tell that waits here, by its actor, in memory that outlives this thread. */
  countIn(waiting: Int32Array | undefined): void {
    if (waiting === undefined || this.countedIn !== undefined || this.kind !== "tell") return
    this.countedIn = waiting
    Atomics.add(waiting, this.actor, 1)
  }

  /** The message no longer waits here. */
  uncount(): void {
    if (this.countedIn === undefined) return
    Atomics.sub(this.countedIn, this.actor, 1)
    this.countedIn = undefined
  }

  /** It was cut off while it ran. True if it is to be sent once more: what it has moved is gone. */
  runsAgain(crash: ActorError.Reason): boolean {
    if (!this.mayRunAgain || this.cancelled || this.payload.transfer.length > 0) return false
    this.mayRunAgain = false
    this.crash = crash
    this.slot = -1
    return true
  }

  /**
   * It is done on another thread, and its payload is needed no more. The memory of large copies is given back at once: V8 would
   * collect all garbage of a thread for some 60 MB of it.
   */
  freeCopies(): void {
    const { copies } = this.payload
    for (let at = 0; at < copies.length; at++) copies[at]?.transfer(0)
  }

  /** Whether a handler may have started it, if `withdrawn` of its last sending. */
  mayHaveRun(withdrawn: boolean): "no" | "maybe" {
    return withdrawn && this.crash === undefined ? "no" : "maybe"
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

/** Messages in order, linked through themselves, so that each enters and leaves without an entry of its own. */
export class WaitingList {
  private oldest: Outgoing | undefined
  private youngest: Outgoing | undefined
  private count = 0

  /** How many messages wait. */
  get size(): number {
    return this.count
  }

  /** The message that has waited longest. */
  get first(): Outgoing | undefined {
    return this.oldest
  }

  /** Adds a message at the end. */
  add(message: Outgoing): void {
    message.list = this
    message.previous = this.youngest
    if (this.youngest === undefined) this.oldest = message
    else this.youngest.next = message
    this.youngest = message
    this.count++
  }

  /** Adds a message before all others. */
  addFirst(message: Outgoing): void {
    message.list = this
    message.next = this.oldest
    if (this.oldest === undefined) this.youngest = message
    else this.oldest.previous = message
    this.oldest = message
    this.count++
  }

  /** Takes a message out, if it is in this list. */
  delete(message: Outgoing): void {
    if (message.list !== this) return
    const { next, previous } = message
    if (previous === undefined) this.oldest = next
    else previous.next = next
    if (next === undefined) this.youngest = previous
    else next.previous = previous
    message.list = message.previous = message.next = undefined
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
    for (let message = this.oldest; message !== undefined; message = message.next) all.push(message)
    return all
  }
}

/**
 * The messages of this thread to one actor of another thread that wait to be posted, in order.
 */
import * as keyMessages from "../wire/keyMessages.ts"
import type { Availability } from "./availability.ts"
import type { HeldKeys } from "./heldKeys.ts"
import type { InFlight } from "./inFlight.ts"
import { defaultMailbox, type MailboxOptions } from "./mailboxOptions.ts"
import { type Outgoing, WaitingList } from "./outgoing.ts"

/** What becomes of a message that can't be posted at once: it waits, pushes the oldest one out, or is rejected. */
export type Admission = "wait" | "push out" | "reject"

/**
 * Decides what becomes of a message that can't be posted at once.
 *
 * **Details**
 * - `queued`: how many messages wait already. `room`: how many of them are accepted, so that their senders go on: none while
 *   the actor takes messages, as many as its mailbox holds while it is away.
 * - A mailbox that overflows by `"suspend"` keeps any number of senders waiting.
 */
export const admit = (overflow: MailboxOptions["overflow"], queued: number, room: number): Admission => {
  if (queued < room || overflow === "suspend") return "wait"
  if (overflow === "fail") return "reject"
  return room > 0 ? "push out" : "wait"
}

/**
 * The queue in front of one actor.
 *
 * **Details**
 * - A message is posted if its thread is up, a slot is free, and the mailbox has room, which the actor's status block says.
 * - While messages wait, this sender is counted as a waiter there: the actor says `resume` when it has room again.
 * - While the other thread is one of several instances the queue is empty: messages wait in the group.
 */
export class Route {
  /** How the actor has announced its mailbox. */
  mailbox: MailboxOptions = defaultMailbox
  readonly queue = new WaitingList()
  private readonly thread: Availability
  private readonly actor: number
  /** Its messages wait here for one instance, even if the thread is one of several: the key says which. */
  readonly isKeyed: boolean
  /** What waits because enough messages for its key wait at the actor. */
  private readonly held: HeldKeys | undefined
  private pumping = false
  /** It is counted among the waiters on the other thread's status block. */
  private counted = false

  /** `holdKeys`: makes what holds the keys of an actor that is keyed. */
  constructor(thread: Availability, actor: number, holdKeys: ((queue: WaitingList) => HeldKeys) | undefined) {
    this.thread = thread
    this.actor = actor
    this.isKeyed = holdKeys !== undefined
    this.held = holdKeys?.(this.queue)
  }

  /** Messages wait here. */
  get isQueueing(): boolean {
    return this.queue.size > 0 || (this.held !== undefined && this.held.size > 0)
  }

  /** All messages that wait here. */
  waiting(): ReadonlyArray<Outgoing> {
    return this.held === undefined ? this.queue.toArray() : [...this.queue.toArray(), ...this.held.toArray()]
  }

  /** The asks that wait here. */
  asks(): ReadonlyArray<{ readonly message: Outgoing; readonly started: boolean }> {
    return this.waiting().filter(({ cancelled, kind }) => kind === "ask" && !cancelled)
      .map((message) => ({ message, started: false }))
  }

  /** Takes out all messages that wait here. */
  clear(): ReadonlyArray<Outgoing> {
    this.held?.releaseAll()
    return this.queue.clear()
  }

  /** Enough messages for a key wait at the actor: the others wait here. */
  hold(key: string): void {
    this.held?.hold(key)
  }

  /** More messages for a key may go to the actor. */
  release(key: string): void {
    this.held?.release(key)
    this.pump()
  }

  /** Keeps a message here if those for its key wait here. */
  holdBack(message: Outgoing): boolean {
    const { key } = message
    if (this.held === undefined || key === undefined) return false
    // What stops a key goes there at once, behind all that was sent before it.
    if (keyMessages.isStop(message)) this.held.release(key)
    return this.held.take(message, key)
  }

  /** Posts a message if nothing is in its way; else nothing happens. */
  trySend(message: Outgoing): boolean {
    return this.queue.size === 0 && this.held?.isHeld(message.key) !== true && this.post(message)
  }

  /** How many messages are accepted while they wait here: as many as the mailbox would hold, while its thread is away. */
  get room(): number {
    return this.thread.up === undefined ? this.mailbox.capacity : 0
  }

  /** Posts what waits, as far as there is room for it. */
  pump(): void {
    const { inFlight } = this.thread
    if (inFlight === undefined || this.pumping) return
    // A sender that is accepted goes on at once and may send again: behind the messages that wait already.
    this.pumping = true
    for (let next = this.queue.first; next !== undefined; next = this.queue.first) {
      if (!this.post(next)) break
    }
    this.pumping = false
    if (this.thread.inFlight !== inFlight) return
    const waits = this.queue.size > 0
    // Room may have come up before the receiver could see that a message waits.
    if (this.announce(inFlight, waits) && waits) this.pump()
  }

  /** Says on the other thread's status block whether messages wait for its actor. True if that is news there. */
  waitForPlace(waits: boolean): boolean {
    const { inFlight } = this.thread
    return inFlight !== undefined && this.announce(inFlight, waits)
  }

  /** The other thread is dead: `messages` wait again, before all others. Its successor has not heard of any. */
  putBack(messages: ReadonlyArray<Outgoing>): void {
    this.counted = false
    this.held?.releaseAll()
    this.putFirst(messages)
  }

  /** `messages` wait again, before all others. */
  putFirst(messages: ReadonlyArray<Outgoing>): void {
    for (const message of messages.toReversed()) this.queue.addFirst(message)
  }

  private post(message: Outgoing): boolean {
    const inFlight = this.thread.up
    if (inFlight === undefined || !inFlight.post(message, this.placesOn(inFlight))) return false
    this.queue.delete(message)
    message.accept()
    return true
  }

  /** How many messages the actor may have at a time. */
  private placesOn({ block }: InFlight): number {
    if (this.thread.isInstance && !this.isKeyed) return block.places(this.actor)
    return this.mailbox.overflow === "drop-oldest" ? Infinity : this.mailbox.capacity
  }

  private announce({ block }: InFlight, waits: boolean): boolean {
    if (waits === this.counted) return false
    this.counted = waits
    block.addWaiters(this.actor, waits ? 1 : -1)
    return true
  }
}

/**
 * The keys of an actor whose messages wait at this sender, because enough of them wait in the lanes of these keys: so a key that is
 * busy does not fill the mailbox, in which the messages of all keys have their places.
 *
 * ```text
 *   hold "lobby" ---> its messages, and those that are sent to it, wait here ---> release "lobby" ---> they go to the queue's end
 * ```
 *
 * All messages of a key are here, but for those that go ahead of a stop, or none: so they keep their order.
 */
import * as keyMessages from "../wire/keyMessages.ts"
import { type Outgoing, WaitingList } from "./outgoing.ts"

/** The held keys of one actor. */
export class HeldKeys {
  private readonly lists = new Map<string, WaitingList>()
  /** The messages for all keys that wait for a place. */
  private readonly queue: WaitingList

  constructor(queue: WaitingList) {
    this.queue = queue
  }

  /** How many keys are held. */
  get size(): number {
    return this.lists.size
  }

  /** Whether messages for a key wait here. */
  isHeld(key: string | undefined): boolean {
    return this.lists.size > 0 && key !== undefined && this.lists.has(key)
  }

  /** Messages for a key wait here from now on. */
  hold(key: string): void {
    if (this.lists.has(key)) return
    const list = new WaitingList()
    this.lists.set(key, list)
    const waiting = this.queue.toArray().filter((message) => message.key === key)
    // What stops the key goes there, and so does all that was sent before it.
    const stop = waiting.findLastIndex(keyMessages.isStop)
    for (const message of waiting.slice(stop + 1)) this.move(message, list)
  }

  /** Messages for a key no longer wait here. */
  release(key: string): void {
    const list = this.lists.get(key)
    if (list === undefined) return
    this.lists.delete(key)
    for (const message of list.toArray()) this.move(message, this.queue)
  }

  /** No message waits here any longer. */
  releaseAll(): void {
    for (const key of Array.from(this.lists.keys())) this.release(key)
  }

  /** Takes in a message that is sent, if those for its key wait here. */
  take(message: Outgoing, key: string): boolean {
    const list = this.lists.get(key)
    list?.add(message)
    return list !== undefined
  }

  /** The messages that wait here. */
  toArray(): ReadonlyArray<Outgoing> {
    return Array.from(this.lists.values()).flatMap((list) => list.toArray())
  }

  private move(message: Outgoing, to: WaitingList): void {
    message.list?.delete(message)
    to.add(message)
  }
}

/**
 * The mailbox of a keyed actor: a lane for each key. The messages of a key are started one at a time, or as many as the actor
 * allows; those of other keys don't wait for them.
 *
 * ```text
 *   offer ---> lane of its key --- the key is open, and a place of it free ---> running --- release ---> gone
 *                 |     |
 *                 |     +--- the key is not open: it is opened first
 *                 +--- rejected, or withdrawn by its sender
 * ```
 *
 * It belongs to the thread rather than to an incarnation of the actor: while that is built again, nothing starts, and what waits
 * is kept.
 */
import * as ActorError from "../ActorError.ts"
import type { Delivery } from "../link/delivery.ts"
import { defaultMailbox, type MailboxOptions } from "../link/mailboxOptions.ts"
import * as keyMessages from "../wire/keyMessages.ts"
import { LaneHolds } from "./laneHolds.ts"
import { admit, type LaneOptions } from "./laneLimits.ts"
import { Lanes } from "./lanes.ts"
import { type KeyHolder, type KeyLane, LaneStarter } from "./laneStarter.ts"
import type { Crowd } from "./mailbox.ts"
import type { Retirement } from "./retirement.ts"

/** What opens keys: an incarnation of the actor. */
export interface Opener<Holder extends KeyHolder> {
  /** Messages wait for a key that is not open. */
  want(lane: KeyLane<Holder>): void
  /** A key is to be stopped, and its messages before that have to end first. */
  stopAsked(lane: KeyLane<Holder>, stop: Delivery): void
  /** The keys that are awake. */
  awake(): ReadonlyArray<string>
  /** All keys of which anything is known. */
  list(): ReadonlyArray<keyMessages.KeyView>
}

const isAlone = (delivery: Delivery): boolean => delivery.message.tag === keyMessages.stop

/** The mailbox of a keyed actor. It starts paused, then is resumed and paused with each incarnation, and is closed at the end. */
export class KeyedMailbox<Holder extends KeyHolder> {
  readonly isKeyed = true
  private readonly holds = new LaneHolds<Holder>()
  private readonly lanes = new Lanes<Delivery, Holder>(
    isAlone,
    (lane) => this.holds.onShorter(lane, this.own.perKey)
  )
  private readonly starter: LaneStarter<Holder>
  private readonly onWaiting: () => void
  // Until the actor is built and says otherwise.
  private own: LaneOptions = { ...defaultMailbox, concurrency: 1, perKey: defaultMailbox.capacity }
  private isClosed = false
  private opener: Opener<Holder> | undefined

  /**
   * `sliceMillis`: how long the actor may start messages in one tick. `onWaiting` is called for each message that has to wait.
   * `retirement` says which messages may start, on a thread that is to be replaced some day.
   */
  constructor(sliceMillis?: number, onWaiting = (): void => {}, retirement?: Retirement) {
    this.onWaiting = onWaiting
    this.starter = new LaneStarter(this.lanes, retirement, sliceMillis)
  }

  /** The present options. */
  get options(): LaneOptions {
    return this.own
  }

  /** The options that senders have to know. */
  announced(): MailboxOptions {
    return { capacity: this.own.capacity, overflow: this.own.overflow }
  }

  /** Takes the options of a new incarnation. */
  configure(next: LaneOptions): void {
    this.own = next
  }

  /** Takes in a message that has arrived. */
  offer(delivery: Delivery): void {
    if (this.isClosed) return delivery.reject(new ActorError.Stopping())
    const { message } = delivery
    const key = delivery.request[8]
    if (key === undefined) return this.offerForAll(delivery)
    const lane = this.lanes.get(key)
    if (message.tag === keyMessages.wake && this.isAwake(lane)) return this.starter.startBeside(lane, delivery)
    if (!this.starter.tryStart(lane, delivery)) this.wait(lane, delivery)
  }

  /** A message was withdrawn while it waited. */
  remove(delivery: Delivery): void {
    const lane = this.find(delivery.request[8] ?? "")
    if (lane === undefined) return
    this.lanes.sift(lane, (other) => other !== delivery)
    this.lanes.drop(lane)
    this.starter.drain()
  }

  /** The lane of a key, which is made if it has none. */
  laneOf(key: string): KeyLane<Holder> {
    return this.lanes.get(key)
  }

  /** A message of a key gives back its place, because its handler has ended or goes on without one: the next may start. */
  release(lane: KeyLane<Holder>): void {
    this.starter.release(lane)
  }

  /** Messages of a key may start. */
  open(lane: KeyLane<Holder>): void {
    this.lanes.open(lane, this.own.concurrency)
    this.starter.drain()
  }

  /** No more messages of a key start. The caller ends what runs, and releases nothing of it any more. */
  shut(lane: KeyLane<Holder>): void {
    this.starter.shut(lane)
  }

  /** Takes out the message of a key that has waited longest. */
  shift(lane: KeyLane<Holder>): Delivery | undefined {
    const delivery = this.lanes.shift(lane)
    this.starter.tellIdle()
    return delivery
  }

  /** Rejects the messages of a key that wait, up to the first that `isEnd`. */
  rejectUntil(lane: KeyLane<Holder>, reason: ActorError.Reason, isEnd: (delivery: Delivery) => boolean): void {
    for (let next = lane.waiting?.peek(); next !== undefined && !isEnd(next); next = lane.waiting?.peek()) {
      this.lanes.shift(lane)
      next.reject(reason)
    }
    this.starter.tellIdle()
  }

  /** Nothing holds a key any more: its lane is forgotten, or what waits in it has the key opened again. */
  leave(lane: KeyLane<Holder>): void {
    lane.holder = undefined
    if (lane.size > 0) this.opener?.want(lane)
    else this.lanes.drop(lane)
  }

  /** Has keys opened by an incarnation of the actor, and their messages handled. */
  resume(opener: Opener<Holder>): void {
    this.opener = opener
    this.starter.isOpen = true
    this.reprieve()
  }

  /** Keeps what waits. The caller ends what runs, and releases nothing of it any more. */
  pause(): void {
    this.opener = undefined
    this.starter.pause()
  }

  /** Its thread retires: what has not started is left to its successor. */
  retire(): void {}

  /** Starts what waits, after its thread was to retire and does not. */
  reprieve(): void {
    for (const lane of Array.from(this.lanes.waiting)) if (lane.places === 0) this.opener?.want(lane)
    this.starter.drain()
  }

  /** Takes nothing new; calls `idle` once all that was accepted is done. */
  close(idle: () => void): void {
    this.isClosed = true
    this.starter.whenIdle(idle)
  }

  /** Starts nothing more, and keeps what waits for the next incarnation; calls `idle` once what runs is done. */
  halt(idle: () => void): void {
    this.starter.isOpen = false
    this.starter.whenIdle(idle)
  }

  /** Rejects everything that waits. */
  rejectWaiting(reason: ActorError.Reason): void {
    this.rejectAll(reason, () => true)
  }

  /** Rejects what this thread's own actors have sent, which end with it. */
  rejectLocal(reason: ActorError.Reason): void {
    this.rejectAll(reason, (delivery) => delivery.isLocal())
  }

  /** How many messages it takes at a time. */
  places(): number {
    return this.own.capacity
  }

  /** With how many messages left it lets its senders go on. */
  lowWater(): number {
    return Math.floor(this.own.capacity / 2)
  }

  /** How many messages wait. */
  size(): number {
    return this.lanes.size
  }

  /** How many messages hold a place. */
  running(): number {
    return this.starter.running
  }

  /** The lane of a key, if it has one. */
  find(key: string): KeyLane<Holder> | undefined {
    return this.lanes.find(key)
  }

  /** How many places a key has if all of them are taken, else 0; and how many of its messages wait. */
  crowd(key = ""): Crowd {
    const lane = this.lanes.find(key)
    if (lane === undefined) return { taken: 0, waiting: 0 }
    return { taken: lane.running >= lane.places ? lane.running : 0, waiting: lane.size }
  }

  /** The lanes in which messages wait. */
  crowded(): Iterable<KeyLane<Holder>> {
    return this.lanes.waiting
  }

  /** Takes in what is asked of all keys. */
  private offerForAll(delivery: Delivery): void {
    const { message: { tag } } = delivery
    if (tag !== keyMessages.awake && tag !== keyMessages.list) return delivery.reject(noKey)
    const value = tag === keyMessages.awake ? this.opener?.awake() : this.opener?.list()
    if (delivery.begin()) delivery.end({ _tag: "Success", value: value ?? [] })
  }

  /** The messages of a key are handled, and none of them stops it. */
  private isAwake({ places, waiting }: KeyLane<Holder>): boolean {
    return this.starter.isOpen && places > 0 && waiting?.some(isAlone) !== true
  }

  /** Takes in a message that has to wait. */
  private wait(lane: KeyLane<Holder>, delivery: Delivery): void {
    if (!this.admits(lane, delivery)) return
    this.lanes.push(lane, delivery)
    this.onWaiting()
    if (!this.starter.isOpen || !this.starter.mayStart(delivery)) return
    if (lane.places === 0) this.opener?.want(lane)
    else if (this.starter.isRetiring) this.starter.drain()
    if (isAlone(delivery) && delivery.isWaiting()) this.opener?.stopAsked(lane, delivery)
  }

  /** Whether a message may wait: there is room for it, or its sender is held back. */
  private admits(lane: KeyLane<Holder>, delivery: Delivery): boolean {
    const { overflow, perKey } = this.own
    if (isAlone(delivery)) this.holds.onStop(lane, delivery)
    if (overflow === "suspend" && lane.size >= perKey) this.holds.add(lane, delivery)
    return keyMessages.isKeyMessage(delivery.message) || admit(this.lanes, lane, delivery, this.own)
  }

  private rejectAll(reason: ActorError.Reason, isMeant: (delivery: Delivery) => boolean): void {
    for (const lane of Array.from(this.lanes.waiting)) {
      for (const delivery of this.lanes.sift(lane, (delivery) => !isMeant(delivery))) delivery.reject(reason)
      this.lanes.drop(lane)
    }
    this.starter.tellIdle()
  }
}

const noKey = new ActorError.NotSendable({
  handled: "no",
  detail: "the message has no key: its sender runs another version."
})

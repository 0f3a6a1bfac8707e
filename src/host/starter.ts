/**
 * Starts the messages of a mailbox: as many at a time as the actor allows, and for no longer than its time slice.
 *
 * ```text
 *   paused <--- pause, halt --- resume ---> open --- all places taken, or the slice is used up ---> full
 *                                            ^                                                       |
 *                                            +-------- a message is done, the event loop turns ------+
 * ```
 */
import type { Delivery } from "../link/delivery.ts"
import type { Queue } from "../loop/queue.ts"
import * as tick from "../loop/tick.ts"
import type { Ahead } from "./ahead.ts"
import type { Retirement } from "./retirement.ts"
import { TimeSlice } from "./timeSlice.ts"

/** Handles a message, which gets back its place by `release`, once. */
export type Handle = (delivery: Delivery) => void

/** Starts messages, and counts those that are being handled. */
export class Starter {
  /** How many messages may be handled at a time. */
  concurrency = 1
  /** How many messages hold a place. */
  running = 0
  /** The loop that starts messages runs: places that become free now are its to fill. */
  isStarting = false

  private readonly waiting: Queue<Delivery>
  private readonly ahead: Ahead | undefined
  private readonly slice: TimeSlice
  private readonly retirement: Retirement | undefined
  private handle: Handle | undefined
  private onIdle: (() => void) | undefined

  /**
   * Starts messages of `waiting`, and measures for `ahead` how long they take. `sliceMillis`: default 5. `retirement` says which
   * messages may start, on a thread that is to be replaced some day.
   */
  constructor(
    waiting: Queue<Delivery>,
    ahead: Ahead | undefined,
    sliceMillis: number | undefined,
    retirement: Retirement | undefined
  ) {
    this.waiting = waiting
    this.ahead = ahead
    this.retirement = retirement
    this.slice = new TimeSlice(() => tick.inTurn(() => this.drain(), undefined), sliceMillis)
  }

  /** A message would start at once. */
  get isFree(): boolean {
    return this.handle !== undefined && this.running < this.concurrency && !this.slice.isUsedUp
  }

  /** The thread starts no further message, but for those that are part of what it handles. */
  get isRetiring(): boolean {
    return this.retirement !== undefined && !this.retirement.startsAll
  }

  /** The thread does not retire after all. */
  reprieve(): void {
    this.ahead?.open()
    this.drain()
  }

  /** Whether the thread starts a message before it is replaced. */
  mayStart(delivery: Delivery): boolean {
    return this.retirement?.starts(delivery) ?? true
  }

  /** All places are taken: a message that arrives now has to wait. */
  get isFull(): boolean {
    return this.handle !== undefined && this.running >= this.concurrency
  }

  /** Starts what waits, from now on. */
  resume(handle: Handle): void {
    this.handle = handle
    this.drain()
  }

  /** Starts nothing more, and forgets what runs: the caller ends that, and releases nothing of it. */
  pause(): void {
    this.handle = undefined
    this.running = 0
    this.onIdle?.()
    this.retirement?.look()
  }

  /** A message gives back its place. */
  release(): void {
    this.running--
    this.ahead?.end(this.running)
    this.drain()
    this.retirement?.look()
  }

  /** Starts nothing more; calls `idle` once what runs is done. */
  halt(idle: () => void): void {
    this.handle = undefined
    if (this.running === 0) idle()
    else this.onIdle = idle
  }

  /** Calls `idle` once nothing runs and nothing waits, or can start. */
  whenIdle(idle: () => void): void {
    this.onIdle = idle
    this.drain()
  }

  /**
   * Starts `first`, which has not waited, then what waits, as far as there are places. A handler that ends, or ends others, gives
   * back places while the loop runs: the loop goes on with them. If each of them started the next message itself, a chain of
   * handlers that end each other would overflow the stack.
   */
  drain(first?: Delivery): void {
    if (this.isStarting) return
    this.isStarting = true
    for (let delivery = first ?? this.next(); delivery !== undefined; delivery = this.next()) this.start(delivery)
    this.isStarting = false
    if (this.onIdle === undefined || this.running > 0) return
    if (this.waiting.size === 0 || this.handle === undefined || this.isRetiring) this.onIdle()
  }

  private next(): Delivery | undefined {
    if (!this.isFree) return undefined
    return this.isRetiring ? this.nextPart() : this.waiting.shift()
  }

  /** The next message that starts although the thread retires. */
  private nextPart(): Delivery | undefined {
    let found: Delivery | undefined
    this.waiting.keep((delivery) => {
      if (found !== undefined || !this.mayStart(delivery)) return true
      found = delivery
      return false
    })
    return found
  }

  private start(delivery: Delivery): void {
    if (delivery.begin()) {
      if (this.running++ === 0) this.ahead?.begin()
      this.retirement?.spend(delivery)
      this.handle?.(delivery)
    }
    this.slice.spend()
  }
}

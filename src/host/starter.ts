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
  private handle: Handle | undefined
  private onIdle: (() => void) | undefined

  /** Starts messages of `waiting`, and measures for `ahead` how long they take. `sliceMillis`: default 5. */
  constructor(waiting: Queue<Delivery>, ahead: Ahead | undefined, sliceMillis: number | undefined) {
    this.waiting = waiting
    this.ahead = ahead
    this.slice = new TimeSlice(() => tick.inTurn(() => this.drain(), undefined), sliceMillis)
  }

  /** A message would start at once. */
  get isFree(): boolean {
    return this.handle !== undefined && this.running < this.concurrency && !this.slice.isUsedUp
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
  }

  /** A message gives back its place. */
  release(): void {
    this.running--
    this.ahead?.end(this.running)
    this.drain()
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
    if (this.waiting.size === 0 || this.handle === undefined) this.onIdle()
  }

  private next(): Delivery | undefined {
    return this.isFree ? this.waiting.shift() : undefined
  }

  private start(delivery: Delivery): void {
    if (delivery.begin()) {
      if (this.running++ === 0) this.ahead?.begin()
      this.handle?.(delivery)
    }
    this.slice.spend()
  }
}

/**
 * Starts the messages of a mailbox with lanes: those of each key in order, the keys in turn, and for no longer than a time slice.
 *
 * ```text
 *   paused <--- pause, halt --- resume ---> open --- nothing may start, or the slice is used up ---> at rest
 *                                            ^                                                        |
 *                                            +--- a message comes or is done, a key opens, a turn ----+
 * ```
 */
import type { Delivery } from "../link/delivery.ts"
import * as tick from "../loop/tick.ts"
import type { Lane, Lanes } from "./lanes.ts"
import type { Retirement } from "./retirement.ts"
import { TimeSlice } from "./timeSlice.ts"

/** What handles the messages of one key. */
export interface KeyHolder {
  /** Handles a message, whose place is given back by `release`. */
  handle(delivery: Delivery): void
}

/** The messages of one key, and what handles them. */
export type KeyLane<Holder extends KeyHolder = KeyHolder> = Lane<Delivery, Holder>

/** Starts messages, and counts those that are being handled. */
export class LaneStarter<Holder extends KeyHolder> {
  /** How many messages hold a place. */
  running = 0
  /** An incarnation handles messages. */
  isOpen = false
  private readonly lanes: Lanes<Delivery, Holder>
  private readonly retirement: Retirement | undefined
  private readonly slice: TimeSlice
  private isStarting = false
  private onIdle: (() => void) | undefined

  /** `retirement` says which messages may start, on a thread that is to be replaced some day. `sliceMillis`: default 5. */
  constructor(lanes: Lanes<Delivery, Holder>, retirement: Retirement | undefined, sliceMillis: number | undefined) {
    this.lanes = lanes
    this.retirement = retirement
    this.slice = new TimeSlice(() => tick.inTurn(() => this.drain(), undefined), sliceMillis)
  }

  /** Starts a message that has not waited; false if it has to wait. */
  tryStart(lane: KeyLane<Holder>, delivery: Delivery): boolean {
    if (this.isStarting || !this.lanes.isFree(lane) || !this.isFree || !this.mayStart(delivery)) return false
    this.isStarting = true
    this.start(lane, delivery)
    this.isStarting = false
    this.drain()
    return true
  }

  /** Starts a message that need not wait for the others of its key. */
  startBeside(lane: KeyLane<Holder>, delivery: Delivery): void {
    const { isStarting } = this
    this.isStarting = true
    this.start(lane, delivery)
    this.isStarting = isStarting
  }

  /** Whether a message may start although the thread retires, because another one waits for it. */
  mayStart(delivery: Delivery): boolean {
    return this.retirement?.starts(delivery) ?? true
  }

  /** The thread retires: only what is part of handling other messages starts. */
  get isRetiring(): boolean {
    return this.retirement !== undefined && !this.retirement.startsAll
  }

  /** Starts what waits, as far as there are places; each key has its turn. */
  drain(): void {
    if (this.isStarting) return
    this.isStarting = true
    for (let lane = this.next(); lane !== undefined; lane = this.next()) {
      const delivery = this.lanes.shift(lane)
      if (delivery !== undefined) this.start(lane, delivery)
    }
    if (this.isRetiring) this.drainParts()
    this.isStarting = false
    this.tellIdle()
  }

  /** A message gives back its place. */
  release(lane: KeyLane<Holder>): void {
    this.running--
    this.retirement?.look()
    this.lanes.release(lane)
    this.drain()
  }

  /** Starts no more of a key. The caller ends what runs, and releases nothing of it. */
  shut(lane: KeyLane<Holder>): void {
    this.lanes.open(lane, 0)
    this.running -= lane.running
    lane.running = 0
    this.retirement?.look()
    this.tellIdle()
  }

  /** Starts nothing more, and forgets what runs: the caller ends that, and releases nothing of it. */
  pause(): void {
    this.isOpen = false
    this.running = 0
    for (const lane of this.lanes.all()) {
      lane.running = 0
      this.lanes.open(lane, 0)
    }
    this.retirement?.look()
    this.onIdle?.()
  }

  /** Calls `idle` once nothing runs and nothing waits, or can start. */
  whenIdle(idle: () => void): void {
    this.onIdle = idle
    this.drain()
  }

  /** Messages may have left their lanes: what waits for that may go on. */
  tellIdle(): void {
    if (this.onIdle !== undefined && this.running === 0 && (this.lanes.size === 0 || !this.isOpen)) this.onIdle()
  }

  private get isFree(): boolean {
    return this.isOpen && !this.slice.isUsedUp
  }

  private next(): KeyLane<Holder> | undefined {
    return this.isFree && !this.isRetiring ? this.lanes.next() : undefined
  }

  private start(lane: KeyLane<Holder>, delivery: Delivery): void {
    const { holder } = lane
    if (holder !== undefined && delivery.begin()) {
      this.running++
      lane.running++
      this.retirement?.spend(delivery)
      holder.handle(delivery)
    }
    this.slice.spend()
    this.lanes.list(lane)
  }

  /** Starts what is part of handling other messages, ahead of what is not. */
  private drainParts(): void {
    for (const lane of Array.from(this.lanes.waiting)) {
      while (this.isFree && this.isRetiring && lane.running < lane.places) {
        const [part] = this.lanes.sift(lane, (delivery) => !this.mayStart(delivery), 1)
        if (part === undefined) break
        this.start(lane, part)
      }
    }
  }
}

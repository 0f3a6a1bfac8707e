/**
 * The messages of one actor that wait for their turn, and how many of them have it.
 *
 * It belongs to the thread rather than to an incarnation of the actor: while the actor is built anew it is paused and
 * keeps what waits.
 */
import { performance } from "node:perf_hooks"
import * as ActorError from "../ActorError.ts"
import type { Delivery } from "../link/delivery.ts"
import { defaultMailbox, type MailboxOptions } from "../link/mailboxOptions.ts"
import { Queue } from "../loop/queue.ts"
import * as turns from "../loop/tick.ts"

/**
 * So long an actor may begin messages in one turn of its thread. Then others have theirs, and what has been answered is
 * posted; else a full mailbox of slow handlers would hold up timers, other actors and its own first answers.
 */
const defaultSliceMillis = 5

export type Mailbox = ReturnType<typeof make>

export interface Options extends MailboxOptions {
  readonly concurrency: number
}

export const make = (sliceMillis = defaultSliceMillis, onWaiting = (): void => {}) => {
  // Until the actor is built and says otherwise.
  let options: Options = { ...defaultMailbox, concurrency: 1 }
  const waiting = new Queue<Delivery>()
  let running = 0
  let closed = false
  let draining = false
  let run: ((delivery: Delivery) => void) | undefined
  let onIdle: (() => void) | undefined

  // The slice of time: in which turn, since when, how many messages it has begun, and at how many the clock is looked at.
  let turn = -1
  let sinceMillis = 0
  let begun = 0
  let lookAt = 0
  /** The slice is over. */
  let resting = false

  const isFree = (): boolean => run !== undefined && running < options.concurrency && !resting

  const start = (delivery: Delivery): void => {
    draining = true
    if (delivery.begin()) {
      running++
      run?.(delivery)
    }
    draining = false
    spend()
  }

  /**
   * To look at the clock for each message would cost too much, and a message that comes alone needs none. Turns that nobody
   * counts look like one; then it rests once too often, which costs one turn of the loop.
   */
  const spend = (): void => {
    if (turn !== turns.current()) {
      turn = turns.current()
      begun = 0
      lookAt = 2
    }
    if (++begun < lookAt) return
    const now = performance.now()
    if (lookAt === 2) sinceMillis = now
    lookAt += Math.min(lookAt, 16)
    if (now - sinceMillis < sliceMillis) return
    resting = true
    setImmediate(wake)
  }

  const wake = (): void => {
    resting = false
    turns.inTurn(drain, undefined)
  }

  // A handler may end at once and make room while the loop is still running: the loop then just goes on.
  const drain = (): void => {
    if (draining) return
    while (isFree()) {
      const next = waiting.shift()
      if (next === undefined) break
      start(next)
    }
    if (onIdle !== undefined && running === 0 && (waiting.size === 0 || run === undefined)) onIdle()
  }

  const rejectWaiting = (reason: ActorError.Reason): void => {
    for (const delivery of waiting.clear()) delivery.reject(reason)
  }

  return {
    options: (): Options => options,
    /** What senders have to know. */
    announced: (): MailboxOptions => ({ capacity: options.capacity, overflow: options.overflow }),
    configure(next: Options): void {
      options = next
    },
    offer(delivery: Delivery): void {
      if (closed) return delivery.reject(new ActorError.Stopping())
      if (options.overflow === "drop-oldest" && waiting.size >= options.capacity) {
        waiting.shift()?.reject(new ActorError.MailboxFull({ capacity: options.capacity }))
      }
      if (draining || waiting.size > 0 || !isFree()) {
        waiting.push(delivery)
        onWaiting()
      } else start(delivery)
      drain()
    },
    /** A message was withdrawn while it waited. */
    remove(delivery: Delivery): void {
      waiting.keep((other) => other !== delivery)
      drain()
    },
    /** A handler ended, or has returned its stream: the next message may start. */
    release(): void {
      running--
      drain()
    },
    /** InFlight messages to `handler`, in order, as many at a time as the actor allows. */
    resume(handler: (delivery: Delivery) => void): void {
      run = handler
      drain()
    },
    /** Keeps what waits; what runs was ended by the caller. */
    pause(): void {
      run = undefined
      running = 0
      onIdle?.()
    },
    /** Takes nothing new; calls `idle` once all that was accepted is done. */
    close(idle: () => void): void {
      closed = true
      onIdle = idle
      drain()
    },
    /** Starts nothing more, and keeps what waits for the next incarnation; calls `idle` once what runs is done. */
    halt(idle: () => void): void {
      run = undefined
      if (running === 0) idle()
      else onIdle = idle
    },
    rejectWaiting,
    /** Rejects what waits and was sent by this thread's own actors, who end with it. */
    rejectLocal(reason: ActorError.Reason): void {
      const local: Array<Delivery> = []
      waiting.keep((delivery) => !delivery.isLocal() || local.push(delivery) === 0)
      for (const delivery of local) delivery.reject(reason)
    },
    size: (): number => waiting.size,
    running: (): number => running,
    /** What comes now has to wait for what runs. */
    isFull: (): boolean => run !== undefined && running >= options.concurrency
  }
}

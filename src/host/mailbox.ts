/**
 * The messages of one actor that wait, and how many of them are being handled.
 *
 * ```text
 *   offer ---> waiting --- a place is free ---> running --- release ---> gone
 *                 |
 *                 +--- rejected, or withdrawn by its sender
 * ```
 *
 * It belongs to the thread rather than to an incarnation of the actor: while the actor is restarted, its mailbox is paused and
 * keeps what waits.
 */
import * as ActorError from "../ActorError.ts"
import type { Delivery } from "../link/delivery.ts"
import { defaultMailbox, type MailboxOptions } from "../link/mailboxOptions.ts"
import { Queue } from "../loop/queue.ts"
import { Ahead } from "./ahead.ts"
import type { Retirement } from "./retirement.ts"
import { type Handle, Starter } from "./starter.ts"

/** The mailbox of one actor. */
export type Mailbox = ReturnType<typeof make>

/** The places of an actor or of a key, if all of them are taken, and what waits for them. */
export interface Crowd {
  readonly taken: number
  readonly waiting: number
}

/** The options of an actor that its mailbox goes by. */
export interface Options extends MailboxOptions {
  readonly concurrency: number
}

/**
 * Makes the mailbox of an actor. It starts paused, then is resumed and paused with each incarnation, and is closed at the end.
 *
 * **Details**
 * - `sliceMillis`: how long the actor may start messages in one tick.
 * - `onWaiting` is called for each message that has to wait.
 * - `setPlaces`, of an instance only, announces how many messages it takes at a time.
 * - `retirement` says which messages may start, on a thread that is to be replaced some day.
 */
export const make = (
  sliceMillis?: number,
  onWaiting = (): void => {},
  setPlaces?: (places: number) => void,
  retirement?: Retirement
) => {
  const ahead = setPlaces && new Ahead(setPlaces)
  // Until the actor is built and says otherwise.
  let options: Options = { ...defaultMailbox, concurrency: 1 }
  const waiting = new Queue<Delivery>()
  const starter = new Starter(waiting, ahead, sliceMillis, retirement)
  let closed = false
  const rejectWaiting = (reason: ActorError.Reason): void => {
    for (const delivery of waiting.clear()) delivery.reject(reason)
  }

  return {
    isKeyed: false as const,
    options: (): Options => options,
    /** The options that senders have to know. */
    announced: (): MailboxOptions => ({ capacity: options.capacity, overflow: options.overflow }),
    /** Takes the options of a new incarnation. */
    configure(next: Options): void {
      options = next
      starter.concurrency = next.concurrency
      ahead?.configure(next.concurrency)
    },
    /** Takes in a message that has arrived. */
    offer(delivery: Delivery): void {
      if (closed) return delivery.reject(new ActorError.Stopping())
      if (options.overflow === "drop-oldest" && waiting.size >= options.capacity) {
        waiting.shift()?.reject(new ActorError.MailboxFull({ capacity: options.capacity }))
      }
      const mayStart = starter.mayStart(delivery)
      if (!starter.isStarting && waiting.size === 0 && starter.isFree && mayStart) return starter.drain(delivery)
      waiting.push(delivery)
      if (mayStart && starter.isRetiring) starter.drain()
      onWaiting()
    },
    /** A message was withdrawn while it waited. */
    remove(delivery: Delivery): void {
      waiting.keep((other) => other !== delivery)
    },
    /** A message gives back its place, because its handler has ended or goes on without one: the next may start. */
    release: (): void => starter.release(),
    /** Passes messages to `handle`, in order, as many at a time as the actor allows. Each of them calls `release` once. */
    resume: (handle: Handle): void => starter.resume(handle),
    /** Keeps what waits. The caller ends what runs, and releases nothing of it any more. */
    pause: (): void => starter.pause(),
    /** Its thread retires: senders give an instance no more messages. */
    retire: (): void => ahead?.close(),
    /** Its thread does not retire after all. */
    reprieve: (): void => starter.reprieve(),
    /** Takes nothing new; calls `idle` once all that was accepted is done. */
    close(idle: () => void): void {
      closed = true
      starter.whenIdle(idle)
    },
    /** Starts nothing more, and keeps what waits for the next incarnation; calls `idle` once what runs is done. */
    halt: (idle: () => void): void => starter.halt(idle),
    /** Rejects everything that waits. */
    rejectWaiting,
    /** Rejects what this thread's own actors have sent, which end with it. */
    rejectLocal(reason: ActorError.Reason): void {
      const local: Array<Delivery> = []
      waiting.keep((delivery) => !delivery.isLocal() || local.push(delivery) === 0)
      for (const delivery of local) delivery.reject(reason)
    },
    /** How many messages it takes at a time, those included that are being handled at an instance. */
    places: (): number => ahead?.places ?? options.capacity,
    /** With how many messages left it lets its senders go on. */
    lowWater: (): number => ahead?.lowWater ?? Math.floor(options.capacity / 2),
    /** How many messages wait. */
    size: (): number => waiting.size,
    /** How many messages hold a place. */
    running: (): number => starter.running,
    /** How many places there are if all of them are taken, else 0; and how many messages wait. */
    crowd: (): Crowd => ({ taken: starter.isFull ? starter.running : 0, waiting: waiting.size })
  }
}

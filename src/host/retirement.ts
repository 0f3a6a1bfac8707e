/**
 * How a thread that is to be replaced by a fresh one ends its work: it starts no further message, and says when none runs any more.
 *
 * ```text
 *   open --- it has handled as many messages as it may --------> closed --- asked to retire, and no message runs ---> retired
 *    |  ^                                                          ^
 *    |  +--- reprieve: it stops for good, with what it accepted    |
 *    +---- asked to retire ----------------------------------------+
 * ```
 *
 * Messages that are part of handling others are started all the same: what runs waits for them.
 */
import { performance } from "node:perf_hooks"
import type { Delivery } from "../link/delivery.ts"

/** A mailbox of the thread. */
export interface Retiring {
  /** How many messages hold a place. */
  running(): number
  /** It starts no further message, and senders are to send it none. */
  retire(): void
  /** It starts messages again. */
  reprieve(): void
}

/** What a retirement is made with. */
export interface Options {
  /** How many messages the thread may handle; undefined for any number. */
  readonly after: number | undefined
  /** The actors of the thread. */
  readonly actors: ReadonlyArray<string>
  /** Other threads host actors of the same names. */
  readonly isInstance: boolean
  /** The limit will be reached soon. */
  readonly onWearing: () => void
  /** The limit is reached. */
  readonly onWorn: (handled: number) => void
  /** It was asked to retire, and no message runs any more. */
  readonly onRetired: () => void
}

/** A successor should be loading when the limit is about so far away. */
const soonMillis = 2000

export class Retirement {
  private readonly options: Options
  private readonly actors: ReadonlySet<string>
  private mailboxes: ReadonlyArray<Retiring> = []
  private left: number
  private isOpen = true
  private progress: "none" | "asked" | "done" = "none"
  /** With how many messages left it is estimated next when the limit will be reached. */
  private lookAt = -1
  private sinceMillis = 0
  private sinceLeft: number

  constructor(options: Options) {
    this.options = options
    this.actors = new Set(options.actors)
    this.left = this.sinceLeft = options.after ?? Infinity
  }

  /** The thread takes messages now, in these mailboxes. */
  begin(mailboxes: ReadonlyArray<Retiring>): void {
    this.mailboxes = mailboxes
    this.sinceMillis = performance.now()
    if (this.options.after === undefined) return
    this.lookAt = Math.floor(this.left / 2)
    if (this.lookAt === 0) this.options.onWearing()
  }

  /** Every message may start. */
  get startsAll(): boolean {
    return this.isOpen
  }

  /** Whether a message may start. */
  starts(delivery: Delivery): boolean {
    return this.isOpen || this.isPart(delivery)
  }

  /** A message has started. */
  spend(delivery: Delivery): void {
    if (this.options.after === undefined || this.isPart(delivery) || --this.left > this.lookAt) return
    if (this.left > 0) return this.foresee()
    this.close()
    this.options.onWorn(this.options.after)
  }

  /** A message has given back its place. */
  look(): void {
    if (this.progress !== "asked" || this.mailboxes.some((mailbox) => mailbox.running() > 0)) return
    this.progress = "done"
    this.options.onRetired()
  }

  /** A successor is loaded, or the limit is reached. */
  retire(): void {
    if (this.progress !== "none") return
    this.progress = "asked"
    this.close()
    this.look()
  }

  /** The thread stops for good: nobody else will handle what it has accepted. Its limit holds all the same. */
  reprieve(): void {
    if (this.isOpen || this.left <= 0) return
    this.isOpen = true
    for (const mailbox of this.mailboxes) mailbox.reprieve()
  }

  private close(): void {
    if (!this.isOpen) return
    this.isOpen = false
    for (const mailbox of this.mailboxes) mailbox.retire()
  }

  /** Estimates when the limit will be reached, by the messages since the last estimate. */
  private foresee(): void {
    const now = performance.now()
    const millisEach = (now - this.sinceMillis) / (this.sinceLeft - this.left)
    this.sinceMillis = now
    this.sinceLeft = this.left
    const isSoon = this.left * millisEach <= soonMillis
    this.lookAt = isSoon ? 0 : Math.floor(this.left / 2)
    if (isSoon) this.options.onWearing()
  }

  /** An actor of this thread has sent it, or waits for its answer: to count it would have one message wait for another. */
  private isPart(delivery: Delivery): boolean {
    if (delivery.isLocal()) return true
    const [, , , , , chain] = delivery.request
    return chain !== undefined && !this.options.isInstance && chain.some((name) => this.actors.has(name))
  }
}

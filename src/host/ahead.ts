/**
 * How many messages may be sent ahead of those that an instance handles. Of long tasks none, so that each goes to the instance
 * that is free first; of short ones so many that the instance never waits for the next.
 *
 * The instance measures how long it takes for a message, because it knows best, and its senders then agree.
 */
import { performance } from "node:perf_hooks"

/** Tasks that take longer are not sent ahead. */
const longMillis = 0.5
const mostAhead = 64
/** The mean is taken of this many messages, or of as many as were handled in `sampleMillis`. */
const sampleSize = 32
const sampleMillis = 5

/** The number of messages to send ahead if one takes `meanMillis`. */
export const aheadOf = (meanMillis: number): number =>
  meanMillis >= longMillis ? 0 : Math.min(mostAhead, Math.max(1, Math.floor(longMillis / meanMillis)))

/** Announces how many messages an instance takes at a time: its concurrency, and those sent ahead. */
export class Ahead {
  private readonly announce: (places: number) => void
  private concurrency = 1
  private ahead = 0
  private busySince = 0
  private busyMillis = 0
  private handled = 0
  private isClosed = false

  constructor(announce: (places: number) => void) {
    this.announce = announce
  }

  configure(concurrency: number): void {
    this.concurrency = concurrency
    this.tell()
  }

  /** It takes no more messages. */
  close(): void {
    this.isClosed = true
    this.tell()
  }

  /** It takes messages again. */
  open(): void {
    this.isClosed = false
    this.tell()
  }

  get places(): number {
    return this.concurrency + this.ahead
  }

  /** With how many messages left the senders are resumed: before a handler has to wait for the next one. */
  get lowWater(): number {
    return this.places - Math.max(1, Math.ceil(this.ahead / 2))
  }

  /** The first of the messages that run at the same time has started. */
  begin(): void {
    this.busySince = performance.now()
  }

  /** A message is done; `running` others still run. */
  end(running: number): void {
    this.handled++
    if (running > 0 && this.handled < sampleSize) return
    const now = performance.now()
    this.busyMillis += now - this.busySince
    this.busySince = now
    if (this.handled < sampleSize && this.busyMillis < sampleMillis) return
    const ahead = aheadOf(this.busyMillis / this.handled)
    this.busyMillis = 0
    this.handled = 0
    if (ahead === this.ahead) return
    this.ahead = ahead
    this.tell()
  }

  private tell(): void {
    this.announce(this.isClosed ? 0 : this.places)
  }
}

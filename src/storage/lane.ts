/**
 * How many messages of the storage one actor has, and whether it takes more.
 */

/** How many messages of the storage an actor has at a time, those that wait in its mailbox included. */
export const window = 64

/** The pauses after an actor has not taken a message: they grow from the first to the last. */
const shortestPauseMillis = 100
const longestPauseMillis = 5000

/**
 * The messages of one actor that were handed over.
 *
 * **Details**
 * - Fresh messages go straight to their actor while nothing waits for it in the storage, so that order holds.
 */
export class Lane {
  private running = 0
  /** When the first message that waits in the storage is due; `-Infinity`: there may be some that are. */
  private dueAtMillis = -Infinity
  private pausedUntilMillis = -Infinity
  private pauseMillis = 0

  /** How many messages of the storage it takes now. None while it has more than half of them still: they come in larger parts then. */
  wanted(nowMillis: number): number {
    if (this.dueAtMillis > nowMillis || this.pausedUntilMillis > nowMillis) return 0
    return this.running > window / 2 ? 0 : window - this.running
  }

  /** When it will want messages, if nothing happens until then. */
  wantsAtMillis(): number {
    return this.running > window / 2 ? Infinity : Math.max(this.dueAtMillis, this.pausedUntilMillis)
  }

  /** Whether a fresh message may be handed over as soon as it is accepted. */
  takesFresh(nowMillis: number): boolean {
    return this.dueAtMillis > nowMillis && this.pausedUntilMillis <= nowMillis && this.running < window
  }

  /** A message is handed over. */
  begin(): void {
    this.running++
  }

  /** A message that was handed over has ended. */
  end(): void {
    this.running--
    this.pauseMillis = 0
  }

  /** It has not taken a message. Returns for how long it gets none. */
  pause(nowMillis: number): number {
    this.running--
    if (this.pausedUntilMillis <= nowMillis) {
      this.pauseMillis = Math.min(longestPauseMillis, Math.max(shortestPauseMillis, this.pauseMillis * 2))
      this.pausedUntilMillis = nowMillis + this.pauseMillis
    }
    return this.pausedUntilMillis - nowMillis
  }

  /** A message waits in the storage. */
  waits(dueAtMillis: number): void {
    this.dueAtMillis = Math.min(this.dueAtMillis, dueAtMillis)
  }

  /** The storage has been looked through: the next message is due then. */
  looked(dueAtMillis: number): void {
    this.dueAtMillis = dueAtMillis
  }
}

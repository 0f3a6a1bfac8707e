/**
 * How long an actor may start messages before it lets others run.
 *
 * ```text
 *   running --- the slice is used up ---> resting --- the event loop has turned ---> running
 * ```
 */
import { performance } from "node:perf_hooks"
import * as tick from "../loop/tick.ts"

/**
 * The length of a slice. Without one, a full mailbox of slow handlers would hold up timers, other actors, and the actor's own
 * first answers, which leave at the end of the tick.
 */
const defaultMillis = 5

/** What a slice needs to know of the thread's time. */
export interface Time {
  /** Milliseconds of a monotonic clock. */
  readonly now: () => number
  /** The number of the tick that runs. */
  readonly tick: () => number
  /** Calls `f` once the event loop has turned. */
  readonly afterTurn: (f: () => void) => void
}

const time: Time = { now: () => performance.now(), tick: tick.current, afterTurn: (f) => void setImmediate(f) }

/** One actor's slice. Each tick begins a new one. */
export class TimeSlice {
  /** The slice is used up, and the event loop has not turned since. */
  isUsedUp = false

  private readonly millis: number
  private readonly onRenewed: () => void
  private readonly time: Time
  private tick = -1
  private sinceMillis = 0
  /** Messages started in this tick, and the count at which the clock is read next. */
  private started = 0
  private readClockAt = 0

  /** `onRenewed` is called when the actor may start messages again. */
  constructor(onRenewed: () => void, millis = defaultMillis, thread = time) {
    this.onRenewed = onRenewed
    this.millis = millis
    this.time = thread
  }

  /**
   * Counts a message that was started.
   *
   * Reading the clock for each message would cost too much, and a message that arrives alone needs no clock at all. So it is
   * read for the second message of a tick, then for the 4th, 8th and 16th, then for every 16th. Ticks that had no work at their
   * end are not counted and look like one: then the actor rests once more than it needs to, for one turn of the loop.
   */
  spend(): void {
    const current = this.time.tick()
    if (this.tick !== current) {
      this.tick = current
      this.started = 0
      this.readClockAt = 2
    }
    if (++this.started < this.readClockAt) return
    const now = this.time.now()
    if (this.readClockAt === 2) this.sinceMillis = now
    this.readClockAt += Math.min(this.readClockAt, 16)
    if (now - this.sinceMillis < this.millis) return
    this.isUsedUp = true
    this.time.afterTurn(() => {
      this.isUsedUp = false
      this.onRenewed()
    })
  }
}

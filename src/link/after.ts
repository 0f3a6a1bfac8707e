/**
 * Waits that nearly always are given up long before their time, as the time-outs of calls are.
 */
import { Fifo } from "./fifo.ts"

/** Calls `f` after so many milliseconds, unless the answer is called before. */
export type After = (millis: number, f: () => void) => () => void

interface Wait {
  readonly dueMillis: number
  f: () => void
  over: boolean
}

/** Waits that may lie in a line, over or not, before it is looked through for those that are over. */
const fewest = 1024

/**
 * The waits of one length: as they begin they end, so one timer waits for the first of them. A timer for each would be a
 * tenth of an ask's cost, and so would be to take each out of its place when it is given up.
 */
class Line {
  private readonly millis: number
  private readonly onEmpty: () => void
  private readonly waits = new Fifo<Wait>()
  private most = fewest

  constructor(millis: number, onEmpty: () => void) {
    this.millis = millis
    this.onEmpty = onEmpty
    this.wake(millis)
  }

  add(f: () => void): () => void {
    if (this.waits.size === this.most) this.clean()
    const wait: Wait = { dueMillis: performance.now() + this.millis, f, over: false }
    this.waits.push(wait)
    return () => end(wait)
  }

  private clean(): void {
    this.waits.keep(({ over }) => !over)
    this.most = Math.max(fewest, this.waits.size * 2)
  }

  /** Who waits for an answer has what keeps the process alive; this must not. */
  private wake(millis: number): void {
    setTimeout(() => this.check(), Math.ceil(millis)).unref()
  }

  private check(): void {
    const now = performance.now()
    let first = this.waits.peek()
    while (first !== undefined && (first.over || first.dueMillis <= now)) {
      this.waits.shift()
      const { f } = first
      end(first)
      f()
      first = this.waits.peek()
    }
    if (first === undefined) this.onEmpty()
    else this.wake(first.dueMillis - now)
  }
}

const nothing = (): void => {}

/** What it was for is let go at once, not only when its time comes. */
const end = (wait: Wait): void => {
  wait.over = true
  wait.f = nothing
}

const lines = new Map<number, Line>()

/** Waits by the timers of Node. */
export const onTimer: After = (millis, f) => {
  let line = lines.get(millis)
  if (line === undefined) {
    line = new Line(millis, () => lines.delete(millis))
    lines.set(millis, line)
  }
  return line.add(f)
}

/**
 * Waits that nearly always are given up long before their time, as the time-outs of calls are.
 */
import { Fifo } from "./fifo.ts"

/** Calls `f` after so many milliseconds, unless the answer is called before. */
export type After = (millis: number, f: () => void) => () => void

interface Wait {
  readonly dueMillis: number
  readonly f: () => void
  over: boolean
}

/** So many waits that are over may lie among the others, or half of them all. */
const mostOver = 1024

/**
 * The waits of one length: as they begin they end, so one timer waits for the first of them. A timer for each would be a
 * tenth of an ask's cost, and so would be to take each out of its place when it is given up.
 */
class Line {
  private readonly millis: number
  private readonly onEmpty: () => void
  private readonly waits = new Fifo<Wait>()
  private over = 0

  constructor(millis: number, onEmpty: () => void) {
    this.millis = millis
    this.onEmpty = onEmpty
    this.wake(millis)
  }

  add(f: () => void): () => void {
    const wait: Wait = { dueMillis: performance.now() + this.millis, f, over: false }
    this.waits.push(wait)
    return () => this.giveUp(wait)
  }

  private giveUp(wait: Wait): void {
    if (wait.over) return
    wait.over = true
    this.over++
    this.first()
    if (this.over <= mostOver || this.over * 2 <= this.waits.size) return
    this.waits.keep(({ over }) => !over)
    this.over = 0
  }

  /** The first that is not over. */
  private first(): Wait | undefined {
    let first = this.waits.peek()
    while (first?.over) {
      this.waits.shift()
      this.over--
      first = this.waits.peek()
    }
    return first
  }

  /** Who waits for an answer has what keeps the process alive; this must not. */
  private wake(millis: number): void {
    setTimeout(() => this.check(), Math.ceil(millis)).unref()
  }

  private check(): void {
    const now = performance.now()
    let first = this.first()
    while (first !== undefined && first.dueMillis <= now) {
      this.giveUp(first)
      first.f()
      first = this.first()
    }
    if (first === undefined) this.onEmpty()
    else this.wake(first.dueMillis - now)
  }
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

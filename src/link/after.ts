/**
 * Waits that nearly always are given up long before their time, as the time-outs of calls are.
 */

/** Calls `f` after so many milliseconds, unless the answer is called before. */
export type After = (millis: number, f: () => void) => () => void

interface Wait {
  readonly dueMillis: number
  readonly f: () => void
  over: boolean
  previous: Wait | undefined
  next: Wait | undefined
}

/**
 * The waits of one length: as they begin they end, so one timer waits for the first of them. A timer for each would be a
 * tenth of an ask's cost.
 */
class Line {
  private readonly millis: number
  private readonly onEmpty: () => void
  private first: Wait | undefined
  private last: Wait | undefined

  constructor(millis: number, onEmpty: () => void) {
    this.millis = millis
    this.onEmpty = onEmpty
    this.wake(millis)
  }

  add(f: () => void): () => void {
    const wait: Wait = {
      dueMillis: performance.now() + this.millis,
      f,
      over: false,
      previous: this.last,
      next: undefined
    }
    if (this.last === undefined) this.first = wait
    else this.last.next = wait
    this.last = wait
    return () => this.remove(wait)
  }

  private remove(wait: Wait): void {
    const { next, over, previous } = wait
    if (over) return
    wait.over = true
    // A dead link that holds on to living ones keeps garbage alive.
    wait.previous = wait.next = undefined
    if (previous === undefined) this.first = next
    else previous.next = next
    if (next === undefined) this.last = previous
    else next.previous = previous
  }

  /** Who waits for an answer has what keeps the process alive; this must not. */
  private wake(millis: number): void {
    setTimeout(() => this.check(), Math.ceil(millis)).unref()
  }

  private check(): void {
    const now = performance.now()
    for (let wait = this.first; wait !== undefined && wait.dueMillis <= now; wait = this.first) {
      this.remove(wait)
      wait.f()
    }
    if (this.first === undefined) this.onEmpty()
    else this.wake(this.first.dueMillis - now)
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

/**
 * Waits that nearly always are given up long before their time, as the time-outs of calls are.
 */
import { atEndOfTurn } from "./turn.ts"

/** Who waits. */
export interface Waiter {
  /** The time is over. */
  onDue(): void
}

/** A wait, which may be given up. */
export interface Wait {
  giveUp(): void
}

/** Tells `waiter` after so many milliseconds, counted from the end of this turn, unless the wait is given up before. */
export type After = (millis: number, waiter: Waiter) => Wait

/** One wait of a group. Thousands live at a time. */
class Member implements Wait {
  private readonly group: Group
  private waiter: Waiter | undefined

  constructor(group: Group, waiter: Waiter) {
    this.group = group
    this.waiter = waiter
  }

  giveUp(): void {
    if (this.waiter === undefined) return
    // Let go at once, not only when its time comes.
    this.waiter = undefined
    this.group.onGivenUp()
  }

  tell(): void {
    const { waiter } = this
    this.waiter = undefined
    waiter?.onDue()
  }
}

/**
 * Waits of one length that began in the same turn, and so are over at the same time. They share all that costs something:
 * the clock, the timer and a place among others.
 */
class Group {
  /** When their time is over, once their turn has ended. */
  dueMillis = Infinity
  private readonly line: Set<Group>
  private members: Array<Member> = []
  private left = 0

  constructor(line: Set<Group>) {
    this.line = line
    line.add(this)
  }

  add(waiter: Waiter): Wait {
    const member = new Member(this, waiter)
    this.members.push(member)
    this.left++
    return member
  }

  onGivenUp(): void {
    if (--this.left > 0) return
    this.members = []
    // Before the end of its turn others may still come.
    if (this.dueMillis < Infinity) this.line.delete(this)
  }

  end(dueMillis: number): void {
    this.dueMillis = dueMillis
    if (this.left === 0) this.line.delete(this)
  }

  tell(): void {
    this.line.delete(this)
    for (const member of this.members) member.tell()
  }
}

/** The waits of one length: as they begin they end, so one timer waits for the first of them. */
class Line {
  private readonly millis: number
  private readonly onEmpty: () => void
  private readonly groups = new Set<Group>()
  /** The waits that began in this turn. */
  private current: Group | undefined
  private waking = false

  constructor(millis: number, onEmpty: () => void) {
    this.millis = millis
    this.onEmpty = onEmpty
  }

  add(waiter: Waiter): Wait {
    if (this.current === undefined) {
      this.current = new Group(this.groups)
      atEndOfTurn(this.endTurn)
    }
    return this.current.add(waiter)
  }

  private readonly endTurn = (): void => {
    this.current?.end(performance.now() + this.millis)
    this.current = undefined
    if (!this.waking) this.wake(this.millis)
  }

  /** Who waits for an answer has what keeps the process alive; this must not. */
  private wake(millis: number): void {
    this.waking = true
    setTimeout(this.check, Math.ceil(millis)).unref()
  }

  private readonly check = (): void => {
    const now = performance.now()
    this.waking = false
    for (const group of this.groups) {
      if (group.dueMillis <= now) group.tell()
      else if (group !== this.current) return this.wake(group.dueMillis - now)
    }
    if (this.groups.size === 0) this.onEmpty()
  }
}

const lines = new Map<number, Line>()

/** Waits by the timers of Node. */
export const onTimer: After = (millis, waiter) => {
  let line = lines.get(millis)
  if (line === undefined) {
    line = new Line(millis, () => lines.delete(millis))
    lines.set(millis, line)
  }
  return line.add(waiter)
}

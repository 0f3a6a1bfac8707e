/**
 * Waits that nearly always are given up long before their time, as the time-outs of calls are.
 */
import { performance } from "node:perf_hooks"
import { atEndOfTurn } from "./tick.ts"

/** Who waits. */
export interface Waiter {
  /** The time is over. */
  onDue(): void
}

/** A wait, which may be given up. */
export interface Wait {
  giveUp(): void
}

/** Calls `waiter` after `millis` milliseconds, counted from the end of this turn, unless the wait is given up before. */
export type After = (millis: number, waiter: Waiter) => Wait

/** One wait of a group. Thousands live at a time. */
class Member implements Wait {
  private readonly group: Group
  private waiter: Waiter | undefined
  readonly older: Member | undefined

  constructor(group: Group, waiter: Waiter, older: Member | undefined) {
    this.group = group
    this.waiter = waiter
    this.older = older
  }

  giveUp(): void {
    if (this.waiter === undefined) return
    // Let go at once, not only when its time comes.
    this.waiter = undefined
    this.group.onGivenUp()
  }

  end(): void {
    const { waiter } = this
    this.waiter = undefined
    waiter?.onDue()
  }
}

/**
 * The waits of one length that began in one turn: their time is over at once. To give one up touches no other one, which the
 * processor would have to fetch: with a thousand in one list that took an ask 100 ns.
 */
class Group {
  /** When their time is over, once their turn has ended. */
  dueMillis = Infinity
  private readonly line: Line
  private youngest: Member | undefined
  private left = 0

  constructor(line: Line) {
    this.line = line
  }

  get isEmpty(): boolean {
    return this.left === 0
  }

  add(waiter: Waiter): Wait {
    this.left++
    return this.youngest = new Member(this, waiter, this.youngest)
  }

  onGivenUp(): void {
    if (--this.left > 0) return
    this.youngest = undefined
    this.line.onEmptied(this)
  }

  /** Their time is over, in the order in which they began. */
  end(): void {
    const members: Array<Member> = []
    for (let member = this.youngest; member !== undefined; member = member.older) members.push(member)
    for (const member of members.toReversed()) member.end()
  }
}

/** The waits of one length. Their groups end in the order in which they began, so one timer waits for the first. */
class Line {
  private readonly millis: number
  private readonly onEmpty: () => void
  private readonly groups = new Set<Group>()
  /** The youngest. It stays when it is empty, for the next turn: nearly each lone ask finds it so. */
  private last: Group | undefined
  /** This turn has added to the last group. */
  private isOpen = false
  private waking = false

  constructor(millis: number, onEmpty: () => void) {
    this.millis = millis
    this.onEmpty = onEmpty
  }

  add(waiter: Waiter): Wait {
    if (this.last === undefined || !(this.isOpen || this.last.isEmpty)) {
      this.last = new Group(this)
      this.groups.add(this.last)
    }
    if (!this.isOpen) {
      this.isOpen = true
      this.last.dueMillis = Infinity
      atEndOfTurn(this.endTurn)
    }
    return this.last.add(waiter)
  }

  onEmptied(group: Group): void {
    if (group !== this.last) this.groups.delete(group)
  }

  private readonly endTurn = (): void => {
    this.isOpen = false
    if (this.last !== undefined) this.last.dueMillis = performance.now() + this.millis
    if (!this.waking) this.wake(this.millis)
  }

  /** `unref`: a pending timeout alone must not keep the process alive. */
  private wake(millis: number): void {
    this.waking = true
    setTimeout(this.check, Math.ceil(millis)).unref()
  }

  private readonly check = (): void => {
    const now = performance.now()
    this.waking = false
    for (const group of this.groups) {
      if (group.dueMillis > now && !group.isEmpty) {
        // One of this turn is seen to at its end.
        if (group.dueMillis < Infinity) this.wake(group.dueMillis - now)
        return
      }
      this.groups.delete(group)
      if (group === this.last) this.last = undefined
      group.end()
    }
    this.onEmpty()
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

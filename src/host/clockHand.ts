/**
 * Finds members that have not been used for a while, without a timer or a clock reading for each: a hand goes round a ring.
 *
 * ```text
 *   use:   the member notes the present lap
 *   sweep: one lap; a member that has not been used for `laps` laps is idle
 *   evict: goes on to the next member that has not been used since this hand came by
 * ```
 *
 * Source: the CLOCK algorithm of page replacement (Corbató, 1968). A pure data structure.
 */

/** What is on the ring. */
export interface Member {
  /** Its position on the ring; -1 if it is not there. */
  position: number
  /** The lap in which it was used last. */
  usedIn: number
  /** It was used since the hand came by. */
  isFresh: boolean
}

/** A ring of members, and the hands that go round it: one to find what is idle, one to find what to evict. */
export class ClockHand<A extends Member> {
  private readonly ring: Array<A> = []
  /** How many laps without a use make a member idle. */
  private readonly laps: number
  private lap = 0
  /**
   * Where the present lap is; all members from here on have been looked at. It goes backwards, because the last member takes the
   * position of one that is removed, and has been looked at by then.
   */
  private sweeping = 0
  private evicting = 0

  constructor(laps: number) {
    this.laps = laps
  }

  /** How many members are on the ring. */
  get size(): number {
    return this.ring.length
  }

  /** All members, in no order. */
  all(): ReadonlyArray<A> {
    return this.ring
  }

  /** Puts a member on the ring, as used just now. */
  add(member: A): void {
    member.position = this.ring.length
    this.ring.push(member)
    this.use(member)
  }

  /** A member is used now. */
  use(member: A): void {
    member.usedIn = this.lap
    member.isFresh = true
  }

  /** Takes a member off the ring. The last one takes its position. */
  remove(member: A): void {
    const { position } = member
    if (position < 0) return
    member.position = -1
    const last = this.ring.pop()
    if (last === undefined || last === member) return
    last.position = position
    this.ring[position] = last
  }

  /** Begins a lap. */
  turn(): void {
    this.lap++
    this.sweeping = this.ring.length
  }

  /**
   * Goes on with the lap until it finds an idle member that `isIdle` confirms. Returns `undefined` after `most` members without
   * one, or when the lap is done. What is found may be removed, and so may any other.
   */
  sweep(isIdle: (member: A) => boolean, most: number): A | undefined {
    for (let steps = 0; steps < most && !this.isDone; steps++) {
      this.sweeping = Math.min(this.sweeping, this.ring.length) - 1
      const member = this.ring[this.sweeping]
      if (member !== undefined && this.lap - member.usedIn >= this.laps && isIdle(member)) return member
    }
    return undefined
  }

  /** The present lap has looked at every member. */
  get isDone(): boolean {
    return this.sweeping <= 0 || this.ring.length === 0
  }

  /** The next member that was not used since the hand came by, if `isIdle` confirms it; `undefined` when none is idle. */
  evict(isIdle: (member: A) => boolean): A | undefined {
    // In the first round all may have been used; in the second one only what can't be evicted is left.
    for (let steps = this.ring.length * 2; steps > 0; steps--) {
      if (this.evicting <= 0 || this.evicting > this.ring.length) this.evicting = this.ring.length
      const member = this.ring[--this.evicting]
      if (member === undefined || !isIdle(member)) continue
      if (!member.isFresh) return member
      member.isFresh = false
    }
    return undefined
  }
}

/**
 * How many messages of the storage one actor has, and whether it takes more.
 */

/** How many messages of the storage an actor has at a time, those that wait in its mailbox included. */
export const window = 64

/** The same for a keyed actor, and for each key of it: a key that is slow leaves room for 127 others. */
export const keyedWindow = 512
export const perKey = 4

/** The pauses after an actor or a key has not taken a message: they grow from the first to the last. */
const shortestPauseMillis = 100
const longestPauseMillis = 5000

/** The messages of one key that were handed over. An actor that is not keyed has one key, the empty text. */
interface Key {
  running: number
  pausedUntilMillis: number
  pauseMillis: number
}

/**
 * The messages of one actor that were handed over.
 *
 * **Details**
 * - Fresh messages go straight to their actor while nothing that is due waits for it in the storage, so that order holds.
 * - A key that has all the messages it may have, or has not taken one, holds up no other.
 */
export class Lane {
  private readonly window: number
  private readonly perKey: number
  private readonly keys = new Map<string, Key>()
  private running = 0
  /** When the first message that waits in the storage is due; `-Infinity`: there may be some that are. */
  private dueAtMillis = -Infinity
  /** Messages have come since it was said how many it takes: to look through the storage for those may have missed them. */
  private isRenewed = false

  constructor(isKeyed: boolean) {
    this.window = isKeyed ? keyedWindow : window
    this.perKey = isKeyed ? perKey : window
  }

  /** How many messages of the storage it takes now. None while it has more than half of them still: they come in larger parts then. */
  wanted(nowMillis: number): number {
    this.isRenewed = false
    return this.dueAtMillis > nowMillis || this.isFull() ? 0 : this.window - this.running
  }

  /** The keys that take none now. */
  excluded(nowMillis: number): ReadonlyArray<string> {
    return Array.from(this.keys).flatMap(([key, state]) => this.isOpen(state, nowMillis) ? [] : [key])
  }

  /** When it will want messages, if nothing happens until then. */
  wantsAtMillis(): number {
    return this.isFull() ? Infinity : this.dueAtMillis
  }

  /** Whether a fresh message may be handed over as soon as it is accepted. */
  takesFresh(key: string, nowMillis: number): boolean {
    const state = this.keys.get(key)
    return this.dueAtMillis > nowMillis && this.running < this.window &&
      (state === undefined || this.isOpen(state, nowMillis))
  }

  /** Whether it takes a message that is suspected of ending the process: not while it has not taken another one. */
  takesSuspect(nowMillis: number): boolean {
    return this.running < this.window &&
      Array.from(this.keys.values()).every((key) => key.pausedUntilMillis <= nowMillis)
  }

  /** A message is handed over. */
  begin(key: string): void {
    this.running++
    const state = this.keys.get(key)
    if (state === undefined) this.keys.set(key, { running: 1, pausedUntilMillis: -Infinity, pauseMillis: 0 })
    else state.running++
  }

  /** A message that was handed over has ended. */
  end(key: string): void {
    const state = this.leave(key)
    if (state === undefined) return
    state.pauseMillis = 0
    if (state.running === 0) this.keys.delete(key)
  }

  /** A message that was handed over was not taken. */
  pause(key: string, nowMillis: number): void {
    const state = this.leave(key)
    if (state === undefined) return
    if (state.pausedUntilMillis <= nowMillis) {
      state.pauseMillis = Math.min(longestPauseMillis, Math.max(shortestPauseMillis, state.pauseMillis * 2))
      state.pausedUntilMillis = nowMillis + state.pauseMillis
    }
    this.waits(state.pausedUntilMillis)
  }

  /** A message waits in the storage. */
  waits(dueAtMillis: number): void {
    this.dueAtMillis = Math.min(this.dueAtMillis, dueAtMillis)
  }

  /** Messages wait in the storage that came by others, and may be due. */
  renew(): void {
    this.isRenewed = true
    this.waits(-Infinity)
  }

  /** The storage has been looked through since `wanted`: the next message of a key that is not excluded is due then. */
  looked(dueAtMillis: number, nowMillis: number): void {
    this.dueAtMillis = this.isRenewed ? -Infinity : dueAtMillis
    for (const { pausedUntilMillis } of this.keys.values()) {
      if (pausedUntilMillis > nowMillis) this.waits(pausedUntilMillis)
    }
  }

  private isFull(): boolean {
    return this.running > this.window / 2
  }

  private isOpen({ pausedUntilMillis, running }: Key, nowMillis: number): boolean {
    return running < this.perKey && pausedUntilMillis <= nowMillis
  }

  private leave(key: string): Key | undefined {
    const state = this.keys.get(key)
    if (state === undefined) return undefined
    this.running--
    // What waits for the key was left out when the storage was looked through.
    if (state.running-- >= this.perKey) this.waits(-Infinity)
    return state
  }
}

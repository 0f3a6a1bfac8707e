/**
 * The supervisor's timers by key: a timer that is set again replaces the one before, and none outlives its reason.
 */
import { type Moment, plus } from "../loop/monotonic.ts"

/** Does something after `millis` milliseconds, unless it is cancelled before. */
export type After = (millis: number, then: () => void) => () => void

export type Timers = ReturnType<typeof make>

/** `now` may run slower than `after` waits, because it leaves out the time in which the process slept. */
export const make = (after: After, now: () => Moment) => {
  const set = new Map<string, () => void>()

  const cancel = (key: string): void => {
    set.get(key)?.()
    set.delete(key)
  }

  const wait = (key: string, due: Moment, then: () => void): void => {
    const cancelled = after(Math.max(0, due - now()), () => {
      // Node's timers may be early by less than a millisecond.
      if (due - now() >= 1) return wait(key, due, then)
      set.delete(key)
      then()
    })
    set.set(key, cancelled)
  }

  return {
    set(key: string, millis: number, then: () => void): void {
      cancel(key)
      wait(key, plus(now(), millis), then)
    },
    cancel,
    cancelAll(): void {
      for (const key of Array.from(set.keys())) cancel(key)
    },
    /** The keys of the timers that are set. */
    keys: (): ReadonlyArray<string> => Array.from(set.keys())
  }
}

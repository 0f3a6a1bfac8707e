/**
 * Takes turns: few requests at a time to one host, and a pause from one to the next.
 */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Semaphore from "effect/Semaphore"
import * as Monotonic from "../monotonic.ts"

interface Host {
  readonly slots: Semaphore.Semaphore
  /** From one request to the next, by how long the host takes to answer. */
  throttleMillis: number
  /** When the next request may start. */
  nextAt: Monotonic.Moment
  /** Those that hold a slot or wait for one. */
  users: number
}

/** The turn comes too late: not before `inMillis` have passed. */
export class TooLate {
  readonly inMillis: number
  constructor(inMillis: number) {
    this.inMillis = inMillis
  }
}

/** Which host, how long after the request before, and until when it makes sense to wait. */
export interface Turn {
  readonly host: string
  readonly delayMillis: number
  readonly deadline: Monotonic.Moment
}

export interface Hosts {
  /** Runs the effect when it is its turn; fails at once when it is known that this is after the deadline. */
  readonly turn: (turn: Turn) => <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E | TooLate, R>
  /** Measures how long the host takes to answer, or fails to, for the delay between requests. */
  readonly timed: <A extends { readonly status: number }, E, R>(
    host: string,
    answer: Effect.Effect<A, E, R>
  ) => Effect.Effect<A, E, R>
  /** Lets nobody start a request to the host for a while, an hour at most, because the host asked for that. */
  readonly pause: (host: string, millis: number) => Effect.Effect<void>
  /** How many hosts are remembered. */
  readonly size: () => number
}

/** From this number on hosts that nobody waits for are forgotten, those whose pause is over first. */
const remembered = 1000

const longestPauseMillis = 3_600_000

/**
 * Returns the delay after an answer: on its way to the time that the host took, divided by the requests that it is to work
 * on at a time. An answer that says it has too much to do doubles the delay. Source: Scrapy, AutoThrottle.
 *
 * **Details**
 * - Units: all milliseconds. `isOverloaded`: HTTP 429 or 5xx, or no answer.
 */
export const throttled = (
  beforeMillis: number,
  answer: { readonly millis: number; readonly isOverloaded: boolean },
  limits: { readonly target: number; readonly longestMillis: number }
): number => {
  const wanted = answer.millis / limits.target
  const next = Math.max(wanted, (beforeMillis + wanted) / 2)
  return Math.min(limits.longestMillis, answer.isOverloaded ? Math.max(next, 2 * beforeMillis, 100) : next)
}

/**
 * Makes it.
 *
 * **Details**
 * - `concurrency`: requests to one host at a time. `throttle`: how many of them a host is to work on at a time on average,
 *   and the longest delay that comes of it; undefined for no delay of that kind.
 */
export const make = (
  concurrency: number,
  throttle?: { readonly target: number; readonly longestMillis: number }
): Hosts => {
  const hosts = new Map<string, Host>()

  const get = (name: string, now: Monotonic.Moment): Host => {
    const known = hosts.get(name)
    if (known !== undefined) return known
    if (hosts.size >= remembered) {
      for (const [key, host] of hosts) if (host.users === 0 && host.nextAt <= now) hosts.delete(key)
      for (const [key, host] of hosts) {
        if (hosts.size < remembered) break
        if (host.users === 0) hosts.delete(key)
      }
    }
    const host = { slots: Semaphore.makeUnsafe(concurrency), nextAt: Monotonic.past, throttleMillis: 0, users: 0 }
    hosts.set(name, host)
    return host
  }

  const waitForStart = (host: Host, turn: Turn): Effect.Effect<void, TooLate> =>
    Effect.flatMap(Monotonic.now, (now) => {
      const inMillis = host.nextAt - now
      if (inMillis > 0 && host.nextAt >= turn.deadline) return Effect.fail(new TooLate(inMillis))
      // Waits before it books, so that a fetch that is interrupted while waiting books nothing.
      if (inMillis > 0) return Effect.andThen(Effect.sleep(inMillis), waitForStart(host, turn))
      host.nextAt = Monotonic.plus(now, Math.max(turn.delayMillis, host.throttleMillis))
      return Effect.void
    })

  return {
    turn: (turn) => (effect) =>
      Effect.flatMap(Monotonic.now, (now) =>
        Effect.acquireUseRelease(
          Effect.sync(() => {
            const host = get(turn.host, now)
            host.users++
            return host
          }),
          (host) => host.slots.withPermits(1)(Effect.andThen(waitForStart(host, turn), effect)),
          (host) => Effect.sync(() => void host.users--)
        )),
    timed: (name, answer) =>
      throttle === undefined ?
        answer :
        Effect.flatMap(Monotonic.now, (began) =>
          Effect.onExit(answer, (exit) =>
            Effect.map(Monotonic.now, (now) => {
              if (Exit.hasInterrupts(exit)) return
              const host = get(name, now)
              const isOverloaded = Exit.isFailure(exit) || exit.value.status === 429 || exit.value.status >= 500
              host.throttleMillis = throttled(host.throttleMillis, { millis: now - began, isOverloaded }, throttle)
            }))),
    pause: (name, millis) =>
      Effect.map(Monotonic.now, (now) => {
        const host = get(name, now)
        host.nextAt = Monotonic.later(host.nextAt, Monotonic.plus(now, Math.min(millis, longestPauseMillis)))
      }),
    size: () => hosts.size
  }
}

/**
 * Takes turns: few requests at a time to one host, and a pause from one to the next.
 */
import * as Effect from "effect/Effect"
import * as Semaphore from "effect/Semaphore"
import * as Monotonic from "../monotonic.ts"

interface Host {
  readonly slots: Semaphore.Semaphore
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
  /** Lets nobody start a request to the host for a while, an hour at most, because the host asked for that. */
  readonly pause: (host: string, millis: number) => Effect.Effect<void>
  /** How many hosts are remembered. */
  readonly size: () => number
}

/** From this number on hosts that nobody waits for are forgotten, those whose pause is over first. */
const remembered = 1000

const longestPauseMillis = 3_600_000

export const make = (concurrency: number): Hosts => {
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
    const host = { slots: Semaphore.makeUnsafe(concurrency), nextAt: Monotonic.past, users: 0 }
    hosts.set(name, host)
    return host
  }

  const waitForStart = (host: Host, turn: Turn): Effect.Effect<void, TooLate> =>
    Effect.flatMap(Monotonic.now, (now) => {
      const inMillis = host.nextAt - now
      if (inMillis > 0 && host.nextAt >= turn.deadline) return Effect.fail(new TooLate(inMillis))
      // Waits before it books, so that whoever is interrupted while waiting books nothing.
      if (inMillis > 0) return Effect.andThen(Effect.sleep(inMillis), waitForStart(host, turn))
      host.nextAt = Monotonic.plus(now, turn.delayMillis)
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
    pause: (name, millis) =>
      Effect.map(Monotonic.now, (now) => {
        const host = get(name, now)
        host.nextAt = Monotonic.later(host.nextAt, Monotonic.plus(now, Math.min(millis, longestPauseMillis)))
      }),
    size: () => hosts.size
  }
}

/**
 * Takes turns: few requests at a time to one host, and a pause from one to the next.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Semaphore from "effect/Semaphore"

interface Host {
  readonly slots: Semaphore.Semaphore
  /** When the next request may start, in milliseconds of `Clock`. */
  nextAtMillis: number
  /** Those that hold a slot or wait for one. */
  users: number
}

export interface Hosts {
  /** Runs the effect when it is this host's turn, at least `delayMillis` after the request before. */
  readonly turn: (
    host: string,
    delayMillis: number
  ) => <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
  /** Lets nobody start a request to the host for a while, because the host asked for that. */
  readonly pause: (host: string, millis: number) => Effect.Effect<void>
  /** How many hosts are remembered. */
  readonly size: () => number
}

/** Hosts that nobody waits for are forgotten from this number on, once their pause is over. */
const remembered = 1000

export const make = (concurrency: number): Hosts => {
  const hosts = new Map<string, Host>()

  const get = (name: string, nowMillis: number): Host => {
    const known = hosts.get(name)
    if (known !== undefined) return known
    if (hosts.size >= remembered) {
      for (const [key, host] of hosts) if (host.users === 0 && host.nextAtMillis <= nowMillis) hosts.delete(key)
    }
    const host = { slots: Semaphore.makeUnsafe(concurrency), nextAtMillis: 0, users: 0 }
    hosts.set(name, host)
    return host
  }

  const waitForStart = (host: Host, delayMillis: number): Effect.Effect<void> =>
    Effect.flatMap(Clock.currentTimeMillis, (now) => {
      // Waits before it books, so that whoever is interrupted while waiting books nothing.
      if (host.nextAtMillis > now) {
        return Effect.andThen(Effect.sleep(host.nextAtMillis - now), waitForStart(host, delayMillis))
      }
      host.nextAtMillis = now + delayMillis
      return Effect.void
    })

  return {
    turn: (name, delayMillis) => (effect) =>
      Effect.flatMap(Clock.currentTimeMillis, (now) =>
        Effect.acquireUseRelease(
          Effect.sync(() => {
            const host = get(name, now)
            host.users++
            return host
          }),
          (host) => host.slots.withPermits(1)(Effect.andThen(waitForStart(host, delayMillis), effect)),
          (host) => Effect.sync(() => void host.users--)
        )),
    pause: (name, millis) =>
      Effect.map(Clock.currentTimeMillis, (now) => {
        const host = get(name, now)
        host.nextAtMillis = Math.max(host.nextAtMillis, now + millis)
      }),
    size: () => hosts.size
  }
}

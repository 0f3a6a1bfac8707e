/** Runs an effect once for all who ask for it within a moment. */
import * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"
import * as Semaphore from "effect/Semaphore"
import * as monotonic from "../loop/monotonic.ts"

/**
 * Gives what the effect gave at most `millis` milliseconds ago, by the monotonic clock, or else runs it; those who ask
 * meanwhile wait for that run.
 */
export const shared = <A, E, R>(
  effect: Effect.Effect<A, E, R>,
  millis: number
): Effect.Effect<Effect.Effect<A, E, R>> =>
  Effect.sync(() => {
    const one = Semaphore.makeUnsafe(1)
    let known: { readonly exit: Exit.Exit<A, E>; readonly staleAt: monotonic.Moment } | undefined
    return one.withPermit(Effect.gen(function*() {
      if (known === undefined || known.staleAt <= (yield* monotonic.now)) {
        known = { exit: yield* Effect.exit(effect), staleAt: monotonic.plus(yield* monotonic.now, millis) }
      }
      return yield* known.exit
    }))
  })

import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"

/**
 * Waits for an effect, but no longer than so many milliseconds; then it goes on by itself, and the answer is false.
 *
 * `Effect.timeout` would wait for what can't be interrupted, and finalizers can't.
 */
export const atMost = <A, E, R>(millis: number, effect: Effect.Effect<A, E, R>): Effect.Effect<boolean, never, R> =>
  Effect.flatMap(
    Effect.forkDetach(effect),
    (fiber) => Effect.raceFirst(Effect.as(Fiber.await(fiber), true), Effect.as(Effect.sleep(millis), false))
  )

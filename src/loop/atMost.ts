import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as monotonic from "./monotonic.ts"

/**
 * Waits for `millis` milliseconds in which the event loop could turn. A timer that is late by more than a moment says that
 * the loop did not: the machine was suspended, a debugger had stopped the thread, or something blocked it. What is waited
 * for could not go on either, so it gets its time once more.
 */
export const patience = (millis: number): Effect.Effect<void> =>
  Effect.gen(function*() {
    const began = yield* monotonic.now
    yield* Effect.sleep(millis)
    const lateMillis = (yield* monotonic.now) - began - millis
    if (lateMillis > lateAfterMillis) yield* Effect.sleep(Math.min(millis, lateMillis))
  })

const lateAfterMillis = 500

/**
 * Waits for an effect, but no longer than `millis` milliseconds; then it goes on by itself, and the answer is false.
 * `goesOn`: whether to wait for it as long once more.
 *
 * `Effect.timeout` would wait for what can't be interrupted, and finalizers can't.
 */
export const atMost = <A, E, R>(
  millis: number,
  effect: Effect.Effect<A, E, R>,
  goesOn: () => boolean = () => false
): Effect.Effect<boolean, never, R> =>
  Effect.flatMap(
    Effect.forkDetach(effect),
    (fiber) =>
      Effect.raceFirst(
        Effect.as(Fiber.await(fiber), true),
        Effect.as(Effect.repeat(patience(millis), { while: goesOn }), false)
      )
  )

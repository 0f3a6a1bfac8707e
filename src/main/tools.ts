/**
 * Clock, chance and timers of a system's program, for the supervisor's code outside of effects.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import type { Topology } from "../control/topology.ts"
import * as monotonic from "../loop/monotonic.ts"
import * as awake from "./awake.ts"
import * as timersByKey from "./timers.ts"
import * as watchdog from "./watchdog.ts"

export type Tools = Effect.Success<ReturnType<typeof make>>

/** Takes them from the context. */
export const make = Effect.fnUntraced(function*(topology: Topology) {
  const clock = yield* Clock.Clock
  const random = yield* Random.Random
  const runFork = Effect.runForkWith(yield* Effect.context<never>())
  const everyMillis = Math.min(...topology.threads.map(watchdog.everyMillis))
  const now = awake.make(() => monotonic.read(clock), everyMillis)
  const later: timersByKey.After = (millis, then) => {
    const fiber = runFork(Effect.andThen(Effect.sleep(millis), Effect.sync(then)))
    return () => fiber.interruptUnsafe()
  }
  return {
    /** How often the watchdog looks. */
    everyMillis,
    now,
    /** The time by the wall clock, which only labels. */
    atMillis: () => clock.currentTimeMillisUnsafe(),
    random: () => random.nextDoubleUnsafe(),
    later,
    timers: timersByKey.make(later, now),
    run: (effect: Effect.Effect<void>): void => void runFork(effect)
  }
})

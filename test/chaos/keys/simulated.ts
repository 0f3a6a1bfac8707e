/** Chaos with keys on simulated threads. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as TestClock from "effect/testing/TestClock"
import * as Testing from "heddle/Testing"
import { inMemory } from "../evidence.ts"
import { orNotUp } from "../play.ts"
import * as session from "./session.ts"
import config from "./system.ts"

const roundsPerSystem = 25

const turn = Effect.promise(() => new Promise<void>((resolve) => void setImmediate(resolve)))

/** Plays rounds in one system after the other until the time is up or something is wrong, which it describes. */
export const run = (options: {
  readonly seed: number
  readonly goesOn: (round: number) => boolean
}) =>
  Effect.gen(function*() {
    const { goesOn, seed } = options
    for (let first = 0; goesOn(first); first += roundsPerSystem) {
      const evidence = inMemory()
      const failed = yield* Effect.gen(function*() {
        // Time passes as fast as the messages in the ports allow.
        yield* Effect.forkScoped(Effect.forever(Effect.andThen(TestClock.adjust(1), turn)))
        const rounds = Effect.flatMap(Testing.Faults, ({ crash }) =>
          session.run({
            seed,
            first,
            goesOn: (round) => round < first + roundsPerSystem && goesOn(round),
            evidence,
            crash: (thread) => orNotUp(crash(thread)),
            simulated: true
          }))
        return yield* Effect.scoped(rounds).pipe(
          Effect.provide(Testing.layer(config).pipe(Layer.provide(Logger.layer([])), Layer.fresh))
        )
      }).pipe(Effect.scoped, Effect.provide(TestClock.layer()))
      if (failed !== undefined) return session.report(failed)
    }
    return undefined
  })

/** Chaos on simulated threads: no isolation, but thousands of rounds, and faults that no thread can be made to have. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as TestClock from "effect/testing/TestClock"
import * as Testing from "heddle/Testing"
import { inMemory } from "./evidence.ts"
import oneForAll from "./oneForAll.ts"
import oneForOne from "./oneForOne.ts"
import { type Fault, orNotUp } from "./play.ts"
import restForOne from "./restForOne.ts"
import * as session from "./session.ts"

const configs = [oneForOne, restForOne, oneForAll]
const roundsPerSystem = 25

/** Does one fault; what is lost or delayed for good is ended by a crash, as nothing else would. */
const inflict =
  ({ crash, delay, drop, hang, resume }: Testing.Faults["Service"]): Fault => ({ amount, thread, what }) => {
    switch (what) {
      case "crash":
        return orNotUp(crash(thread))
      case "hang":
        return orNotUp(Effect.andThen(hang(thread), Effect.andThen(Effect.sleep(amount), resume(thread))))
      case "delay":
        return orNotUp(delay(thread, amount))
      case "drop":
        return orNotUp(Effect.andThen(drop(thread, amount), Effect.andThen(Effect.sleep(500), crash(thread))))
    }
  }

const turn = Effect.promise(() => new Promise<void>((resolve) => void setImmediate(resolve)))

/** Plays rounds in one system after the other until the time is up or something is wrong. */
export const run = (options: {
  readonly seed: number
  readonly first: number
  readonly goesOn: (round: number) => boolean
  readonly tally: session.Tally
  readonly say: (line: string) => void
}) =>
  Effect.gen(function*() {
    const { goesOn, seed, tally } = options
    let part = Math.floor(options.first / roundsPerSystem)
    let first = options.first
    while (goesOn(first)) {
      const next = (part + 1) * roundsPerSystem
      const config = configs[(part + seed) % configs.length] ?? oneForOne
      const { strategy } = config.topology
      const evidence = inMemory()
      const failed = yield* Effect.gen(function*() {
        // Time passes as fast as the messages in the ports allow.
        yield* Effect.forkScoped(Effect.forever(Effect.andThen(TestClock.adjust(1), turn)))
        return yield* Effect.flatMap(Testing.Faults, (faults) =>
          session.run({
            seed,
            first,
            goesOn: (round) => round < next && goesOn(round),
            world: "simulated",
            strategy,
            evidence,
            fault: inflict(faults),
            edit: () => {},
            tally,
            leaks: Effect.succeed([])
          })).pipe(
            Effect.scoped,
            Effect.provide(Testing.layer(config).pipe(Layer.provide(Logger.layer([])), Layer.fresh))
          )
      }).pipe(Effect.scoped, Effect.provide(TestClock.layer()))
      if (failed !== undefined) return session.report(seed, strategy, failed)
      part++
      first = next
    }
    return undefined
  })

/** Carries out a round that was drawn, and writes down what its sender sees of it. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Result from "effect/Result"
import { ActorError, System } from "heddle"
import { write } from "../evidence.ts"
import { orNotUp } from "../play.ts"
import { Alive, Evicting, type Name, type Refused, Strict, Waiting } from "./Keyed.ts"
import { type Errand, patienceMillis, type Play } from "./plan.ts"

/** Ends a thread. */
export type Crash = (thread: string) => Effect.Effect<void>

/** The clients of all actors. */
export const clients = Effect.gen(function*() {
  return { Evicting: yield* Evicting, Waiting: yield* Waiting, Strict: yield* Strict, Alive: yield* Alive }
})

/** The outcome in one word. */
const outcomeOf = (result: Result.Result<unknown, Refused | ActorError.ActorError>, id: string): string => {
  if (Result.isSuccess(result)) return result.success === undefined || result.success === id ? "ok" : "wrong"
  const { failure } = result
  return failure instanceof ActorError.ActorError
    ? `${failure.reason._tag}:${failure.reason.handled}`
    : `refused:${failure.id}`
}

/** Completes when every play is over and all that was sent is settled. */
export const play = (crash: Crash, plays: ReadonlyArray<Play>) =>
  Effect.gen(function*() {
    const system = yield* System.System
    const all = yield* clients

    const send = (to: Name, key: string, errand: Errand): Effect.Effect<void> =>
      Effect.suspend(() => {
        const { how, id, millis, mode, timeoutMillis } = errand
        write("sent", to, key, id, timeoutMillis < patienceMillis ? mode : `${mode}, patient`, how)
        const timeout = Duration.millis(timeoutMillis)
        const room = all[to].of(key)
        const sent: Effect.Effect<unknown, Refused | ActorError.ActorError> = mode === "ask"
          ? room.Do({ id, how, millis }, { timeout })
          : room.Do({ id, how, millis }, { timeout, discard: true })
        return Effect.map(Effect.result(sent), (result) => write("got", to, key, id, outcomeOf(result, id)))
      })

    let orders = 0
    const order = (what: "stop" | "wake", to: Name, key: string): Effect.Effect<void> =>
      Effect.suspend(() => {
        const id = `${what}${++orders}`
        write("asked", to, key, id)
        return Effect.map(
          Effect.result(all[to][what](key)),
          (result) => write("obeyed", to, key, id, outcomeOf(result, id))
        )
      })

    const one = (play: Play): Effect.Effect<void> => {
      switch (play._tag) {
        case "Send":
          // Each in a fiber of its own that starts at once: nothing comes between writing and sending.
          return Effect.scoped(Effect.gen(function*() {
            const fibers = yield* Effect.forEach(play.errands, (errand) =>
              Effect.forkScoped(send(play.to, play.key, errand), { startImmediately: true }))
            yield* Fiber.awaitAll(fibers)
          }))
        case "Stop":
          return order("stop", play.to, play.key)
        case "Wake":
          return order("wake", play.to, play.key)
        case "Crash":
          return crash(play.thread)
        case "Restart":
          return orNotUp(system.restart(play.thread))
      }
    }

    yield* Effect.forEach(plays, (play) =>
      Effect.andThen(
        Effect.sleep(play.atMillis),
        Effect.suspend(() => {
          write("play", JSON.stringify(play))
          return one(play)
        })
      ), { concurrency: "unbounded", discard: true })
  })

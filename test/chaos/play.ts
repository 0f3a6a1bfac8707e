/** Carries out a round that was drawn, and writes down what main sees of it. */
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Ref from "effect/Ref"
import * as Stream from "effect/Stream"
import { System } from "heddle"
import { jumpClock } from "./behavior.ts"
import { type Clients, run, watched } from "./errand.ts"
import { write } from "./evidence.ts"
import type { Order, Play } from "./plan.ts"

/** Does to a simulated thread what no real one can be done to. */
export type Fault = (fault: Extract<Play, { readonly _tag: "Fault" }>) => Effect.Effect<void>

/** Completes when every play is over and every message that main sent is settled. */
export const play = (
  clients: Clients,
  { edit, fault }: { readonly edit: (order: Order) => void; readonly fault: Fault },
  plays: ReadonlyArray<Play>
) =>
  Effect.gen(function*() {
    const system = yield* System.System

    const one = (play: Play): Effect.Effect<void> => {
      switch (play._tag) {
        case "Send":
          // Each in a fiber of its own that starts at once: nothing comes between writing and sending.
          return Effect.scoped(Effect.gen(function*() {
            const sent = yield* Effect.forEach(play.errands, (errand) =>
              Effect.forkScoped(run("main", clients, "Do", errand), { startImmediately: true }))
            yield* Fiber.awaitAll(sent)
          }))
        case "Run": {
          const { errands, id, via } = play
          const timeoutMillis = 8000
          return watched(
            { from: "main", to: via, id, mode: "ask", how: "run" },
            { timeoutMillis, leaveMillis: 0 },
            id,
            clients[via].Run({ id, errands }, { timeout: timeoutMillis })
          )
        }
        case "Count": {
          const { count, how, id, pauseMillis, take, to } = play
          const timeoutMillis = 20_000
          return watched(
            { from: "main", to, id, mode: "stream", how },
            { timeoutMillis, leaveMillis: 0 },
            "in order",
            readAll(clients[to].Count({ count, how, id, millis: pauseMillis }), take, how === "slow" ? 0 : pauseMillis)
          )
        }
        case "Drill":
          // It may be restarting just then.
          return orNotUp(system.inject(play.thread, play.how))
        case "Operate":
          // Another play may order the contrary meanwhile; in the end the thread is up.
          return play.what === "restart"
            ? orNotUp(system.restart(play.thread))
            : orNotUp(system.stop(play.thread)).pipe(
              Effect.andThen(Effect.sleep(play.forMillis)),
              Effect.andThen(orNotUp(system.start(play.thread)))
            )
        case "Edit":
          return Effect.sync(() =>
            edit(play.order)
          )
        case "Jump":
          return Effect.sync(jumpClock)
        case "Fault":
          return fault(play)
      }
    }

    yield* Effect.forEach(
      plays,
      (play) =>
        Effect.andThen(
          Effect.sleep(play.atMillis),
          Effect.suspend(() => {
            write("play", describe(play))
            return one(play)
          })
        ),
      { concurrency: "unbounded", discard: true }
    )
  })

/** A thread that is not up just then can't be hurt, and a later order overrules an earlier one. */
export const orNotUp = <E extends { readonly _tag: string }>(order: Effect.Effect<void, E>): Effect.Effect<void> =>
  Effect.orDie(Effect.catchIf(order, ({ _tag }) => _tag === "NotUp", () => Effect.void))

/** Reads so many elements of 0, 1, 2 ... and says whether they came as such. */
const readAll = <E>(stream: Stream.Stream<number, E>, take: number, pauseMillis: number): Effect.Effect<string, E> =>
  Effect.gen(function*() {
    const next = yield* Ref.make(0)
    const wrong = yield* Ref.make("in order")
    yield* stream.pipe(
      Stream.take(take),
      Stream.runForEach((value) =>
        Effect.gen(function*() {
          const expected = yield* Ref.getAndUpdate(next, (n) => n + 1)
          if (value !== expected) yield* Ref.set(wrong, `${value} instead of ${expected}`)
          if (pauseMillis > 0 && value % 16 === 0) yield* Effect.sleep(pauseMillis)
        })
      )
    )
    return yield* Ref.get(wrong)
  })

const describe = (play: Play): string => {
  const { atMillis, ...rest } = play
  const short = "errands" in rest
    ? {
      ...rest,
      errands: `${rest.errands.length}: ${
        rest.errands.map(({ how, id, mode, to }) => `${id} ${mode} ${to} ${how}`).slice(0, 12).join(", ")
      }`
    }
    : rest
  return `${atMillis} ms ${JSON.stringify(short)}`
}

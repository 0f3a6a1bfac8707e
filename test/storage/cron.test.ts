import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Rpc from "effect/rpc/Rpc"
import * as Schema from "effect/Schema"
import * as TestClock from "effect/testing/TestClock"
import { Actor, Storage, System, Thread } from "heddle"
import * as Testing from "heddle/Testing"
import { Clerk } from "../fixtures/scheduled/Clerk.ts"
import config from "../fixtures/scheduled/config.ts"

const simulated = Effect.provide(Layer.provide(Testing.layer(config), Logger.layer([])))

/** The times of a schedule that have run, with the attempt and who sent them. */
const ran = Effect.fnUntraced(function*(what: string) {
  const clerk = yield* Clerk
  const lines = yield* clerk.Journal(undefined, { timeout: "Infinity" })
  return lines.map((line) => line.split(" ")).flatMap(([name, id = "", attempt, , from]) =>
    name === what ? [`${id} ${attempt} ${from}`] : []
  )
})

/** Turns the clock by minutes until so many have run. */
const until = (what: string, count: number) =>
  Effect.repeat(Effect.andThen(TestClock.adjust("1 minute"), ran(what)), { until: (all) => all.length >= count })

const timesFrom = (begins: string, count: number, everyMillis: number): ReadonlyArray<string> =>
  Array.from(
    { length: count },
    (_, index) => `${new Date(new Date(begins).getTime() + index * everyMillis).toISOString()} 1 heddle.storage`
  )

it.effect(
  "M10: Under heddle/Testing schedules go by the clock of the test, a crash of the storage in between or not.",
  () =>
    Effect.gen(function*() {
      yield* TestClock.setTime(new Date("2026-03-29T00:59:30Z").getTime())
      yield* Effect.gen(function*() {
        const faults = yield* Testing.Faults
        yield* until("often", 2)
        yield* faults.crash("heddle.storage")
        yield* until("often", 5)
        assert.deepStrictEqual(yield* ran("often"), timesFrom("2026-03-29T01:00:00Z", 5, 900_000))
        assert.deepStrictEqual(yield* ran("hour"), timesFrom("2026-03-29T01:00:00Z", 2, 3_600_000))
        assert.deepStrictEqual(yield* ran("day"), timesFrom("2026-03-29T01:30:00Z", 1, 0))
      }).pipe(simulated)
    }),
  60_000
)

it("M10: A keyed actor can't have a schedule, and a system with one needs a storage.", () => {
  class Room extends Actor.Keyed<Room>()("Room", { key: Schema.String }, [
    Actor.cron(Rpc.make("Sweep"), "0 * * * *")
  ]) {}
  const rooms = {
    rooms: Thread.make({
      actors: [
        Actor.lazy(Room, async () => ({
          default: Room.toLayer(() => Effect.succeed(Room.of({ Sweep: () => Effect.void })))
        }))
      ]
    })
  }
  const module = import.meta.url
  assert.throws(
    () => System.make({ module, threads: rooms, storage: Storage.sqlite("a.db") }),
    /threads\.rooms\.actors: Room\.Sweep is a schedule, and Room is keyed.*declare it on a plain actor/
  )
  const office = {
    office: Thread.make({ actors: [Actor.lazy(Clerk, () => import("../fixtures/scheduled/ClerkLayer.ts"))] })
  }
  assert.throws(
    () => System.make({ module, threads: office }),
    /threads\.office\.actors: Clerk\.Often, .* are durable, .*storage: Storage\.sqlite/
  )
})

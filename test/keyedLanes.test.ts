/** The lanes of keyed actors when more messages come for a key than may wait for it, on virtual time. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Logger from "effect/Logger"
import * as TestClock from "effect/testing/TestClock"
import { Actor, System, Thread } from "heddle"
import * as Testing from "heddle/Testing"
import { Journal, Room } from "./fixtures/keyed/Room.ts"
import { reason, thread } from "./threads/watching.ts"

const now = { startImmediately: true }
const patient = { timeout: "Infinity" } as const
const tell = { discard: true, ...patient } as const

const config = System.make({
  module: import.meta.url,
  threads: {
    journal: Thread.make({ actors: [Actor.lazy(Journal, () => import("./fixtures/keyed/JournalLayer.ts"))] }),
    rooms: Thread.make({
      actors: [Actor.lazy(Room, () => import("./fixtures/keyed/SmallLayer.ts"))],
      restart: { backoff: { min: "1 second", jitter: 0 } },
      shutdownTimeout: "4 seconds"
    })
  }
})

const run = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  effect.pipe(Effect.scoped, Effect.provide(Testing.layer(config)), Effect.provide(Logger.layer([])))

const all = Array.from({ length: 30 }, (_, index) => index)

describe("keyed actors with a key that is busy", () => {
  it.effect("K2: A key for which more messages come than the mailbox holds delays no other key, and loses none.", () =>
    run(
      Effect.gen(function*() {
        const rooms = yield* Room
        const busy = rooms.of("busy")
        const slow = yield* Effect.forEach(
          all,
          () => Effect.forkChild(busy.Slow({ by: 1, millis: 1000 }, patient), now)
        )
        for (const key of ["a", "b", "c"]) assert.strictEqual(yield* rooms.of(key).Add({ by: 1 }), 1)
        const told = yield* Effect.forkChild(
          Effect.forEach(all, () => busy.Add({ by: 100 }, tell), { discard: true }),
          now
        )
        for (const key of ["a", "b", "c"]) assert.strictEqual(yield* rooms.of(key).Add({ by: 1 }), 2)
        assert.isUndefined(told.pollUnsafe())
        // Each answers with the count that it has found, so each ran once, in order.
        for (const index of all) {
          yield* TestClock.adjust("1 second")
          assert.strictEqual(yield* Fiber.join(slow[index] ?? assert.fail()), index + 1)
          assert.strictEqual(yield* rooms.of("a").Add({ by: 0 }), 2)
        }
        yield* Fiber.join(told)
        assert.strictEqual(yield* busy.Add({ by: 0 }), 3030)
        assert.strictEqual((yield* thread("rooms")).actors[0]?.mailboxDepth, 0)
      })
    ))

  it.effect("K2: A busy key holds up its senders when as many of its messages wait as may, though others find room.", () =>
    run(
      Effect.gen(function*() {
        const rooms = yield* Room
        const busy = rooms.of("busy")
        yield* busy.Add({ by: 1 })
        const hung = yield* Effect.forkChild(reason(busy.Hang(undefined, patient)), now)
        const told = yield* Effect.forEach(all, () => Effect.forkChild(busy.Add({ by: 1 }, tell), now))
        const accepted = () => told.filter((fiber) => fiber.pollUnsafe() !== undefined).length
        for (const count of [1, 2, 3, 4]) {
          assert.strictEqual(yield* rooms.of("a").Add({ by: 1 }), count)
          // As many as were on their way when the first of them arrived.
          assert.strictEqual(accepted(), 7)
        }
        const { actors: [status] } = yield* thread("rooms")
        assert.strictEqual(status?.mailboxDepth, 7)
        yield* Fiber.interrupt(hung)
        for (const fiber of told) yield* Fiber.join(fiber)
        assert.strictEqual(yield* busy.Add({ by: 0 }, patient), 31)
        assert.strictEqual((yield* thread("rooms")).actors[0]?.mailboxDepth, 0)
      })
    ))

  it.effect("K2: A message that waits at its sender for a key that is busy can be taken back.", () =>
    run(
      Effect.gen(function*() {
        const rooms = yield* Room
        const busy = rooms.of("busy")
        const hung = yield* Effect.forkChild(reason(busy.Hang(undefined, patient)), now)
        const asks = yield* Effect.forEach(all, () => Effect.forkChild(reason(busy.Add({ by: 1 })), now))
        const left = yield* Effect.forEach(all, () => Effect.forkChild(busy.Add({ by: 1 }, patient), now))
        yield* rooms.awake
        for (const fiber of left) yield* Fiber.interrupt(fiber)
        yield* TestClock.adjust("6 seconds")
        for (const fiber of asks) assert.deepInclude(yield* Fiber.join(fiber), { _tag: "TimedOut", handled: "no" })
        assert.strictEqual(yield* rooms.of("a").Add({ by: 1 }), 1)
        yield* reason(busy.Hang(undefined, { timeout: "1 millis" })).pipe(Effect.forkChild(now))
        yield* Fiber.interrupt(hung)
        yield* TestClock.adjust("1 second")
        assert.strictEqual(yield* busy.Add({ by: 1 }, patient), 1)
      })
    ))

  it.effect("K1: A key that hangs is stopped however many messages wait for it, and they end before it.", () =>
    run(
      Effect.gen(function*() {
        const rooms = yield* Room
        const busy = rooms.of("busy")
        const hung = yield* Effect.forkChild(reason(busy.Hang(undefined, patient)), now)
        const before = yield* Effect.forEach(all, () => Effect.forkChild(reason(busy.Add({ by: 1 }, patient)), now))
        const stopped = yield* Effect.forkChild(rooms.stop("busy"), now)
        const after = yield* Effect.forEach(all, () => Effect.forkChild(busy.Add({ by: 1 }, patient), now))
        assert.strictEqual(yield* rooms.of("a").Add({ by: 1 }), 1)
        yield* TestClock.adjust("2 seconds")
        yield* Fiber.join(stopped)
        assert.strictEqual((yield* Fiber.join(hung))._tag, "Crashed")
        for (const fiber of before) assert.strictEqual((yield* Fiber.join(fiber))._tag, "Stopping")
        for (const index of all) assert.strictEqual(yield* Fiber.join(after[index] ?? assert.fail()), index + 1)
      })
    ))

  it.effect("K2: After a crash of the thread all messages of a busy key that had not started run, once and in order.", () =>
    run(
      Effect.gen(function*() {
        const rooms = yield* Room
        const busy = rooms.of("busy")
        const hung = yield* Effect.forkChild(reason(busy.Hang(undefined, patient)), now)
        const waiting = yield* Effect.forEach(all, () => Effect.forkChild(busy.Add({ by: 1 }, patient), now))
        assert.strictEqual(yield* rooms.of("a").Add({ by: 1 }), 1)
        const faults = yield* Testing.Faults
        yield* faults.crash("rooms")
        yield* TestClock.adjust("2 seconds")
        assert.strictEqual((yield* Fiber.join(hung))._tag, "Crashed")
        for (const index of all) assert.strictEqual(yield* Fiber.join(waiting[index] ?? assert.fail()), index + 1)
      })
    ))

  it.effect("K3: A busy key that is given up rejects all that waits for it, at its sender as well.", () =>
    run(
      Effect.gen(function*() {
        const rooms = yield* Room
        const busy = rooms.of("busy")
        const fatal = yield* Effect.forkChild(reason(busy.Slow({ by: 1, millis: 1000 }, patient)), now)
        const lost = yield* Effect.forkChild(reason(busy.Fatal(undefined, patient)), now)
        const waiting = yield* Effect.forEach(all, () => Effect.forkChild(reason(busy.Add({ by: 1 }, patient)), now))
        assert.strictEqual(yield* rooms.of("a").Add({ by: 1 }), 1)
        yield* TestClock.adjust("1 second")
        yield* Fiber.interrupt(fatal)
        assert.strictEqual((yield* Fiber.join(lost))._tag, "Crashed")
        for (const fiber of waiting) assert.strictEqual((yield* Fiber.join(fiber))._tag, "NotRunning")
      })
    ))

  it.effect("K2: When the system ends, what waits at its sender for a busy key ends as well.", () =>
    Effect.gen(function*() {
      const waiting = yield* run(
        Effect.gen(function*() {
          const rooms = yield* Room
          const busy = rooms.of("busy")
          yield* Effect.forkDetach(Effect.exit(busy.Hang(undefined, patient)), now)
          const waiting = yield* Effect.forEach(all, () => Effect.forkDetach(reason(busy.Add({ by: 1 }, patient)), now))
          yield* rooms.awake
          const stopped = yield* Effect.forkChild((yield* System.System).stop("rooms"), now)
          yield* TestClock.adjust("5 seconds")
          yield* Fiber.join(stopped)
          return waiting
        })
      )
      for (const fiber of waiting) {
        assert.include(["Stopping", "NotRunning"], (yield* Fiber.join(fiber))._tag)
      }
    }))
})

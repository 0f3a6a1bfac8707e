/** Keyed actors in a simulated system, on virtual time. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Logger from "effect/Logger"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/testing/TestClock"
import { Actor, System, Thread } from "heddle"
import * as Testing from "heddle/Testing"
import { Journal, Room } from "./fixtures/keyed/Room.ts"
import type ShortLayer from "./fixtures/keyed/ShortLayer.ts"
import { reason, watch } from "./threads/watching.ts"

const now = { startImmediately: true }

const system = (load: () => Promise<{ readonly default: typeof ShortLayer }>) =>
  System.make({
    module: import.meta.url,
    threads: {
      journal: Thread.make({ actors: [Actor.lazy(Journal, () => import("./fixtures/keyed/JournalLayer.ts"))] }),
      rooms: Thread.make({
        actors: [Actor.lazy(Room, load)],
        restart: { backoff: { min: "1 second", jitter: 0 } },
        shutdownTimeout: "4 seconds"
      })
    }
  })
const short = system(() => import("./fixtures/keyed/ShortLayer.ts"))
const alive = system(() => import("./fixtures/keyed/AliveLayer.ts"))
const suspending = system(() => import("./fixtures/keyed/SuspendingLayer.ts"))
const failing = system(() => import("./fixtures/keyed/FailingLayer.ts"))

const run = <A, E, R>(config: typeof short, effect: Effect.Effect<A, E, R>) =>
  effect.pipe(Effect.scoped, Effect.provide(Testing.layer(config)), Effect.provide(Logger.layer([])))

/** Reads the journal until it has these lines, and returns all that it read. */
const lines = (...expected: ReadonlyArray<string>) =>
  Effect.gen(function*() {
    const journal = yield* Journal
    const all: Array<string> = []
    while (expected.some((line) => !all.includes(line))) {
      all.push(...(yield* journal.Read(undefined, { timeout: "Infinity" })))
    }
    return all
  })

const count = (all: ReadonlyArray<string>, line: string): number => all.filter((other) => other === line).length

describe("keyed actors on virtual time", () => {
  it.effect("K4: A key closes once it has been idle for its time, its finalizers run once, and a message builds it again.", () =>
    run(
      short,
      Effect.gen(function*() {
        const rooms = yield* Room
        yield* rooms.of("a").Add({ by: 1 })
        yield* TestClock.adjust("4 minutes")
        yield* rooms.of("b").Add({ by: 1 })
        assert.sameMembers([...(yield* rooms.awake)], ["a", "b"])
        yield* TestClock.adjust("90 seconds")
        const all = yield* lines("a closes")
        assert.strictEqual(count(all, "a closes"), 1)
        assert.deepStrictEqual([...(yield* rooms.awake)], ["b"])
        assert.strictEqual(yield* rooms.of("a").Add({ by: 1 }), 1)
        assert.strictEqual(yield* rooms.of("b").Add({ by: 1 }), 2)
        yield* TestClock.adjust("11 minutes")
        const later = yield* lines("a closes", "b closes")
        assert.strictEqual(count(later, "a closes"), 1)
        assert.deepStrictEqual(yield* rooms.awake, [])
      })
    ))

  it.effect("K4: A key that handles a message or a stream is not idle.", () =>
    run(
      short,
      Effect.gen(function*() {
        const rooms = yield* Room
        const slow = yield* Effect.forkChild(
          rooms.of("a").Slow({ by: 1, millis: 1_200_000 }, { timeout: "Infinity" }),
          now
        )
        const read = yield* Effect.forkChild(Stream.runDrain(rooms.of("b").Ticks({ count: 3 })), now)
        yield* rooms.of("b").Add({ by: 1 })
        yield* TestClock.adjust("15 minutes")
        assert.sameMembers([...(yield* rooms.awake)], ["a", "b"])
        yield* Fiber.interrupt(read)
        yield* TestClock.adjust("5 minutes")
        assert.strictEqual(yield* Fiber.join(slow), 1)
        yield* TestClock.adjust("6 minutes")
        assert.deepStrictEqual(yield* rooms.awake, [])
      })
    ))

  it.effect("K4: When as many keys are awake as may be, one that is idle makes room; if all are busy, the next one waits.", () =>
    run(
      short,
      Effect.gen(function*() {
        const rooms = yield* Room
        for (const key of ["a", "b", "c"]) yield* rooms.of(key).Add({ by: 1 })
        yield* rooms.of("d").Add({ by: 1 })
        assert.strictEqual((yield* rooms.awake).length, 3)
        assert.include(yield* rooms.awake, "d")
        const [first, ...others] = yield* rooms.awake
        const busy = yield* Effect.forEach(
          [first ?? "", ...others],
          (key, index) => Effect.forkChild(rooms.of(key).Slow({ by: 1, millis: 1000 * (index + 1) }), now)
        )
        const waiting = yield* Effect.forkChild(rooms.of("e").Add({ by: 7 }), now)
        // All are busy: what they handle comes before.
        yield* rooms.awake
        assert.isUndefined(waiting.pollUnsafe())
        yield* TestClock.adjust("1 second")
        assert.strictEqual(yield* Fiber.join(waiting), 7)
        assert.notInclude(yield* rooms.awake, first)
        yield* TestClock.adjust("3 seconds")
        for (const fiber of busy) yield* Fiber.join(fiber)
      })
    ))

  it.effect("K4: With onFull \"suspend\" a message for one key more waits until another key has closed by itself or was stopped.", () =>
    run(
      suspending,
      Effect.gen(function*() {
        const rooms = yield* Room
        for (const key of ["a", "b"]) yield* rooms.of(key).Add({ by: 1 })
        const third = yield* Effect.forkChild(rooms.of("c").Add({ by: 3 }, { timeout: "Infinity" }), now)
        const fourth = yield* Effect.forkChild(rooms.of("d").Add({ by: 4 }, { timeout: "Infinity" }), now)
        const given = yield* Effect.forkChild(reason(rooms.of("e").Add({ by: 5 }, { timeout: "2 seconds" })), now)
        // Those that are awake go on.
        assert.strictEqual(yield* rooms.of("a").Add({ by: 1 }), 2)
        yield* TestClock.adjust("30 seconds")
        assert.deepInclude(yield* Fiber.join(given), { _tag: "TimedOut", handled: "no" })
        assert.isUndefined(third.pollUnsafe())
        yield* rooms.stop("a")
        assert.strictEqual(yield* Fiber.join(third), 3)
        assert.isUndefined(fourth.pollUnsafe())
        yield* TestClock.adjust("40 seconds")
        assert.strictEqual(yield* Fiber.join(fourth), 4)
        assert.sameMembers([...(yield* rooms.awake)], ["c", "d"])
        const all = yield* lines("a closes", "b closes", "d opens")
        assert.notInclude(all, "e opens")
      })
    ))

  it.effect("K4: With onFull \"fail\" a message for one key more fails with MailboxFull, and is handled once there is room.", () =>
    run(
      failing,
      Effect.gen(function*() {
        const rooms = yield* Room
        const { next } = yield* watch
        for (const key of ["a", "b"]) yield* rooms.of(key).Add({ by: 1 })
        for (const refused of [rooms.of("c").Add({ by: 3 }), rooms.wake("c")]) {
          assert.deepInclude(yield* reason(refused), { _tag: "MailboxFull", handled: "no", capacity: 2, of: "keys" })
        }
        yield* rooms.of("c").Add({ by: 3 }, { discard: true })
        assert.deepInclude(yield* next("DeadLetter"), { actor: "Room", key: "c", cause: "MailboxFull" })
        assert.strictEqual(yield* rooms.of("b").Add({ by: 1 }), 2)
        // There is nothing to stop, and nothing is opened for that.
        yield* rooms.stop("c")
        yield* rooms.stop("a")
        assert.strictEqual(yield* rooms.of("c").Add({ by: 3 }), 3)
      })
    ))

  it.effect("K3: A key that fails rests before it is built again, longer each time; others don't wait for that.", () =>
    run(
      short,
      Effect.gen(function*() {
        const rooms = yield* Room
        const { next } = yield* watch
        const broken = yield* Effect.forkChild(reason(rooms.of("broken").Add({ by: 1 })), now)
        yield* next("ActorFailed")
        assert.strictEqual(yield* rooms.of("fine").Add({ by: 1 }), 1)
        yield* TestClock.adjust("1 second")
        yield* next("ActorFailed")
        assert.isUndefined(broken.pollUnsafe())
        yield* TestClock.adjust("2 seconds")
        assert.strictEqual((yield* Fiber.join(broken))._tag, "NotRunning")
        assert.deepInclude(yield* next("KeyQuarantined"), { key: "broken", failures: 3 })
      })
    ))

  it.effect("K3: A key that has been well for a while has its budget back.", () =>
    run(
      short,
      Effect.gen(function*() {
        const rooms = yield* Room
        const { soFar } = yield* watch
        for (let n = 0; n < 6; n++) {
          assert.strictEqual((yield* reason(rooms.of("a").Die()))._tag, "Crashed")
          yield* TestClock.adjust("70 seconds")
          assert.strictEqual(yield* rooms.of("a").Add({ by: 1 }), 1)
        }
        assert.notInclude((yield* soFar).map(({ _tag }) => _tag), "KeyQuarantined")
      })
    ))

  it.effect("K3: A key whose finalizers don't end in time is quarantined, its thread is not; wake ends that.", () =>
    run(
      short,
      Effect.gen(function*() {
        const rooms = yield* Room
        const { next } = yield* watch
        yield* rooms.of("stuck").Add({ by: 1 })
        assert.strictEqual((yield* reason(rooms.of("stuck").Die()))._tag, "Crashed")
        yield* TestClock.adjust("5 seconds")
        const { cause } = yield* next("KeyQuarantined")
        assert.strictEqual(cause._tag, "Unhealthy")
        assert.strictEqual((yield* reason(rooms.of("stuck").Add({ by: 1 })))._tag, "NotRunning")
        yield* rooms.wake("stuck")
        assert.strictEqual(yield* rooms.of("stuck").Add({ by: 1 }), 1)
      })
    ))

  it.effect("K1: What builds a key and asks it fails at once, and so do messages that wait for that key.", () =>
    run(
      short,
      Effect.gen(function*() {
        const rooms = yield* Room
        const { next } = yield* watch
        const waiting = yield* Effect.forkChild(
          reason(rooms.of("asks itself").Add({ by: 1 }, { timeout: "Infinity" })),
          now
        )
        const { cause } = yield* next("ActorFailed")
        assert(cause._tag === "BuildFailed")
        assert.include(cause.message, `Room("asks itself").Add: the key is not open yet: what builds it asks it`)
        yield* TestClock.adjust("10 seconds")
        assert.strictEqual((yield* Fiber.join(waiting))._tag, "NotRunning")
        assert.strictEqual(yield* rooms.of("asks another").Add({ by: 1 }), 1)
      })
    ))

  it.effect("K1: A wake of a key that handles a message waits for nothing, unless a stop was sent before it.", () =>
    run(
      short,
      Effect.gen(function*() {
        const rooms = yield* Room
        const slow = yield* Effect.forkChild(rooms.of("a").Slow({ by: 1, millis: 1000 }, { timeout: "Infinity" }), now)
        const behind = yield* Effect.forkChild(rooms.of("a").Add({ by: 1 }, { timeout: "Infinity" }), now)
        yield* rooms.wake("a")
        assert.isUndefined(slow.pollUnsafe())
        const stopped = yield* Effect.forkChild(rooms.stop("a"), now)
        const woken = yield* Effect.forkChild(rooms.wake("a", { timeout: "Infinity" }), now)
        yield* rooms.awake
        assert.isUndefined(woken.pollUnsafe())
        yield* TestClock.adjust("1 second")
        assert.deepStrictEqual([yield* Fiber.join(slow), yield* Fiber.join(behind)], [1, 2])
        yield* Fiber.join(stopped)
        yield* Fiber.join(woken)
        assert.deepStrictEqual(yield* rooms.awake, ["a"])
        assert.strictEqual(yield* rooms.of("a").Add({ by: 1 }), 1)
      })
    ))

  it.effect("K1: A stop waits for messages sent before it, but no longer than half of the time to stop.", () =>
    run(
      short,
      Effect.gen(function*() {
        const rooms = yield* Room
        const hung = yield* Effect.forkChild(reason(rooms.of("a").Hang(undefined, { timeout: "Infinity" })), now)
        const behind = yield* Effect.forkChild(reason(rooms.of("a").Add({ by: 1 }, { timeout: "Infinity" })), now)
        const stopped = yield* Effect.forkChild(rooms.stop("a"), now)
        const after = yield* Effect.forkChild(rooms.of("a").Add({ by: 5 }, { timeout: "Infinity" }), now)
        yield* rooms.awake
        yield* TestClock.adjust("1 second")
        assert.isUndefined(stopped.pollUnsafe())
        yield* TestClock.adjust("1 second")
        yield* Fiber.join(stopped)
        assert.strictEqual((yield* Fiber.join(hung))._tag, "Crashed")
        assert.strictEqual((yield* Fiber.join(behind))._tag, "Stopping")
        assert.strictEqual(yield* Fiber.join(after), 5)
      })
    ))

  it.effect("K5: With keepAlive a key lives without messages, and is awake again after a restart, unless it was stopped.", () =>
    run(
      alive,
      Effect.gen(function*() {
        const rooms = yield* Room
        const { next } = yield* watch
        const system = yield* System.System
        yield* rooms.wake("a")
        yield* rooms.of("b").Add({ by: 1 })
        yield* rooms.wake("c")
        yield* TestClock.adjust("1 hour")
        assert.sameMembers([...(yield* rooms.awake)], ["a", "b", "c"])
        yield* rooms.stop("c")
        yield* lines("a opens", "b opens", "c closes")
        yield* (yield* Testing.Faults).crash("rooms")
        yield* TestClock.adjust("2 seconds")
        yield* next("ThreadStarted", ({ thread }) => thread === "rooms")
        yield* lines("a opens", "b opens")
        yield* system.restart("rooms")
        yield* lines("a opens", "b opens")
        assert.sameMembers([...(yield* rooms.awake)], ["a", "b"])
        // A defect doesn't end that either.
        yield* reason(rooms.of("a").Die())
        yield* TestClock.adjust("2 seconds")
        yield* lines("a opens")
        assert.include(yield* rooms.awake, "a")
      })
    ))

  it.effect("K4: Everything closes when the thread stops, each finalizer once.", () =>
    run(
      short,
      Effect.gen(function*() {
        const rooms = yield* Room
        const system = yield* System.System
        yield* Effect.forEach(["a", "b", "c"], (key) => rooms.of(key).Add({ by: 1 }))
        yield* system.stop("rooms")
        const all = yield* lines("a closes", "b closes", "c closes")
        for (const key of ["a", "b", "c"]) assert.strictEqual(count(all, `${key} closes`), 1)
        const late = yield* Effect.exit(rooms.of("a").Add({ by: 1 }))
        assert.isTrue(Exit.isFailure(late))
      })
    ))
})

/** What holds for keys on threads of any kind. */
import { assert } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { System } from "heddle"
import { Journal, Room } from "../fixtures/keyed/Room.ts"
import { reason, thread, watch } from "./watching.ts"

const now = { startImmediately: true }
const tell = { discard: true } as const

/** Reads the journal until it has a line. */
const line = (expected: string): Effect.Effect<ReadonlyArray<string>, unknown, Journal> =>
  Effect.gen(function*() {
    const journal = yield* Journal
    const all: Array<string> = []
    while (!all.includes(expected)) all.push(...(yield* journal.Read()))
    return all
  })

type Test = () => Effect.Effect<void, unknown, Journal | Room | Scope.Scope | System.System>

/** Adds the tests. `mayExit`: the thread is not main, so a handler may call `process.exit`. */
export const cases = (it: { readonly effect: (title: string, test: Test) => void }, mayExit: boolean): void => {
  it.effect("K1: A key opens with its first message, keeps its state, and is listed while it is awake.", () =>
    Effect.gen(function*() {
      const rooms = yield* Room
      assert.notInclude(yield* rooms.awake, "one")
      assert.strictEqual(yield* rooms.of("one").Add({ by: 1 }), 1)
      assert.strictEqual(yield* rooms.of("one").Add({ by: 1 }), 2)
      assert.strictEqual(yield* rooms.of("two").Add({ by: 5 }), 5)
      assert.includeMembers([...(yield* rooms.awake)], ["one", "two"])
      const self = yield* rooms.of("one").Self()
      assert.deepInclude(self, { key: "one", thread: "rooms" })
      const { actors: [status] } = yield* thread("rooms")
      assert.isAtLeast(status?.keys?.awake ?? 0, 2)
    }))

  it.effect("K2: Messages of a key run one at a time and in order; another key doesn't wait.", () =>
    Effect.gen(function*() {
      const rooms = yield* Room
      const a = rooms.of("a")
      const slow = yield* Effect.forkChild(a.Slow({ by: 1, millis: 300 }), now)
      const behind = yield* Effect.forkChild(
        Effect.forEach([1, 2, 3], () => a.Add({ by: 1 }), { concurrency: "unbounded" }),
        now
      )
      assert.strictEqual(yield* rooms.of("b").Add({ by: 1 }), 1)
      assert.isUndefined(slow.pollUnsafe())
      assert.isUndefined(behind.pollUnsafe())
      assert.strictEqual(yield* Fiber.join(slow), 1)
      assert.deepStrictEqual(yield* Fiber.join(behind), [2, 3, 4])
    }))

  it.effect("K3: A defect closes its key only: what waits runs in the next build, other keys notice nothing.", () =>
    Effect.gen(function*() {
      const rooms = yield* Room
      const { next } = yield* watch
      yield* rooms.of("calm").Add({ by: 7 })
      const c = rooms.of("c")
      const [before, died, after] = yield* Effect.all([
        Effect.exit(c.Add({ by: 5 })),
        reason(c.Die()),
        Effect.exit(c.Add({ by: 1 }))
      ], { concurrency: "unbounded" })
      assert.deepStrictEqual(before, Exit.succeed(5))
      assert(died._tag === "Crashed")
      assert.strictEqual(died.handled, "maybe")
      assert.deepStrictEqual(after, Exit.succeed(1))
      assert.deepInclude(yield* next("ActorFailed"), { actor: "Room", key: "c" })
      assert.strictEqual(yield* rooms.of("calm").Add({ by: 0 }), 7)
      assert.includeMembers([...(yield* line("c closes after a failure"))], ["c opens"])
      assert.strictEqual((yield* thread("rooms")).incarnation, 1)
    }))

  it.effect("K3: A key whose budget is spent is quarantined, with an event, and its thread goes on.", () =>
    Effect.gen(function*() {
      const rooms = yield* Room
      const { next } = yield* watch
      const broken = rooms.of("broken")
      const why = yield* reason(broken.Add({ by: 1 }))
      assert(why._tag === "NotRunning")
      assert.include(why.why, "Room(\"broken\") was given up after 3 failures")
      assert.deepInclude(yield* next("KeyQuarantined"), { actor: "Room", key: "broken", failures: 3 })
      assert.strictEqual((yield* reason(broken.Add({ by: 1 })))._tag, "NotRunning")
      const state = yield* thread("rooms")
      assert.deepInclude(state, { state: "running", incarnation: 1 })
      assert.strictEqual(state.actors[0]?.keys?.quarantined, 1)
      // Its error is that of the key.
      const error = yield* Effect.flip(broken.Refuse())
      assert.include(String(error), "Room(\"broken\").Refuse: ")
      // A stop ends the quarantine.
      yield* rooms.stop("broken")
      assert.strictEqual((yield* thread("rooms")).actors[0]?.keys?.quarantined, 0)
    }))

  it.effect("K1: stop(key) closes a key after what was sent before it; the next message builds it again.", () =>
    Effect.gen(function*() {
      const rooms = yield* Room
      const room = rooms.of("stopped")
      yield* room.Keep({ value: 3 })
      const slow = yield* Effect.forkChild(room.Slow({ by: 4, millis: 50 }), now)
      const stopped = yield* Effect.forkChild(rooms.stop("stopped"), now)
      const again = yield* Effect.forkChild(room.Add({ by: 1 }), now)
      assert.strictEqual(yield* Fiber.join(slow), 4)
      yield* Fiber.join(stopped)
      assert.strictEqual(yield* Fiber.join(again), 1)
      assert.include(yield* line("stopped closes"), "stopped opens")
      assert.deepInclude(yield* room.Self(), { kept: null })
      // What isn't awake stays so.
      yield* rooms.stop("nobody")
      assert.notInclude(yield* rooms.awake, "nobody")
    }))

  it.effect("K3: What a key keeps is there in its next build.", () =>
    Effect.gen(function*() {
      const rooms = yield* Room
      const room = rooms.of("keeper")
      assert.deepInclude(yield* room.Self(), { kept: null })
      yield* room.Keep({ value: 42 })
      yield* reason(room.Die())
      assert.deepInclude(yield* room.Self(), { kept: 42, incarnation: 2 })
      assert.deepInclude(yield* rooms.of("other").Self(), { kept: null })
    }))

  it.effect("K1: wake(key) opens a key, and fails if that can't be done.", () =>
    Effect.gen(function*() {
      const rooms = yield* Room
      yield* rooms.wake("woken")
      assert.include(yield* rooms.awake, "woken")
      assert.strictEqual((yield* reason(rooms.wake("broken too")))._tag, "NotRunning")
    }))

  it.effect("K2: A stream keeps its key busy, and the key's other messages don't wait for it.", () =>
    Effect.gen(function*() {
      const rooms = yield* Room
      const room = rooms.of("streaming")
      const read = yield* Stream.runCollect(Stream.take(room.Ticks({ count: 10 }), 5))
      assert.deepStrictEqual([...read], [1, 2, 3, 4, 5])
      assert.strictEqual(yield* room.Add({ by: 1 }), 1)
    }))

  const crash: Test = () =>
    Effect.gen(function*() {
      const rooms = yield* Room
      const patient = { timeout: "20 seconds" } as const
      const running = yield* Effect.forEach(
        ["x", "y"],
        (key) => Effect.forkChild(reason(rooms.of(key).Hang(undefined, patient)), now)
      )
      const waiting = yield* Effect.forkChild(
        Effect.forEach(["x", "y", "x", "y"], (key) => rooms.of(key).Add({ by: 1 }, patient), {
          concurrency: "unbounded"
        }),
        now
      )
      const crashed = yield* reason(rooms.of("z").Exit(undefined, patient))
      assert.strictEqual(crashed._tag, "Crashed")
      for (const fiber of running) assert.strictEqual((yield* Fiber.join(fiber))._tag, "Crashed")
      assert.deepStrictEqual(yield* Fiber.join(waiting), [1, 1, 2, 2])
    })
  if (mayExit) it.effect("K2: A crash of the thread: what ran is Crashed, what waited runs once, for each key.", crash)

  it.effect("D12: A call of a key to itself fails at once, and names the circle.", () =>
    Effect.gen(function*() {
      const rooms = yield* Room
      assert.strictEqual(yield* rooms.of("ask").Ask({ room: "asked", by: 2 }), 2)
      const why = yield* reason(rooms.of("ask").Ask({ room: "ask", by: 2 }))
      assert(why._tag === "TimedOut")
      assert.isTrue(why.deadlock)
      assert.deepStrictEqual(why.cycle, ["Room(\"ask\")", "Room(\"ask\")"])
    }))

  it.effect("K3: Actor.fatal gives a key up at once; a dead letter names its key.", () =>
    Effect.gen(function*() {
      const rooms = yield* Room
      const { next } = yield* watch
      const room = rooms.of("lost")
      yield* room.Fatal(undefined, tell)
      yield* room.Add({ by: 1 }, tell)
      assert.deepInclude(yield* next("KeyQuarantined"), { key: "lost", failures: 1 })
      const letter = yield* next("DeadLetter", ({ request }) => request === "Add")
      assert.deepInclude(letter, { actor: "Room", key: "lost", cause: "NotRunning" })
      assert.include(letter.why, "Room(\"lost\").Add: ")
    }))
}

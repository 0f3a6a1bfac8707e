/** What becomes of tells that were accepted, when the thread that told them ends. */
import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { System } from "heddle"
import config from "../fixtures/telling/config.ts"
import { type Ending, Listener, Roommate, Teller } from "../fixtures/telling/Teller.ts"
import { quietly, thread, watch } from "./watching.ts"

const now = { startImmediately: true }
const patient = { timeout: "30 seconds" } as const

/** Collects dead letters until they are about so many messages. */
const letters = (events: Effect.Success<typeof watch>, count: number) =>
  Effect.gen(function*() {
    let sum = 0
    while (sum < count) {
      const letter = yield* events.next("DeadLetter", ({ request }) => request === "" || request === "Hear")
      assert.strictEqual(letter.senderThread, "teller")
      assert.strictEqual(letter.sender, letter.request === "" ? "teller" : "Teller")
      sum += letter.count
    }
    return sum
  })

layer(quietly(System.layer(config)), { excludeTestServices: true, timeout: "60 seconds" })("dead letters", (it) => {
  for (const ending of ["exit", "throw"] satisfies ReadonlyArray<Ending>) {
    it.effect(`D11: What was told in the turn in which the sender ends (${ending}) is delivered.`, () =>
      Effect.gen(function*() {
        const teller = yield* Teller
        const listener = yield* Listener
        const events = yield* watch
        const before = yield* listener.Heard(undefined, patient)
        yield* Effect.exit(teller.Tell({ to: "Listener", count: 10, ending }, patient))
        yield* events.next("ThreadStarted", ({ thread }) => thread === "teller")
        assert.strictEqual((yield* listener.Heard(undefined, patient)) - before, 10)
      }))
  }

  for (const ending of ["exit", "throw", "spin"] satisfies ReadonlyArray<Ending>) {
    it.effect(`D11: What an actor told its neighbour is reported when their thread ends (${ending}).`, () =>
      Effect.gen(function*() {
        const teller = yield* Teller
        const roommate = yield* Roommate
        const events = yield* watch
        const holding = yield* Effect.forkChild(Effect.exit(roommate.Hold(undefined, patient)), now)
        yield* Effect.exit(teller.Tell({ to: "Roommate", count: 7, ending }, patient))
        assert.strictEqual(yield* letters(events, 7), 7)
        yield* Fiber.await(holding)
        assert.strictEqual(yield* roommate.Heard(undefined, patient), 0)
      }))
  }

  it.effect("D11: What was told in the turn of a thread that had to be terminated is reported by count.", () =>
    Effect.gen(function*() {
      const teller = yield* Teller
      const events = yield* watch
      yield* Effect.forkChild(Effect.exit(teller.Tell({ to: "Listener", count: 10, ending: "spin" }, patient)), now)
      const letter = yield* events.next("DeadLetter")
      assert.deepInclude(letter, { actor: "Listener", sender: "teller", count: 10, request: "", cause: "SenderEnded" })
      assert.match(letter.why, /10 messages that thread "teller" had told Listener did not run/)
    }))

  it.effect("D11: An orderly restart reports what neighbours had told each other.", () =>
    Effect.gen(function*() {
      const system = yield* System.System
      const teller = yield* Teller
      const roommate = yield* Roommate
      const events = yield* watch
      const holding = yield* Effect.forkChild(Effect.exit(roommate.Hold(undefined, patient)), now)
      yield* teller.Tell({ to: "Roommate", count: 5, ending: "none" }, patient)
      yield* system.restart("teller")
      assert.strictEqual(yield* letters(events, 5), 5)
      yield* Fiber.await(holding)
      assert.strictEqual(yield* roommate.Heard(undefined, patient), 0)
    }))

  it.effect("D11: When sender and receiver end, one after the other, what waits is reported.", () =>
    Effect.gen(function*() {
      const system = yield* System.System
      const teller = yield* Teller
      const listener = yield* Listener
      const events = yield* watch
      const holding = yield* Effect.forkChild(Effect.exit(listener.Hold(undefined, patient)), now)
      yield* teller.Tell({ to: "Listener", count: 6, ending: "none" }, patient)
      yield* system.inject("teller", "exit")
      yield* events.next("ThreadStarted", ({ thread }) => thread === "teller")
      yield* system.inject("listener", "exit")
      assert.strictEqual(yield* letters(events, 6), 6)
      yield* Fiber.await(holding)
      yield* system.start("listener")
      assert.strictEqual(yield* listener.Heard(undefined, patient), 0)
    }))

  for (const how of ["crash", "restart", "stop"] as const) {
    it.effect(`D11: What waits for an actor in back-off is reported when its sender ends (${how}).`, () =>
      Effect.gen(function*() {
        const system = yield* System.System
        const teller = yield* Teller
        const listener = yield* Listener
        const events = yield* watch
        yield* Effect.exit(listener.Crash(undefined, patient))
        yield* events.next("ThreadRestarting", ({ thread }) => thread === "listener")
        yield* teller.Tell({ to: "Listener", count: 8, ending: "none" }, patient)
        yield* how === "crash" ? system.inject("teller", "exit") : system[how]("teller")
        assert.strictEqual(yield* letters(events, 8), 8)
        yield* system.start("teller")
        yield* teller.Tell({ to: "Listener", count: 3, ending: "none" }, patient)
        yield* system.start("listener")
        // The next teller's messages are delivered, and those of the last one are not.
        assert.strictEqual(
          yield* Effect.repeat(listener.Heard(undefined, patient), { until: (count) => count >= 3 }),
          3
        )
        assert.deepInclude(yield* thread("listener"), { state: "running" })
        assert.isFalse((yield* events.soFar).some(({ _tag }) => _tag === "DeadLetter"))
      }))
  }
})

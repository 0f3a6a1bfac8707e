import { afterAll, assert, describe, it, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { ExitCause, System } from "heddle"
import config from "../fixtures/defects/config.ts"
import escalating from "../fixtures/defects/escalating.ts"
import { Brittle, Clinging, Fragile, Roommate, Wide } from "../fixtures/defects/Fragile.ts"
import { journal, quietly, reason, thread, watch } from "./watching.ts"

const paper = journal()
afterAll(paper.remove)

const now = { startImmediately: true }

layer(quietly(System.layer(config)), { excludeTestServices: true, timeout: "1 minute" })(
  "defects of actors",
  (it) => {
    it.effect("F2: A defect in a handler restarts the actor in its thread, and nobody else.", () =>
      Effect.gen(function*() {
        const fragile = yield* Fragile
        const roommate = yield* Roommate
        const before = yield* thread("home")
        yield* fragile.Count()
        const roommatesCount = yield* roommate.Count()
        const events = yield* watch
        const crashed = yield* reason(fragile.Die())
        assert(crashed._tag === "Crashed")
        assert.strictEqual(crashed.handled, "maybe")
        assert(crashed.cause._tag === "Defect")
        assert.strictEqual(crashed.cause.actor, "Fragile")
        assert.match(ExitCause.stack(crashed.cause), /TypeError: a bug[^]*its root/)
        const failed = yield* events.next("ActorFailed")
        assert.strictEqual(failed.actor, "Fragile")
        assert.strictEqual((yield* events.next("ActorStarted")).actor, "Fragile")
        assert.strictEqual(yield* fragile.Count(), 1)
        assert.strictEqual(yield* roommate.Count(), roommatesCount + 1)
        const after = yield* thread("home")
        assert.strictEqual(after.incarnation, before.incarnation)
        const [roommateStatus, fragileStatus] = after.actors
        assert.strictEqual(roommateStatus?.restarts, 0)
        assert.strictEqual(fragileStatus?.restarts, 1)
        assert.deepStrictEqual(fragileStatus?.lastCause, crashed.cause)
      }))

    const afterDefect = (message: "Die" | "DieSlowly") =>
      Effect.gen(function*() {
        const fragile = yield* Fragile
        yield* fragile.Count()
        const dying = yield* Effect.forkChild(reason(fragile[message]()), now)
        const counts = yield* Effect.forEach(Array.from({ length: 20 }), () => fragile.Count(), {
          concurrency: "unbounded"
        })
        assert.strictEqual((yield* Fiber.join(dying))._tag, "Crashed")
        assert.deepStrictEqual(counts, Array.from({ length: 20 }, (_, index) => index + 1))
      })
    it.effect("F2, D2: What waits behind a defect runs in the next incarnation, in order.", () => afterDefect("Die"))
    it.effect("F2, D2: What waits behind a handler that dies after a while runs in the next incarnation, too.", () =>
      afterDefect("DieSlowly"))

    it.effect("F2: Other handlers of the same actor get Crashed, and what waits does not.", () =>
      Effect.gen(function*() {
        const wide = yield* Wide
        const held = yield* Effect.forEach(
          Array.from({ length: 9 }),
          () => Effect.forkChild(reason(wide.Hold()), now)
        )
        const dying = yield* Effect.forkChild(reason(wide.Die()), now)
        const counts = yield* Effect.forEach([1, 2, 3], () => wide.Count(), { concurrency: "unbounded" })
        for (const fiber of [...held, dying]) {
          const crashed = yield* Fiber.join(fiber)
          assert(crashed._tag === "Crashed")
          assert.strictEqual(crashed.handled, "maybe")
          assert.match(ExitCause.format(crashed.cause), /^Wide died: a bug$/)
        }
        assert.deepStrictEqual(counts, [1, 2, 3])
      }))

    it.effect("A reply that comes later holds no place, and gives back only its own.", () =>
      Effect.gen(function*() {
        const fragile = yield* Fragile
        const later = yield* Effect.forEach([1, 2, 3], () => Effect.forkChild(fragile.Later(), now))
        yield* fragile.Release()
        yield* Effect.forEach(later, Fiber.join)
        const most = yield* Effect.forEach([1, 2, 3, 4], () => fragile.Busy(), { concurrency: "unbounded" })
        assert.deepStrictEqual(most, [1, 1, 1, 1])
      }))

    it.effect("F2: Work in the background that dies restarts the actor.", () =>
      Effect.gen(function*() {
        const fragile = yield* Fragile
        yield* fragile.Count()
        const events = yield* watch
        yield* fragile.DieInBackground()
        assert.match(
          ExitCause.format((yield* events.next("ActorFailed")).cause),
          /^Fragile died: a bug in the background$/
        )
        assert.strictEqual(yield* fragile.Count(), 1)
      }))

    it.effect("F12: A health check that fails restarts the actor.", () =>
      Effect.gen(function*() {
        const fragile = yield* Fragile
        const events = yield* watch
        yield* fragile.Sicken()
        const { cause } = yield* events.next("ActorFailed")
        assert.strictEqual(ExitCause.format(cause), "Fragile failed its health check: deaf since a while")
        assert.strictEqual(yield* fragile.Count(), 1)
      }))

    for (const message of ["Stun", "Jam"] as const) {
      it.effect(`F12: A health check that does not return restarts the actor (${message}).`, () =>
        Effect.gen(function*() {
          const fragile = yield* Fragile
          const events = yield* watch
          yield* fragile[message]()
          const { cause } = yield* events.next("ActorFailed")
          assert.match(ExitCause.format(cause), /^Fragile failed its health check: it did not return within 50 ms$/)
          assert.strictEqual(yield* fragile.Count(), 1)
        }))
    }

    it.effect("F13: A kept value survives a crash of the actor and of the thread.", () =>
      Effect.gen(function*() {
        const system = yield* System.System
        const fragile = yield* Fragile
        yield* fragile.Keep({ word: "one" })
        yield* reason(fragile.Die())
        assert.strictEqual(yield* fragile.Kept(), "one")
        yield* fragile.Keep({ word: "two" })
        const events = yield* watch
        yield* system.inject("home", "exit")
        yield* events.next("ThreadExited")
        assert.strictEqual(yield* fragile.Kept(), "two")
      }))

    it.effect("S5: Each incarnation's finalizers run exactly once.", () =>
      Effect.gen(function*() {
        const system = yield* System.System
        const fragile = yield* Fragile
        yield* system.restart("home")
        paper.clear()
        yield* reason(fragile.Die())
        yield* reason(fragile.Die())
        yield* fragile.Count()
        yield* system.restart("home")
        const lines = paper.lines().filter((line) => line.startsWith("Fragile"))
        assert.deepStrictEqual(lines, [
          "Fragile 1 closes",
          "Fragile 2 opens",
          "Fragile 2 closes",
          "Fragile 3 opens",
          "Fragile 3 closes",
          "Fragile 1 opens"
        ])
      }))

    it.effect("F2: An actor's spent budget fails its thread, which comes back.", () =>
      Effect.gen(function*() {
        const brittle = yield* Brittle
        const clinging = yield* Clinging
        yield* clinging.Count()
        const before = yield* thread("edge")
        const events = yield* watch
        yield* reason(brittle.Die())
        yield* reason(brittle.Die())
        const exited = yield* events.next("ThreadExited")
        assert.strictEqual(ExitCause.format(exited.cause), "Brittle died: a bug")
        assert.isFalse(exited.asked)
        assert.strictEqual(yield* brittle.Count(), 1)
        assert.strictEqual((yield* thread("edge")).incarnation, before.incarnation + 1)
      }))

    it.effect("S5: A finalizer that never ends costs its thread, not the system.", () =>
      Effect.gen(function*() {
        const clinging = yield* Clinging
        const events = yield* watch
        yield* reason(clinging.Die())
        const exited = yield* events.next("ThreadExited")
        assert.match(
          ExitCause.format(exited.cause),
          /Clinging.*finalizers did not end within \d+ ms after: Clinging died/
        )
        assert.strictEqual(yield* clinging.Count(), 1)
      }))

    it.effect("F11, F6: Actor.fatal gives the thread up at once; quarantined, it can be started again.", () =>
      Effect.gen(function*() {
        const system = yield* System.System
        const wide = yield* Wide
        const brittle = yield* Brittle
        const events = yield* watch
        const refused = yield* reason(wide.Despair())
        assert(refused._tag === "Crashed")
        const gaveUp = yield* events.next("GaveUp")
        assert.strictEqual(gaveUp.thread, "home")
        assert.strictEqual(ExitCause.format(gaveUp.cause), "Wide gave up: the token was refused")
        const notRunning = yield* reason(wide.Count())
        assert(notRunning._tag === "NotRunning")
        assert.strictEqual(notRunning.handled, "no")
        assert.include(notRunning.why, "the token was refused")
        assert.includeMembers(Array.from(notRunning.known), ["Fragile", "Wide", "Roommate", "Brittle", "Clinging"])
        assert.strictEqual((yield* thread("home")).state, "quarantined")
        yield* brittle.Count()
        yield* system.start("home")
        assert.strictEqual(yield* wide.Count(), 1)
      }))
  }
)

describe("escalation", () => {
  it.live("F6, F17: A thread's spent budget stops the system in order, finalizers included.", () =>
    Effect.gen(function*() {
      const brittle = yield* Brittle
      const roommate = yield* Roommate
      yield* roommate.Count()
      paper.clear()
      const events = yield* watch
      const ended = yield* Effect.forkChild(Effect.flip((yield* System.System).ended), now)
      const failures = yield* Effect.forkChild(
        Effect.forever(Effect.ignore(brittle.Die())),
        now
      )
      const gaveUp = yield* events.next("GaveUp")
      assert.strictEqual(gaveUp.thread, "second")
      assert.strictEqual(gaveUp.failures, 2)
      yield* events.next("Stopping", ({ why }) => why === "gave up on thread \"second\"")
      yield* events.next("ThreadExited", (event) => event.thread === "first" && event.asked)
      const stopped = yield* events.next("Stopped")
      assert.deepStrictEqual(stopped.terminated, [])
      const error = yield* Fiber.join(ended)
      assert(error._tag === "GaveUp")
      assert.deepStrictEqual([error.thread, error.failures, error.cause], ["second", 2, gaveUp.cause])
      yield* Fiber.interrupt(failures)
      assert.strictEqual(paper.lines().at(-1), "Roommate 1 closes")
      assert.strictEqual((yield* reason(roommate.Count()))._tag, "NotRunning")
    }).pipe(Effect.provide(quietly(System.layer(escalating)))))
})

import { afterAll, afterEach, assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import { System } from "heddle"
import config from "../fixtures/standby/config.ts"
import { Keeper } from "../fixtures/standby/Keeper.ts"
import { journal, quietly, reason, thread, watch } from "./watching.ts"

const paper = journal()
afterAll(paper.remove)
afterEach(() => {
  paper.clear()
  delete process.env["HEDDLE_TEST_IMPORT"]
  delete process.env["HEDDLE_TEST_VERSION"]
  delete process.env["HEDDLE_TEST_LINGER"]
})

const system = quietly(System.layer(config))
const labels = Array.from({ length: 50 }, (_, index) => `note ${index + 1}`)

/** The numbers of the threads that have imported the layer, in order. */
const importers = (): ReadonlyArray<number> =>
  paper.lines().flatMap((line) => line.startsWith("imported by ") ? [Number(line.slice("imported by ".length))] : [])

/** What main holds of the threads: two ports of each (its own, and that of its `parentPort`), and one of each link. */
const ports = (): number => process.getActiveResourcesInfo().filter((name) => name === "MessagePort").length
/** Before the first of them. */
const before = ports()
const become = (count: number) => Effect.repeat(Effect.sleep(10), { until: () => ports() === count })

describe("a thread with a standby thread", () => {
  it.live("F23: A thread with a standby thread is taken over by it: loaded before, with what was kept and what waited, in order.", () =>
    Effect.gen(function*() {
      const keeper = yield* Keeper
      const events = yield* watch
      yield* events.next("StandbyReady")
      yield* keeper.Keep({ word: "one" })
      yield* reason(keeper.Die())
      const answers = yield* Effect.forEach(labels, (label) => keeper.Note({ label }), { concurrency: "unbounded" })
      assert.deepStrictEqual(answers, labels)
      assert.deepStrictEqual(paper.lines().filter((line) => line.startsWith("note ")), labels)
      assert.strictEqual(yield* keeper.Kept(), "one")
      const status = yield* thread("vault")
      assert.strictEqual(status.incarnation, 2)
      assert.strictEqual(status.restarts, 1)
      assert.strictEqual(yield* keeper.Where(), importers()[1])

      // And so is the next one, by the next.
      yield* events.next("StandbyReady")
      yield* reason(keeper.Die())
      assert.strictEqual(yield* keeper.Where(), importers()[2])
      assert.strictEqual(yield* keeper.Kept(), "one")
    }).pipe(Effect.provide(system)))

  for (const how of ["throws", "dies"] as const) {
    it.live(`F23: A thread does not fail with its standby thread (whose import ${how}), and is given another when it starts again.`, () =>
      Effect.gen(function*() {
        const keeper = yield* Keeper
        const events = yield* watch
        yield* events.next("StandbyReady")
        process.env["HEDDLE_TEST_IMPORT"] = how
        yield* reason(keeper.Die())
        const { cause, thread: name } = yield* events.next("StandbyFailed")
        assert.strictEqual(name, "vault")
        if (how === "dies") assert.deepStrictEqual(cause, { _tag: "Exited", code: 3, how: "process.exit" })
        else {assert.deepInclude(cause, {
            _tag: "BuildFailed",
            actor: "Keeper",
            message: "the layer's module has a bug"
          })}
        assert.strictEqual(yield* keeper.Note({ label: "still here" }), "still here")
        assert.strictEqual((yield* thread("vault")).incarnation, 2)

        delete process.env["HEDDLE_TEST_IMPORT"]
        const before = importers().length
        yield* reason(keeper.Die())
        assert.strictEqual(yield* keeper.Where(), importers()[before])
        yield* events.next("StandbyReady")
      }).pipe(Effect.provide(system)))
  }

  it.live("F23: A thread with a standby thread takes the program as it is when a restart is asked for, and as it was when it crashes.", () =>
    Effect.gen(function*() {
      const { restart } = yield* System.System
      const keeper = yield* Keeper
      const events = yield* watch
      yield* events.next("StandbyReady")
      process.env["HEDDLE_TEST_VERSION"] = "new"
      yield* restart("vault")
      assert.strictEqual(yield* keeper.Version(), "new")
      yield* events.next("StandbyReady")
      process.env["HEDDLE_TEST_VERSION"] = "newer"
      yield* reason(keeper.Die())
      assert.strictEqual(yield* keeper.Version(), "new")
    }).pipe(Effect.provide(system)))

  it.live("F23: A thread with a standby thread has none while it is stopped.", () =>
    Effect.gen(function*() {
      const { start, stop } = yield* System.System
      const events = yield* watch
      yield* events.next("StandbyReady")
      const running = ports()
      yield* stop("vault")
      yield* become(running - 5)
      yield* start("vault")
      yield* events.next("StandbyReady")
      assert.strictEqual(ports(), running)
    }).pipe(Effect.provide(system)))

  it.live("S4: A thread with a standby thread is given none once the system ends, however long that takes.", () =>
    Effect.gen(function*() {
      process.env["HEDDLE_TEST_LINGER"] = "1000"
      yield* Effect.gen(function*() {
        const keeper = yield* Keeper
        const events = yield* watch
        yield* events.next("StandbyReady")
        yield* reason(keeper.Die())
        yield* keeper.Where()
      }).pipe(Effect.provide(system))
      assert.lengthOf(importers(), 2)
    }))

  it.live("S2: A thread with a standby thread leaves no thread behind, even when its standby thread hangs while it loads.", () =>
    Effect.gen(function*() {
      yield* become(before)
      const scope = yield* Scope.make()
      const context = yield* Layer.buildWithScope(system, scope)
      yield* Effect.gen(function*() {
        const keeper = yield* Keeper
        const events = yield* watch
        yield* events.next("StandbyReady")
        process.env["HEDDLE_TEST_IMPORT"] = "spins"
        yield* reason(keeper.Die())
        yield* Effect.repeat(Effect.sleep(10), { until: () => importers().length >= 3 })
        assert.lengthOf(importers(), 3)
      }).pipe(Effect.scoped, Effect.provideContext(context))
      const began = performance.now()
      yield* Scope.close(scope, Exit.void)
      // Nobody waits until it stops by itself, for which a thread has 5 s.
      assert.isBelow(performance.now() - began, 4500)
      // Handles are closed at the end of the turn in which they were let go.
      yield* become(before)
    }))
})

import { afterAll, afterEach, assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import { System } from "heddle"
import config from "../fixtures/starting/config.ts"
import hurried from "../fixtures/starting/hurried.ts"
import { Early, Late } from "../fixtures/starting/Runner.ts"
import { journal, quietly } from "./watching.ts"

const paper = journal()
afterAll(paper.remove)
afterEach(() => {
  paper.clear()
  delete process.env["HEDDLE_TEST_LATE"]
})

const system = quietly(System.layer(config))

describe("the start of a system", () => {
  it.live("F7: Threads start in their order; what was sent before arrives after, in order.", () =>
    Effect.gen(function*() {
      const early = yield* Early
      const late = yield* Late
      assert.deepStrictEqual(paper.lines(), ["Early opens", "Late begins", "Late opens"])
      const all = Array.from({ length: 100 }, (_, index) => index + 1)
      assert.deepStrictEqual(yield* early.Records(), all)
      assert.deepStrictEqual(yield* late.Records(), all)
    }).pipe(
      Effect.provide(system),
      Effect.andThen(Effect.sync(() => {
        assert.deepStrictEqual(paper.lines().slice(3), ["Late closes", "Early closes"])
      }))
    ))

  it.live("F7: A start that takes too long fails the system, named, and what had started stops in reverse.", () =>
    Effect.gen(function*() {
      process.env["HEDDLE_TEST_LATE"] = "never"
      const failed = yield* Effect.flip(Effect.scoped(Layer.build(quietly(System.layer(hurried)))))
      assert(failed._tag === "StartFailed")
      assert.strictEqual(failed.thread, "two")
      // On a busy machine it still loads, and where it does follows.
      assert.match(failed.message, /^thread "two" did not start: it was not ready within 1000 ms(, at |$)/)
      assert.deepStrictEqual(paper.lines().filter((line) => line !== "Late begins"), ["Early opens", "Early closes"])
      // The names are free again.
      delete process.env["HEDDLE_TEST_LATE"]
      yield* Effect.scoped(Layer.build(system))
    }))

  it.live("S4: A stop during start is a stop, finalizers included.", () =>
    Effect.gen(function*() {
      process.env["HEDDLE_TEST_LATE"] = "never"
      const scope = yield* Scope.make()
      const starting = yield* Effect.forkChild(Effect.exit(Layer.buildWithScope(system, scope)), {
        startImmediately: true
      })
      yield* Effect.repeat(Effect.sleep(20), { until: () => paper.lines().includes("Late begins") })
      const before = performance.now()
      yield* Fiber.interrupt(starting)
      yield* Scope.close(scope, Exit.void)
      // Without the stop it would go on for `startTimeout`, which is 30 s.
      assert.isBelow(performance.now() - before, 15_000)
      assert.deepStrictEqual(paper.lines(), ["Early opens", "Late begins", "Late closes", "Early closes"])
    }))
})

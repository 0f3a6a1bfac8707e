import { assert, layer } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Stream from "effect/Stream"
import { ActorError, Pool, System } from "heddle"
import config from "../fixtures/instances/config.ts"
import { Torn, Work } from "../fixtures/instances/Work.ts"
import { quietly } from "./watching.ts"

/** Where an error arose comes before where it was asked for, and nothing of the libraries between. */
const assertStack = (stack: string | undefined, arose: RegExp) => {
  assert.isDefined(stack)
  const [there = "", here = ""] = stack.split("--- asked for by ---")
  assert.match(there, arose)
  assert.include(there, "WorkLayer.ts")
  assert.include(here, "taskErrors.test.ts")
  assert.notMatch(stack, /node_modules\/effect|src\/Pool\.ts|src\/link/)
}

layer(quietly(System.layer(config)), { excludeTestServices: true, timeout: "1 minute" })(
  "errors of tasks on real threads",
  (it) => {
    it.effect("F25: T15: A declared error arrives with its type, message, cause and stack, and the caller's stack after it.", () =>
      Effect.gen(function*() {
        const work = yield* Work
        const error = yield* Effect.flip(work.Tear({ page: 7 }))
        assert(error instanceof Torn)
        assert.strictEqual(error.message, "page 7 is torn")
        assert(error.cause instanceof Error)
        assert.strictEqual(error.cause.message, "wet paper")
        assertStack(error.stack, /page 7 is torn\n {4}at tearPage /)
        assert.match(Cause.pretty(Cause.fail(error)), /at tearPage [^]*asked for by[^]*taskErrors\.test\.ts/)
      }))

    it.effect("F25: T15: A bug arrives as Crashed, with the stack of what was thrown, its cause, and the caller's stack.", () =>
      Effect.gen(function*() {
        const work = yield* Work
        const error = yield* Effect.flip(work.Bug())
        assert(ActorError.isActorError(error))
        assert.match(error.stack ?? "", /^ActorError: Work\.Bug: the actor ended while/)
        assertStack(error.stack, /TypeError: no such page\n {4}at causeBug /)
        assert.include(error.stack, "wet paper")
      }))

    it.effect("F25: T15: An error of Pool.map says where the map was made, whether it stops the stream or is collected.", () =>
      Effect.gen(function*() {
        const work = yield* Work
        const stopped = yield* Effect.flip(Stream.runDrain(Pool.map(work.Tear, [{ page: 1 }])))
        assert(stopped instanceof Torn)
        assertStack(stopped.stack, /at tearPage /)
        const [exit] = yield* Stream.runCollect(Pool.map(work.Tear, [{ page: 2 }], { failures: "collect" }))
        assert(exit !== undefined && Exit.isFailure(exit))
        const error = Cause.squash(exit.cause)
        assert(error instanceof Torn)
        assertStack(error.stack, /at tearPage /)
      }))
  }
)

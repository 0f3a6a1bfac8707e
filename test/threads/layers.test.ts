import { afterAll, afterEach, assert, beforeEach, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { System } from "heddle"
import * as Testing from "heddle/Testing"
import config from "../fixtures/layered/config.ts"
import hurried from "../fixtures/layered/hurried.ts"
import { Orders, Users } from "../fixtures/layered/Shop.ts"
import { journal, quietly, thread, watch } from "./watching.ts"

const paper = journal()
beforeEach(paper.clear)
afterAll(paper.remove)
afterEach(() => {
  delete process.env["HEDDLE_TEST_SYSTEM_LAYER"]
  delete process.env["HEDDLE_TEST_THREAD_LAYER"]
})

const system = quietly(System.layer(config))
const simulated = quietly(Testing.layer(config))

/** How a system fails to start. */
const failure = (declared: typeof config) => Effect.flip(Effect.provide(Effect.void, quietly(System.layer(declared))))

const alone = { site: 1, pool: 1, cache: 1 }

describe("the layers of threads and systems", () => {
  it.live("F24: The system's layer is built first, on main before the threads; then the thread's, then the actors'; they are closed in reverse.", () =>
    Effect.gen(function*() {
      yield* Effect.gen(function*() {
        assert.deepStrictEqual(yield* (yield* Users).Instances(), { ...alone, desk: 1 })
        assert.deepStrictEqual(yield* (yield* Orders).Instances(), alone)
        assert.strictEqual(yield* (yield* Orders).Ping(), "pool at thread")
      }).pipe(Effect.provide(system))
      const opening = paper.lines().filter((line) => line.endsWith("opened"))
      assert.deepStrictEqual(
        opening.filter((line) => line !== "cache opened" && line !== "desk opened"),
        ["site of main opened", "site of thread opened", "pool opened", "Users opened", "Orders opened"]
      )
      assert.deepStrictEqual(
        paper.lines().filter((line) => line.endsWith("closed") && line !== "desk closed"),
        ["Orders closed", "Users closed", "cache closed", "pool closed", "site of thread closed", "site of main closed"]
      )
    }))

  it.live("F24: Each incarnation of a thread has its own layers, and a failed one closes them.", () =>
    Effect.gen(function*() {
      const events = yield* watch
      const users = yield* Users
      yield* users.Ping()
      yield* (yield* System.System).restart("data")
      yield* events.next("ThreadStarted")
      assert.strictEqual(yield* users.Ping(), "pool at thread")
      const pools = paper.lines().filter((line) => line.startsWith("pool"))
      assert.deepStrictEqual(pools, ["pool opened", "pool closed", "pool opened"])
    }).pipe(Effect.provide(system)))

  it.live("F24: A layer that two actors provide is one, lives as long as one of them does, and is built again after both.", () =>
    Effect.gen(function*() {
      const events = yield* watch
      const users = yield* Users
      const orders = yield* Orders
      const again = (actor: string) => events.next("ActorStarted", (event) => event.actor === actor)
      yield* Effect.exit(users.Die())
      yield* again("Users")
      // Orders has held the cache; nobody else has held the desk.
      assert.deepStrictEqual(yield* users.Instances(), { ...alone, desk: 2 })
      assert.deepStrictEqual(yield* orders.Instances(), alone)
      yield* Effect.exit(orders.Die())
      yield* again("Orders")
      assert.deepStrictEqual(yield* orders.Instances(), alone)
      assert.deepStrictEqual(paper.lines().filter((line) => line.startsWith("cache")), ["cache opened"])
      assert.deepStrictEqual(paper.lines().filter((line) => line.startsWith("pool")), ["pool opened"])
      assert.strictEqual((yield* thread("data")).incarnation, 1)
    }).pipe(Effect.provide(system)))

  it.live("F24: Layers are built and closed in the same order on simulated threads.", () =>
    Effect.gen(function*() {
      yield* Effect.gen(function*() {
        const users = yield* Users
        // All of it is this process: main's site is the first.
        assert.strictEqual((yield* users.Instances())["cache"], (yield* (yield* Orders).Instances())["cache"])
        yield* (yield* Testing.Faults).crash("data")
        yield* users.Ping()
      }).pipe(Effect.provide(simulated))
      const count = (line: string) => paper.lines().filter((other) => other === line).length
      assert.deepStrictEqual([count("pool opened"), count("pool closed")], [2, 2])
      assert.deepStrictEqual([count("site of main opened"), count("site of main closed")], [3, 3])
    }))

  it.live("D13: The client's part of middleware comes from the system's layer, for actors and for the program.", () =>
    Effect.gen(function*() {
      assert.strictEqual(yield* (yield* Users).Signature(), "main")
      assert.strictEqual(yield* (yield* Orders).SignatureOfUsers(), "thread")
    }).pipe(Effect.provide(system)))

  for (
    const [variable, fault, thread, tag, words] of [
      ["THREAD", "fail", "data", "BuildFailed", `the layer of thread "data" could not be built: no connection`],
      ["THREAD", "hang", "data", "StartTimedOut", "it was not ready within 2000 ms"],
      ["THREAD", "import", "data", "LoadFailed", `it could not load the layer of thread "data": the module throws`],
      ["SYSTEM", "fail", "main", "BuildFailed", `the system's layer could not be built: no such site`]
    ] as const
  ) {
    it.live(`F24: The layer of ${variable} that does "${fault}" is named by the start that fails.`, () =>
      Effect.gen(function*() {
        process.env[`HEDDLE_TEST_${variable}_LAYER`] = fault
        const error = yield* failure(fault === "hang" ? hurried : config)
        assert(error._tag === "StartFailed")
        assert.strictEqual(error.thread, thread)
        assert.strictEqual(error.cause._tag, tag)
        assert.include(error.message, words)
        assert.notInclude(paper.lines().join(), "Users")
        // What was opened before is closed, unless the thread had to be terminated.
        if (fault === "hang") return
        const count = (end: string) => paper.lines().filter((line) => line.endsWith(end)).length
        assert.strictEqual(count("opened"), count("closed"))
      }))
  }

  it.live("F24: A layer that fails on a later start is a failure of the thread, which tries again.", () =>
    Effect.gen(function*() {
      const events = yield* watch
      const { inject } = yield* System.System
      process.env["HEDDLE_TEST_THREAD_LAYER"] = "fail"
      yield* inject("data", "throw")
      yield* events.next("ThreadExited", ({ cause }) => cause._tag === "Thrown")
      const failed = yield* events.next("ThreadExited")
      assert(failed.cause._tag === "BuildFailed")
      assert.strictEqual(failed.cause.actor, `the layer of thread "data"`)
      delete process.env["HEDDLE_TEST_THREAD_LAYER"]
      yield* events.next("ThreadStarted")
      assert.strictEqual(yield* (yield* Users).Ping(), "pool at thread")
    }).pipe(Effect.provide(system)))
})

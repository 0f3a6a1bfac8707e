/** What the ancestors' pools got wrong, and what is not in the tests of instances, recycling and errors. */
import { assert, describe, it, layer } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { ActorError, Pool, System } from "heddle"
import { execFile } from "node:child_process"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { launch } from "../cli/launching.ts"
import broken from "../fixtures/instances/broken.ts"
import config from "../fixtures/instances/config.ts"
import { Book, Work } from "../fixtures/instances/Work.ts"
import { quietly } from "./watching.ts"

const fixture = (name: string): string => fileURLToPath(new URL(`../fixtures/instances/${name}`, import.meta.url))
const now = { startImmediately: true }
const allAtOnce = { concurrency: "unbounded" } as const
const upTo = (count: number) => Array.from({ length: count }, (_, index) => index)

/** A system that the test stops itself. */
const start = <A, E>(system: Layer.Layer<A, E>) =>
  Effect.gen(function*() {
    const scope = yield* Scope.make()
    const services = yield* Layer.buildWithScope(quietly(system), scope)
    return { services, stop: Scope.close(scope, Exit.void) }
  })

const reasonOf = (exit: Exit.Exit<unknown, unknown>): string => {
  if (Exit.isSuccess(exit)) return "done"
  const error = Cause.squash(exit.cause)
  return ActorError.isActorError(error) ? error.reason._tag : String(error)
}

describe("Pools at their start and end", () => {
  it.live(
    "F25: T6: If an instance can't be set up, the start fails once, with the error, and leaves nothing.",
    () =>
      Effect.gen(function*() {
        const exit = yield* Effect.exit(start(System.layer(broken)))
        assert(Exit.isFailure(exit))
        assert.match(String(Cause.squash(exit.cause)), /no model to load/)
      }),
    30_000
  )

  it.live("F25: T8, T9: A shutdown handles what was accepted, and every task settles.", () =>
    Effect.gen(function*() {
      const { services, stop } = yield* start(System.layer(config))
      const work = yield* Effect.provide(Work, services)
      const tasks = yield* Effect.forEach(
        upTo(20),
        () => Effect.forkDetach(Effect.exit(work.Busy({ millis: 5 })), now),
        allAtOnce
      )
      yield* work.Plus({ n: 1 })
      yield* stop
      const ends = (yield* Effect.forEach(tasks, Fiber.join)).map(reasonOf)
      assert.lengthOf(ends, 20)
      assert.isAtLeast(ends.filter((end) => end === "done").length, 2, "those that ran were handled to their end")
      assert.deepStrictEqual(ends.filter((end) => end !== "done" && end !== "Stopping"), [])
    }), 30_000)

  it.live(
    "F25: T8, T10: Tasks that never end are interrupted, or their thread is terminated, and all settle.",
    () =>
      Effect.gen(function*() {
        const { services, stop } = yield* start(System.layer(config))
        const work = yield* Effect.provide(Work, services)
        const tasks = yield* Effect.forEach(
          [work.Wait(), work.Spin(), work.Wait(), work.Wait()],
          (task) => Effect.forkDetach(Effect.exit(task), now),
          allAtOnce
        )
        yield* stop
        const ends = (yield* Effect.forEach(tasks, Fiber.join)).map(reasonOf)
        for (const end of ends) assert.oneOf(end, ["Crashed", "Stopping"])
      }),
    40_000
  )

  it.live("F25: T23: Ctrl-C ends a program with 20 instances once and in order.", () =>
    Effect.gen(function*() {
      const program = yield* launch([], { program: fixture("twenty.ts") })
      yield* program.line(/twenty instances run/)
      yield* program.signal("SIGINT")
      const { code } = yield* program.ended
      assert.strictEqual(code, 0)
      assert.lengthOf(program.lines.filter((line) => /^closed \d+$/.test(line)), 20)
      assert.deepStrictEqual(program.lines.filter((line) => /ERROR|WARN|terminated/.test(line)), [])
    }), 60_000)

  it.live("F25: T22: A program that closes nothing ends all the same.", () =>
    Effect.gen(function*() {
      const program = yield* launch([], { program: fixture("ends.ts") })
      const { code } = yield* program.ended
      assert.strictEqual(code, 0)
      assert.lengthOf(program.lines.filter((line) => /^closed \d+$/.test(line)), 2)
    }), 60_000)

  it.live(
    "F25: T32: A program that ends with ten thousand tasks in its queue settles all of them, and ends in time.",
    () =>
      Effect.gen(function*() {
        const program = yield* launch([], { program: fixture("queued.ts") })
        const { code } = yield* program.ended
        assert.oneOf(code, [0, 2], "2 if a thread had to be terminated")
        const [settled = ""] = program.lines.filter((line) => line.startsWith("settled "))
        const ends: Readonly<Record<string, number>> = JSON.parse(settled.slice("settled ".length))
        assert.strictEqual(Object.values(ends).reduce((sum, count) => sum + count), 10_000)
        for (const end of Object.keys(ends)) assert.oneOf(end, ["done", "Stopping", "Crashed"])
        assert.isAbove(ends["Stopping"] ?? 0, 9000, "most never started")
      }),
    60_000
  )

  it("F25: T30: As many instances as cores are those that the CPU affinity of the process leaves.", async () => {
    const { stdout } = await promisify(execFile)("taskset", ["-c", "0", process.execPath, fixture("cores.ts")])
    assert.strictEqual(stdout, "cores\n")
  }, 30_000)
})

layer(quietly(System.layer(config)), { excludeTestServices: true, timeout: "1 minute" })(
  "tasks on real threads",
  (it) => {
    it.effect("F25: T5: A task that is no function is refused with what to write.", () =>
      Effect.gen(function*() {
        const work = yield* Work
        for (const task of [undefined, null, "Plus", {}, work]) {
          assert.throws(
            () => Reflect.apply(Pool.map, undefined, [task, []]),
            /^Pool\.map: the task is [^]*; give a method of/
          )
        }
      }))

    it.effect("F25: T19, T20: A lone task is answered without a wait for others, and beside work that keeps one instance busy.", () =>
      Effect.gen(function*() {
        const work = yield* Work
        const lone = yield* Effect.timed(work.Plus({ n: 1 }))
        // An instance that has learnt that its tasks are short is sent some ahead.
        yield* Effect.forEach(upTo(80), () => work.Busy({ millis: 2 }), allAtOnce)
        const busy = yield* Effect.forkChild(work.Wait(), now)
        const others = yield* Effect.forEach(upTo(20), (n) => work.Plus({ n }), allAtOnce)
        assert.deepStrictEqual(others, upTo(20).map((n) => n + 1))
        assert.isUndefined(busy.pollUnsafe(), "the long task is still running")
        yield* Fiber.interrupt(busy)
        assert.strictEqual(lone[1], 2)
      }))

    it.effect("F25: T26: Two maps at once keep their answers, orders and failures apart.", () =>
      Effect.gen(function*() {
        const work = yield* Work
        const [sums, others] = yield* Effect.all([
          Stream.runCollect(Pool.map(work.Plus, upTo(300).map((n) => ({ n })))),
          Effect.exit(Stream.runCollect(
            Pool.map(work.Throw, upTo(300).map((n) => ({ message: `no ${n}` })), { concurrency: 1 })
          ))
        ], allAtOnce)
        assert.deepStrictEqual(sums, upTo(300).map((n) => n + 1))
        assert.deepStrictEqual(others, Exit.fail("no 0"))
      }))

    it.effect("F25: T27: What has ended already may be awaited again, any number of times.", () =>
      Effect.gen(function*() {
        const work = yield* Work
        const book = yield* Book
        yield* book.Read()
        const fiber = yield* Effect.forkChild(work.Note({ n: 1 }), now)
        for (let count = 0; count < 3; count++) assert.isUndefined(yield* Fiber.join(fiber))
        assert.deepStrictEqual(yield* book.Read(), ["1"], "it ran once")
      }))

    it.effect("F25: T31: Answers come as fast as tasks end, not when all have ended.", () =>
      Effect.gen(function*() {
        const work = yield* Work
        const slow = yield* Effect.forkChild(work.Wait(), now)
        // Of two tasks at a time, one may have been sent ahead to the instance that is busy. The answers of the other instance come.
        const tasks = upTo(50).map((n) => ({ n }))
        const first = yield* Pool.map(work.Plus, tasks, { ordered: false, concurrency: 2 }).pipe(
          Stream.take(10),
          Stream.runCollect
        )
        assert.lengthOf(first, 10)
        assert.isUndefined(slow.pollUnsafe(), "one still runs")
        yield* Fiber.interrupt(slow)
      }))
  }
)

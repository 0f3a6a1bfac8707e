/** What `Pool.map` does with instances; its tables are in `test/Pool.test.ts`. */
import { assert, layer } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import { ActorError, Pool, System } from "heddle"
import config from "../fixtures/instances/config.ts"
import { lines } from "../fixtures/instances/reading.ts"
import { Book, Work } from "../fixtures/instances/Work.ts"
import { quietly } from "./watching.ts"

const now = { startImmediately: true }
const upTo = (count: number) => Array.from({ length: count }, (_, index) => index)
const inputs = (count: number) => upTo(count).map((n) => ({ n }))

layer(quietly(System.layer(config)), { excludeTestServices: true, timeout: "1 minute" })(
  "maps on real threads",
  (it) => {
    it.effect("F25: T13: The first failure stops a map and interrupts the tasks that run, and the pool serves on.", () =>
      Effect.gen(function*() {
        const work = yield* Work
        const book = yield* Book
        yield* book.Read()
        const first = yield* Effect.forkChild(lines(1), now)
        const tasks: ReadonlyArray<() => Effect.Effect<unknown, unknown>> = [
          () => work.Wait(),
          () => Effect.andThen(Fiber.join(first), work.Throw({ message: "torn" })),
          ...upTo(50).map(() => () => work.Wait())
        ]
        // One waits on one instance, and the other one is free for the task that fails.
        const error = yield* Effect.flip(
          Stream.runDrain(Pool.map((task: () => Effect.Effect<unknown, unknown>) => task(), tasks, { concurrency: 2 }))
        )
        assert.strictEqual(error, "torn")
        assert.match((yield* lines(1)).join(), /^interrupted on /)
        assert.strictEqual(yield* work.Plus({ n: 1 }), 2)
      }))

    it.effect("F25: T13: Collected failures leave the other tasks alone.", () =>
      Effect.gen(function*() {
        const work = yield* Work
        const tasks = upTo(30)
        const exits = yield* Stream.runCollect(
          Pool.map(
            (n: number): Effect.Effect<unknown, unknown> =>
              n % 3 === 0 ? work.Throw({ message: `no ${n}` }) : work.Plus({ n }),
            tasks,
            {
              failures: "collect"
            }
          )
        )
        exits.forEach((exit, n) =>
          assert.deepStrictEqual(exit, n % 3 === 0 ? Exit.fail(`no ${n}`) : Exit.succeed(n + 1))
        )
      }))

    it.effect("F25: T16: Answers come in the order of their inputs, or as the tasks end.", () =>
      Effect.gen(function*() {
        const work = yield* Work
        // The first takes long, and holds back the others in order only.
        const task = (n: number) => Effect.as(n === 0 ? work.Busy({ millis: 300 }) : work.Plus({ n }), n)
        const ordered = yield* Stream.runCollect(Pool.map(task, upTo(40)))
        assert.deepStrictEqual(ordered, upTo(40))
        const completed = yield* Stream.runCollect(Pool.map(task, upTo(40), { ordered: false }))
        assert.strictEqual(completed.at(-1), 0, "the long one is the last")
        assert.deepStrictEqual(completed.toSorted((a, b) => a - b), upTo(40))
      }))

    it.effect("F25: T24: A hundred thousand inputs are taken only as fast as tasks end, from any kind of source.", () =>
      Effect.gen(function*() {
        const work = yield* Work
        let taken = 0
        let ended = 0
        let most = 0
        const concurrency = 200
        const take = (n: number) => {
          most = Math.max(most, ++taken - ended)
          return { n }
        }
        function* some() {
          for (const n of upTo(50_000)) yield take(n)
        }
        async function* others() {
          for (const n of upTo(25_000)) yield take(n)
        }
        const sources = [some(), others(), Stream.map(Stream.fromIterable(upTo(25_000), { chunkSize: 1 }), take)]
        let sum = 0
        for (const source of sources) {
          sum += yield* Pool.map(work.Plus, source, { concurrency, ordered: false }).pipe(
            Stream.tap(() => Effect.sync(() => void ended++)),
            Stream.runFold(() => 0, (total, answer) => total + answer)
          )
        }
        assert.strictEqual(ended, 100_000)
        assert.strictEqual(sum, (50_000 * 50_001) / 2 + 25_000 * 25_001)
        // Those that run, and as many that are taken or answered at a time.
        assert.isAtMost(most, 3 * concurrency)
      }))

    it.effect("F25: T24: A map that is left early takes no more inputs and runs no more tasks.", () =>
      Effect.gen(function*() {
        const work = yield* Work
        const book = yield* Book
        yield* book.Read()
        let closed = false
        function* endless() {
          try {
            for (let n = 0;; n++) yield { n }
          } finally {
            closed = true
          }
        }
        yield* Pool.map(work.Note, endless(), { concurrency: 50 }).pipe(Stream.take(10), Stream.runDrain)
        assert.isTrue(closed, "the generator is closed")
        const ran = (yield* book.Read()).length
        yield* work.Plus({ n: 1 })
        assert.isAtLeast(ran, 10)
        // What ran when the stream was left may still have written.
        assert.isAtMost((yield* book.Read()).length, 2)
      }))

    it.effect("F25: T7: If onFailure throws, fails or dies, the caller still receives the failure of the task.", () =>
      Effect.gen(function*() {
        const work = yield* Work
        const handlers: ReadonlyArray<() => Effect.Effect<unknown, unknown>> = [
          () => {
            throw new Error("no tracker")
          },
          () => Effect.fail("no tracker"),
          () => Effect.die("no tracker"),
          () => Effect.interrupt
        ]
        for (const onFailure of handlers) {
          const exits = yield* Stream.runCollect(
            Pool.map(work.Throw, [{ message: "torn" }, { message: "wet" }], { failures: "collect", onFailure })
          )
          assert.deepStrictEqual(exits, [Exit.fail("torn"), Exit.fail("wet")])
        }
        assert.strictEqual(yield* work.Plus({ n: 1 }), 2)
      }))

    it.effect("F25: T1: A task that ends its thread fails once, is reported once, and may be tried again.", () =>
      Effect.gen(function*() {
        const work = yield* Work
        const reported: Array<number> = []
        const exits = yield* Stream.runCollect(
          Pool.map((n: number): Effect.Effect<unknown, unknown> => n === 3 ? work.Exit() : work.Plus({ n }), upTo(10), {
            failures: "collect",
            retry: Schedule.recurs(1),
            onFailure: (_, n) => Effect.sync(() => reported.push(n))
          })
        )
        assert.deepStrictEqual(reported, [3])
        exits.forEach((exit, n) => {
          if (n !== 3) return assert.deepStrictEqual(exit, Exit.succeed(n + 1))
          assert(Exit.isFailure(exit))
          const error = Cause.squash(exit.cause)
          assert(ActorError.isActorError(error))
          assert.deepInclude(error.reason, { _tag: "Crashed", handled: "maybe" })
        })
      }))

    it.effect("F25: A task that takes longer than its time-out fails, and its place goes to another one.", () =>
      Effect.gen(function*() {
        const work = yield* Work
        const exits = yield* Stream.runCollect(
          Pool.map((_: number, options) => work.Wait(undefined, options), upTo(4), {
            timeout: "200 millis",
            failures: "collect"
          })
        )
        for (const exit of exits) {
          assert(Exit.isFailure(exit))
          assert.match(String(exit.cause), /after 200 ms/)
        }
        assert.strictEqual(yield* work.Plus({ n: 1 }), 2)
      }))

    it.effect("F25: T18: A pool that has nothing to do costs no processor time, whatever it did before.", () =>
      Effect.gen(function*() {
        const work = yield* Work
        yield* Stream.runDrain(Pool.map(work.Plus, inputs(5000)))
        const used = Effect.gen(function*() {
          const before = process.cpuUsage()
          yield* Effect.sleep("2 seconds")
          const { system, user } = process.cpuUsage(before)
          return (user + system) / 1000
        })
        // Compilers and collectors of garbage may still be at what was done before.
        const least = yield* Effect.repeat(used, { until: (millis) => millis <= 20, times: 5 })
        assert.isAtMost(least, 20, "milliseconds of two seconds, all threads together")
      }))
  }
)

import { assert, describe, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/testing/TestClock"
import { Pool } from "heddle"
import { PassThrough } from "node:stream"

/** Tasks that end when they are told to, and what became of them. */
const makeTasks = Effect.sync(() => {
  const running = new Map<number, Deferred.Deferred<string, string>>()
  const interrupted: Array<number> = []
  const begun: Array<number> = []
  const task = (input: number): Effect.Effect<string, string> =>
    Effect.gen(function*() {
      const end = yield* Deferred.make<string, string>()
      begun.push(input)
      running.set(input, end)
      return yield* Effect.onInterrupt(Deferred.await(end), () => Effect.sync(() => interrupted.push(input)))
    })
  const end = (input: number, exit: Exit.Exit<string, string> = Exit.succeed(`${input}`)) =>
    Effect.flatMap(
      Effect.repeat(Effect.yieldNow, { until: () => running.has(input) }),
      () => {
        const deferred = running.get(input)
        return deferred === undefined ? Effect.die("no such task") : Deferred.done(deferred, exit)
      }
    )
  return { begun, end, interrupted, task }
})

const settle = Effect.repeat(Effect.yieldNow, { times: 50 })

describe("F25: Pool.map", () => {
  it.effect("T16: Answers come in the order of their inputs, or as the tasks end.", () =>
    Effect.gen(function*() {
      for (const [ordered, expected] of [[true, ["1", "2", "3"]], [false, ["3", "1", "2"]]] as const) {
        const { end, task } = yield* makeTasks
        const fiber = yield* Effect.forkChild(Stream.runCollect(Pool.map(task, [1, 2, 3], { ordered })))
        for (const input of [3, 1, 2]) {
          yield* end(input)
          yield* settle
        }
        assert.deepStrictEqual(yield* Fiber.join(fiber), Array.from(expected))
      }
    }))

  it.effect("T24: Inputs are taken only as fast as tasks end, whatever kind of iterable they are.", () =>
    Effect.gen(function*() {
      let taken = 0
      function* naturals() {
        for (;;) yield taken++
      }
      async function* later() {
        for (;;) yield taken++
      }
      for (const make of [naturals, later, () => Stream.fromIterable(naturals(), { chunkSize: 1 })]) {
        taken = 0
        const answers = yield* Pool.map((n: number) => Effect.succeed(n * 2), make(), { concurrency: 3 }).pipe(
          Stream.take(5),
          Stream.runCollect
        )
        assert.deepStrictEqual(answers, [0, 2, 4, 6, 8])
        assert.isBelow(taken, 5000, "it is lazy")
      }
    }))

  it.effect("T24: A generator is closed once when its stream is left early or fails, and not when it has ended or thrown.", () =>
    Effect.gen(function*() {
      const outcomes: Array<string> = []
      const source = (count: number, end: () => void = () => {}) => ({
        [Symbol.iterator]: () => {
          let n = 0
          return {
            next() {
              if (n === count) end()
              return n === count ? { done: true as const, value: undefined } : { done: false as const, value: n++ }
            },
            return() {
              outcomes.push("closed")
              return { done: true as const, value: undefined }
            }
          }
        }
      })
      const run = (inputs: Iterable<number>, task: (n: number) => Effect.Effect<number, string>, most = Infinity) =>
        Effect.exit(Pool.map(task, inputs, { concurrency: 2 }).pipe(Stream.take(most), Stream.runDrain))
      yield* run(source(100), Effect.succeed, 3)
      assert.deepStrictEqual(outcomes.splice(0), ["closed"])
      yield* run(source(100), (n) => n === 5 ? Effect.fail("no") : Effect.succeed(n))
      assert.deepStrictEqual(outcomes.splice(0), ["closed"])
      yield* run(source(100), Effect.succeed)
      const thrown = yield* run(
        source(10, () => {
          throw new Error("no more")
        }),
        Effect.succeed
      )
      assert.match(String(thrown), /no more/)
      assert.deepStrictEqual(outcomes, [])
    }))

  it.effect("No more tasks run at a time than concurrency says.", () =>
    Effect.gen(function*() {
      const { begun, end, task } = yield* makeTasks
      const fiber = yield* Effect.forkChild(Stream.runDrain(Pool.map(task, [1, 2, 3], { concurrency: 2 })))
      yield* settle
      assert.deepStrictEqual(begun, [1, 2])
      yield* end(2)
      yield* end(1)
      yield* end(3)
      yield* Fiber.join(fiber)
    }))

  it.effect("T13: The first failure stops the rest, which is interrupted.", () =>
    Effect.gen(function*() {
      const { end, interrupted, task } = yield* makeTasks
      const fiber = yield* Effect.forkChild(Effect.exit(Stream.runCollect(Pool.map(task, [1, 2, 3]))))
      yield* end(2, Exit.fail("no"))
      assert.deepStrictEqual(yield* Fiber.join(fiber), Exit.fail("no"))
      assert.deepStrictEqual(interrupted.toSorted(), [1, 3])
    }))

  it.effect("T13: Collected failures leave the other tasks alone.", () =>
    Effect.gen(function*() {
      const exits = yield* Pool.map(
        (n: number) => n === 2 ? Effect.fail("no") : n === 3 ? Effect.die("bug") : Effect.succeed(n),
        [1, 2, 3, 4],
        { failures: "collect" }
      ).pipe(Stream.runCollect)
      assert.deepStrictEqual(exits, [Exit.succeed(1), Exit.fail("no"), Exit.die("bug"), Exit.succeed(4)])
    }))

  it.effect("T12: Leaving early interrupts the tasks that are left.", () =>
    Effect.gen(function*() {
      const { end, interrupted, task } = yield* makeTasks
      const fiber = yield* Effect.forkChild(Pool.map(task, [1, 2, 3]).pipe(Stream.take(1), Stream.runCollect))
      yield* end(1)
      assert.deepStrictEqual(yield* Fiber.join(fiber), ["1"])
      assert.deepStrictEqual(interrupted.toSorted(), [2, 3])
    }))

  it.effect("T25: Null, undefined, false, 0 and NaN are inputs and answers.", () =>
    Effect.gen(function*() {
      const values = [null, undefined, false, 0, "", Number.NaN]
      const answers = yield* Stream.runCollect(Pool.map((value: unknown) => Effect.succeed(value), values))
      assert.deepStrictEqual(answers, values)
    }))

  it.effect("Inputs that throw fail the stream by InputFailed, whether they are iterated or awaited.", () =>
    Effect.gen(function*() {
      function* throwing() {
        yield 1
        throw new RangeError("row 2 is torn")
      }
      async function* rejecting() {
        yield 1
        throw new RangeError("row 2 is torn")
      }
      for (const inputs of [throwing(), rejecting()]) {
        const error = yield* Effect.flip(Stream.runDrain(Pool.map((n: number) => Effect.succeed(n), inputs)))
        assert.strictEqual(error._tag, "InputFailed")
        assert.strictEqual(error.message, "the inputs of Pool.map failed: row 2 is torn")
      }
      const own = yield* Effect.flip(
        Stream.runDrain(Pool.map((n: number) => Effect.succeed(n), Stream.fail("the stream's own" as const)))
      )
      assert.strictEqual(own, "the stream's own")
    }))

  it.effect("Inputs that fail interrupt the tasks that run, after the answers that are there.", () =>
    Effect.gen(function*() {
      for (const ordered of [true, false]) {
        const { end, interrupted, task } = yield* makeTasks
        const failed = yield* Deferred.make<never, string>()
        const inputs = Stream.concat(Stream.make(1, 2), Stream.fromEffect(Deferred.await(failed)))
        const answers: Array<string> = []
        const fiber = yield* Effect.forkChild(
          Effect.exit(
            Stream.runForEach(Pool.map(task, inputs, { ordered }), (answer) => Effect.sync(() => answers.push(answer)))
          )
        )
        yield* end(1)
        yield* Deferred.fail(failed, "torn")
        assert.deepStrictEqual(yield* Fiber.join(fiber), Exit.fail("torn"))
        assert.deepStrictEqual(answers, ["1"])
        assert.deepStrictEqual(interrupted, [2])
      }
    }))

  it.effect("T24: No more inputs are taken ahead than may run at a time, and none while answers are not taken.", () =>
    Effect.gen(function*() {
      for (const ordered of [true, false]) {
        let taken = 0
        function* naturals() {
          for (;;) yield taken++
        }
        const gate = yield* Deferred.make<void>()
        const first = yield* Deferred.make<void>()
        const reading = Pool.map((n: number) => Effect.succeed(n), naturals(), { concurrency: 10, ordered }).pipe(
          Stream.tap(() => Effect.andThen(Deferred.succeed(first, undefined), Deferred.await(gate))),
          Stream.take(1000),
          Stream.runCollect
        )
        const fiber = yield* Effect.forkChild(reading)
        yield* Deferred.await(first)
        yield* settle
        assert.isAtMost(taken, 40)
        yield* Deferred.succeed(gate, undefined)
        assert.deepStrictEqual(yield* Fiber.join(fiber), Array.from({ length: 1000 }, (_, n) => n))
      }
    }))

  it.effect("A stream of answers that fails and is caught has interrupted its tasks before what follows it begins.", () =>
    Effect.gen(function*() {
      const { end, interrupted, task } = yield* makeTasks
      const answers = Pool.map(task, [1, 2]).pipe(
        Stream.catch(() => Stream.fromEffect(Effect.sync(() => `interrupted ${interrupted.join()}`)))
      )
      const fiber = yield* Effect.forkChild(Stream.runCollect(answers))
      yield* end(2, Exit.fail("no"))
      assert.deepStrictEqual(yield* Fiber.join(fiber), ["interrupted 1"])
    }))

  it.effect("Ten thousand answers arrive in order though their tasks end in any order.", () =>
    Effect.gen(function*() {
      const task = (n: number) => n % 3 === 0 ? Effect.as(Effect.yieldNow, n) : Effect.succeed(n)
      const inputs = Array.from({ length: 10_000 }, (_, n) => n)
      assert.deepStrictEqual(yield* Stream.runCollect(Pool.map(task, inputs, { concurrency: 64 })), inputs)
      const unordered = yield* Stream.runCollect(Pool.map(task, inputs, { concurrency: "unbounded", ordered: false }))
      assert.deepStrictEqual(unordered.toSorted((a, b) => a - b), inputs)
    }))

  it.effect("A failed task is sent again as its schedule says, and onFailure is called once.", () =>
    Effect.gen(function*() {
      const attempts: Array<number> = []
      const failures: Array<string> = []
      const task = (n: number) =>
        Effect.suspend(() => {
          attempts.push(n)
          return n === 2 || attempts.length === 1 ? Effect.fail(`no ${n}`) : Effect.succeed(n)
        })
      const exits = yield* Pool.map(task, [1, 2], {
        concurrency: 1,
        failures: "collect",
        retry: Schedule.recurs(2),
        onFailure: (cause, input) => Effect.sync(() => failures.push(`${input}: ${Cause.squash(cause)}`))
      }).pipe(Stream.runCollect)
      assert.deepStrictEqual(attempts, [1, 1, 2, 2, 2])
      assert.deepStrictEqual(exits, [Exit.succeed(1), Exit.fail("no 2")])
      assert.deepStrictEqual(failures, ["2: no 2"])
    }))

  it.effect("T7: If onFailure fails or dies, the caller still receives the failure of the task.", () =>
    Effect.gen(function*() {
      for (
        const onFailure of [() => Effect.fail("tracker"), () => Effect.die("tracker"), () => {
          throw new Error("tracker")
        }]
      ) {
        const exit = yield* Effect.exit(
          Stream.runDrain(Pool.map(() => Effect.fail("task" as const), [1], { onFailure }))
        )
        assert.deepStrictEqual(exit, Exit.fail("task"))
      }
    }))

  it.effect("The time-out is passed to the task; none is \"Infinity\".", () =>
    Effect.gen(function*() {
      const task = (_: number, { timeout }: { readonly timeout: unknown }) => Effect.succeed(timeout)
      assert.deepStrictEqual(yield* Stream.runCollect(Pool.map(task, [1])), ["Infinity"])
      assert.deepStrictEqual(yield* Stream.runCollect(Pool.map(task, [1], { timeout: "2 seconds" })), ["2 seconds"])
    }))

  it("T29: Options that are not usable are refused, with the value and advice.", () => {
    const task = (n: number) => Effect.succeed(n)
    for (const concurrency of [0, -1, 1.5, Number.NaN, Infinity, 2 ** 60]) {
      assert.throws(() => Pool.map(task, [1], { concurrency }), /concurrency is .*; give a whole number from 1 on/)
    }
    for (const timeout of [0, -1, "0 millis", Number.NaN] as const) {
      assert.throws(() => Pool.map(task, [1], { timeout }), /timeout is .*; give a duration of at least 1 millisecond/)
    }
    assert.throws(() => Pool.map(task, JSON.parse("7")), /the list of inputs is 7; give an Iterable/)
    assert.throws(() => Pool.map(JSON.parse("null"), [1]), /the task is null; give a method of a client/)
    assert.throws(() => Pool.map(task, [1], JSON.parse(`{"failures":"skip"}`)), /failures is 'skip'; give "stop"/)
  })
})

describe("The progress of a pool", () => {
  it.effect("The progress of a pool counts what has ended and failed, and its changes end with the map.", () =>
    Effect.gen(function*() {
      const progress = yield* Pool.makeProgress()
      const seen = yield* Effect.forkChild(Stream.runCollect(progress.changes))
      const task = (n: number) => Effect.delay(n === 3 ? Effect.fail("no") : Effect.succeed(n), "1 second")
      const fiber = yield* Effect.forkChild(
        Stream.runDrain(Pool.map(task, [1, 2, 3, 4], { concurrency: 1, failures: "collect", progress }))
      )
      yield* TestClock.adjust("2500 millis")
      assert.deepStrictEqual(yield* progress.count, {
        done: 2,
        failed: 0,
        total: 4,
        perSecond: 0.8,
        elapsedMillis: 2500
      })
      yield* TestClock.adjust("2 seconds")
      yield* Fiber.join(fiber)
      yield* TestClock.adjust("1 second")
      const counts = yield* Fiber.join(seen)
      assert.deepStrictEqual(
        counts.map(({ done, failed }) => [done, failed]),
        [[0, 0], [1, 0], [2, 0], [2, 1], [3, 1]]
      )
    }))

  it("The progress of a pool is drawn as a bar with numbers, or as numbers alone where the total is unknown or the terminal narrow.", () => {
    const count = { done: 49, failed: 1, total: 200, perSecond: 25, elapsedMillis: 2000 }
    assert.strictEqual(
      Pool.format(count),
      "[##########..............................] 50/200, 1 failed, 25/s, 6.0 s left"
    )
    assert.strictEqual(Pool.format(count, 40), "50/200, 1 failed, 25/s, 6.0 s left")
    assert.strictEqual(Pool.format({ ...count, total: undefined }), "50, 1 failed, 25/s")
    assert.strictEqual(
      Pool.format({ ...count, done: 199 }, 60),
      "[#########################] 200/200, 1 failed, 25/s in 2.0 s"
    )
    for (const columns of [20, 40, 80, 200]) assert.isAtMost(Pool.format(count, columns).length, columns)
  })

  it.effect("The progress of a pool is one line for something that is no terminal.", () =>
    Effect.gen(function*() {
      const progress = yield* Pool.makeProgress()
      const out = new PassThrough()
      const drawing = yield* Effect.forkChild(Pool.draw(progress, out))
      yield* Stream.runDrain(Pool.map((n: number) => Effect.succeed(n), new Set([1, 2]), { progress }))
      yield* TestClock.adjust("1 second")
      yield* Fiber.join(drawing)
      assert.match(String(out.read()), /2\/2, .*\n$/)
    }))
})

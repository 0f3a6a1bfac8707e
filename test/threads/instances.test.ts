import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import { Pool, System } from "heddle"
import config from "../fixtures/instances/config.ts"
import { lines } from "../fixtures/instances/reading.ts"
import { Book, Sender, Work } from "../fixtures/instances/Work.ts"
import { quietly, reason, thread, watch } from "./watching.ts"

const now = { startImmediately: true }
const times = <A, E, R>(count: number, effect: Effect.Effect<A, E, R>) =>
  Effect.forEach(Array.from({ length: count }), () => effect, { concurrency: "unbounded" })
const upTo = (count: number) => Array.from({ length: count }, (_, index) => index)
const countOf = (values: ReadonlyArray<unknown>, value: unknown) => values.filter((other) => other === value).length

layer(quietly(System.layer(config)), { excludeTestServices: true, timeout: "1 minute" })(
  "instances on real threads",
  (it) => {
    it.effect("F25: T17: Equal tasks are spread evenly, and each instance knows which one it is.", () =>
      Effect.gen(function*() {
        const work = yield* Work
        // Each takes a task whenever it is free; how even that is depends on what else the machine does.
        const done = yield* times(12, work.Busy({ millis: 20 }))
        assert.isAtLeast(Math.min(countOf(done, 0), countOf(done, 1)), 2)
        const where = yield* times(20, work.Where())
        assert.deepStrictEqual(
          Array.from(new Set(where.map(({ count, index, thread }) => `${thread} ${index}/${count}`))).toSorted(),
          ["work.1 0/2", "work.2 1/2"]
        )
      }))

    it.effect("F25: T17: Two senders share the instances without a dispatcher.", () =>
      Effect.gen(function*() {
        const work = yield* Work
        const sender = yield* Sender
        const [own, others] = yield* Effect.all(
          [times(6, work.Busy({ millis: 20 })), sender.Send({ count: 6, millis: 20 })],
          { concurrency: "unbounded" }
        )
        const all = [...own, ...others]
        assert.strictEqual(all.length, 12)
        assert.isAtLeast(Math.min(countOf(all, 0), countOf(all, 1)), 2)
      }))

    it.effect("F25: T28: A long task delays nobody: what comes behind it goes to the free instance.", () =>
      Effect.gen(function*() {
        const work = yield* Work
        const sender = yield* Sender
        // What trivial tasks have taught the instances about being sent ahead is unlearnt first.
        yield* times(80, work.Busy({ millis: 2 }))
        const long = yield* Effect.forkChild(work.Busy({ millis: 1500 }), now)
        const others = yield* sender.Send({ count: 8, millis: 10 })
        assert.isUndefined(long.pollUnsafe(), "the long task is still running")
        const busy = yield* Fiber.join(long)
        assert.strictEqual(countOf(others, busy), 0)
      }))

    it.effect("F25: T1, T2: If a task ends its thread, its caller learns it at once, and the others run elsewhere.", () =>
      Effect.gen(function*() {
        const work = yield* Work
        const crashed = yield* Effect.forkChild(reason(work.Exit()), now)
        const sums = yield* Effect.forEach(upTo(6), (n) => work.Plus({ n }), { concurrency: "unbounded" })
        assert.deepStrictEqual(sums, [1, 2, 3, 4, 5, 6])
        const why = yield* Fiber.join(crashed)
        assert(why._tag === "Crashed")
        assert.strictEqual(why.handled, "maybe")
      }))

    it.effect("F25: Tells that were accepted around a death all run, once.", () =>
      Effect.gen(function*() {
        const work = yield* Work
        yield* work.Exit(undefined, { discard: true })
        yield* Effect.forEach(upTo(500), (n) => work.Note({ n }, { discard: true }), { discard: true })
        const ran = yield* lines(500)
        assert.deepStrictEqual(ran.map(Number).toSorted((a, b) => a - b), upTo(500))
      }))

    it.effect("F25: T11: An endless loop is ended, as taskTimeout says, and the others go on meanwhile.", () =>
      Effect.gen(function*() {
        const work = yield* Work
        const events = yield* watch
        const spinning = yield* Effect.forkChild(reason(work.Spin()), now)
        const others = yield* times(20, work.Busy({ millis: 5 }))
        assert.strictEqual(new Set(others).size, 1)
        const why = yield* Fiber.join(spinning)
        assert(why._tag === "Crashed")
        assert.strictEqual(why.cause._tag, "Stalled")
        yield* events.next("ThreadStarted")
      }).pipe(Effect.scoped))

    it.effect("F25: A message that may run twice runs once more when its thread or its actor dies, and then no more.", () =>
      Effect.gen(function*() {
        const work = yield* Work
        const book = yield* Book
        const events = yield* watch
        for (const [index, dies] of (["exit", "defect"] as const).entries()) {
          assert.strictEqual(yield* work.Attempt({ n: index, dies, times: 1 }), 1, "the second run answers")
          const why = yield* reason(work.Attempt({ n: 10 + index, dies, times: 5 }))
          assert(why._tag === "Crashed")
          assert.strictEqual(why.handled, "maybe")
          assert.strictEqual(yield* book.Count({ line: `attempt ${10 + index}` }), 2, "it has run twice")
          yield* work.Attempt({ n: 20 + index, dies, times: 5 }, { discard: true })
          const letter = yield* events.next("DeadLetter")
          assert.deepInclude(letter, { actor: "Work", request: "Attempt", cause: "Crashed", count: 1 })
          assert.strictEqual(yield* book.Count({ line: `attempt ${20 + index}` }), 2, "so does what is told")
        }
      }).pipe(Effect.scoped))

    it.effect("F25: T12: Interrupting the caller interrupts the task, wherever it runs or waits.", () =>
      Effect.gen(function*() {
        const work = yield* Work
        const waiting = yield* Effect.forEach(upTo(4), () => Effect.forkChild(work.Wait(), now))
        const begun = yield* lines(2)
        assert.deepStrictEqual(begun.toSorted(), ["waits on 0", "waits on 1"])
        yield* Fiber.interruptAll(waiting)
        assert.deepStrictEqual((yield* lines(2)).toSorted(), ["interrupted on 0", "interrupted on 1"])
        assert.strictEqual((yield* times(4, work.Plus({ n: 1 }))).length, 4, "and the places are free again")
      }))

    it.effect("F25: T14: An ask that is run twice is two messages.", () =>
      Effect.gen(function*() {
        const work = yield* Work
        const note = work.Note({ n: 7 })
        yield* Effect.andThen(note, note)
        assert.deepStrictEqual(yield* lines(2), ["7", "7"])
      }))

    it.effect("F25: T3: A payload that can't be sent fails its own task only, before it has run.", () =>
      Effect.gen(function*() {
        const work = yield* Work
        const values = [1, () => {}, Symbol("odd"), { deep: [new WeakMap()] }, 2].map((value) => ({ value }))
        const exits = yield* Stream.runCollect(Pool.map(work.Same, values, { failures: "collect" }))
        assert.deepStrictEqual([exits[0], exits[4]], [Exit.succeed(1), Exit.succeed(2)])
        for (const exit of exits.slice(1, 4)) {
          const { _tag, handled } = yield* reason(exit)
          assert.deepStrictEqual([_tag, handled], ["NotSendable", "no"])
        }
        assert.strictEqual(yield* work.Plus({ n: 1 }), 2, "the places are free")
      }))

    it.effect("F25: T4: A result that can't be sent fails its own task only, which may have run.", () =>
      Effect.gen(function*() {
        const work = yield* Work
        const tasks = (["number", "function", "symbol", "promise", "number"] as const).map((what) => ({ what }))
        const exits = yield* Stream.runCollect(Pool.map(work.Odd, tasks, { failures: "collect" }))
        assert.deepStrictEqual([exits[0], exits[4]], [Exit.succeed(7), Exit.succeed(7)])
        for (const exit of exits.slice(1, 4)) {
          const { _tag, handled } = yield* reason(exit)
          assert.deepStrictEqual([_tag, handled], ["NotSendable", "maybe"])
        }
        assert.strictEqual(yield* work.Plus({ n: 1 }), 2, "the places are free")
      }))

    it.effect("F25: T25: Null, undefined, false, 0, -0, NaN and empty texts are inputs and answers, and hold up nobody.", () =>
      Effect.gen(function*() {
        const work = yield* Work
        const values = [null, undefined, false, 0, -0, Number.NaN, "", 0n, []]
        const answers = yield* Stream.runCollect(
          Pool.map(work.Same, values.map((value) => ({ value })), { concurrency: 2 })
        )
        assert.deepStrictEqual(answers, values)
        answers.forEach((answer, index) => assert.isTrue(Array.isArray(answer) || Object.is(answer, values[index])))
      }))

    it.effect("F25: Large payloads go to whichever instance is free and come back as they were.", () =>
      Effect.gen(function*() {
        const work = yield* Work
        const inputs = upTo(20).map((n) => ({ data: new Uint8Array(100_000).fill(n) }))
        const outputs = yield* Stream.runCollect(Pool.map(work.Bytes, inputs, { concurrency: 8 }))
        outputs.forEach((data, n) => assert.isTrue(data.length === 100_000 && data.every((byte) => byte === n)))
        inputs.forEach(({ data }, n) => assert.isTrue(data.every((byte) => byte === n), "the sender keeps its own"))
      }))

    it.effect("F25: Large payloads that wait for a place are those of the time when they were sent.", () =>
      Effect.gen(function*() {
        const work = yield* Work
        const data = new Uint8Array(50_000)
        const tasks: Array<Fiber.Fiber<Uint8Array, unknown>> = []
        yield* Effect.forkChild(times(2, work.Busy({ millis: 50 })), now)
        for (const n of upTo(20)) {
          data.fill(n)
          tasks.push(yield* Effect.forkChild(work.Bytes({ data }), now))
          yield* Effect.yieldNow
        }
        const outputs = yield* Effect.forEach(tasks, Fiber.join)
        outputs.forEach((output, n) => assert.isTrue(output.every((byte) => byte === n), `the one of round ${n}`))
        assert.isTrue(data.every((byte) => byte === 19), "the sender keeps its own")
      }))

    it.effect("F25: A restart of all instances is one after the other, and no task fails.", () =>
      Effect.gen(function*() {
        const system = yield* System.System
        const work = yield* Work
        const before = [yield* thread("work.1"), yield* thread("work.2")].map(({ incarnation }) => incarnation)
        const stop = yield* Effect.forkChild(Effect.forever(times(10, work.Busy({ millis: 1 }))), now)
        yield* system.restart("work")
        assert.isUndefined(stop.pollUnsafe(), "tasks go on")
        yield* Fiber.interrupt(stop)
        const after = [yield* thread("work.1"), yield* thread("work.2")]
        assert.deepStrictEqual(after.map(({ incarnation }) => incarnation), before.map((count) => count + 1))
        assert.deepStrictEqual(after.map(({ group }) => group), ["work", "work"])
      }))

    it.effect("F25: One instance may be stopped and started by its name, all of them by that of their declaration.", () =>
      Effect.gen(function*() {
        const system = yield* System.System
        const work = yield* Work
        yield* system.stop("work.1")
        assert.deepStrictEqual(new Set(yield* times(6, work.Busy({ millis: 1 }))), new Set([1]))
        yield* system.stop("work")
        const why = yield* reason(work.Plus({ n: 1 }))
        assert(why._tag === "NotRunning")
        assert.deepStrictEqual(why.known.filter((name) => name === "Work"), ["Work"], "each actor is listed once")
        yield* system.start("work")
        assert.strictEqual(yield* work.Plus({ n: 1 }), 2)
        assert.deepStrictEqual((yield* thread("work.1")).state, "running")
        const unknown = yield* Effect.flip(system.restart("work.3"))
        assert(unknown._tag === "UnknownThread")
        assert.includeMembers(Array.from(unknown.known), ["work", "work.1", "work.2"])
      }))

    it.effect("F25: T32: Ten thousand queued tasks survive that an instance dies; only those that had started fail.", () =>
      Effect.gen(function*() {
        const system = yield* System.System
        const work = yield* Work
        const events = yield* watch
        const fiber = yield* Effect.forkChild(
          Stream.runCollect(
            Pool.map(work.Plus, upTo(10_000).map((n) => ({ n })), { concurrency: "unbounded", failures: "collect" })
          ),
          now
        )
        yield* system.inject("work.1", "exit")
        yield* events.next("ThreadExited")
        const exits = yield* Fiber.join(fiber)
        assert.strictEqual(exits.length, 10_000)
        exits.forEach((exit, n) => {
          if (Exit.isSuccess(exit)) assert.strictEqual(exit.value, n + 1)
          else assert.match(String(exit.cause), /Crashed/)
        })
        assert.isAtMost(exits.filter(Exit.isFailure).length, 1)
      }).pipe(Effect.scoped))
  }
)

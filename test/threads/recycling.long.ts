import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import { System, SystemEvent } from "heddle"
import ageing from "../fixtures/recycling/ageing.ts"
import config from "../fixtures/recycling/config.ts"
import leaking from "../fixtures/recycling/leaking.ts"
import { Back, Front, Leaky, Old, Pooled, Sender, Single } from "../fixtures/recycling/Task.ts"
import { quietly, reason, thread, watch } from "./watching.ts"

const now = { startImmediately: true }
const upTo = (count: number) => Array.from({ length: count }, (_, index) => index)
const allAtOnce = { concurrency: "unbounded" } as const

/** How often each value occurs. */
const counts = (values: ReadonlyArray<number>): ReadonlyArray<number> =>
  Array.from(Map.groupBy(values, (value) => value).values(), ({ length }) => length)

const sum = (values: ReadonlyArray<number>): number => values.reduce((a, b) => a + b, 0)

layer(quietly(System.layer(config)), { excludeTestServices: true, timeout: "1 minute" })(
  "recycling by messages",
  (it) => {
    it.effect("F28: T21: One thread handles as many messages as recycle.after says, and never one more.", () =>
      Effect.gen(function*() {
        const single = yield* Single
        const events = yield* watch
        const answers = yield* Effect.forEach(upTo(13), (n) => single.Run({ n }), allAtOnce)
        assert.deepStrictEqual(answers.map(({ n }) => n), upTo(13), "each ran, and is answered once")
        assert.deepStrictEqual(counts(answers.map(({ threadId }) => threadId)), [5, 5, 3])
        const recycled = yield* events.next("ThreadRecycling", ({ thread }) => thread === "single")
        assert.deepInclude(recycled, { why: "after", amount: 5 })
        assert.match(SystemEvent.format(recycled), /^thread "single" #\d+ is recycled: it has handled 5 messages$/)
        const ended = yield* events.next("ThreadExited", ({ thread }) => thread === "single")
        assert.deepInclude(ended, { asked: true })
        assert.match(SystemEvent.format(ended), /stopped$/)
        const status = yield* thread("single")
        assert.isNull(status.lastCause, "nothing had failed")
      }).pipe(Effect.scoped))

    it.effect("F28: T21: Instances with two senders are recycled exactly, and each task runs once.", () =>
      Effect.gen(function*() {
        const pooled = yield* Pooled
        const sender = yield* Sender
        const [own, others] = yield* Effect.all([
          Effect.forEach(upTo(50), (n) => Effect.map(pooled.Run({ n }), ({ threadId }) => threadId), allAtOnce),
          sender.Send({ from: 50, count: 50 })
        ], allAtOnce)
        const each = counts([...own, ...others])
        assert.strictEqual(sum(each), 100)
        assert.isAtMost(Math.max(...each), 20)
      }))

    it.effect("F28: What runs goes on to its end, and its thread only then.", () =>
      Effect.gen(function*() {
        const single = yield* Single
        const events = yield* watch
        const held = yield* Effect.forkChild(single.Hold(), now)
        const first = yield* Effect.forEach(upTo(10), () =>
          Effect.map(single.Run({ n: 0 }), ({ threadId }) => threadId), {
          ...allAtOnce,
          discard: true
        }).pipe(Effect.forkChild(now))
        yield* events.next("ThreadRecycling", ({ thread }) =>
          thread === "single")
        assert.isUndefined(held.pollUnsafe())
        assert.isUndefined(first.pollUnsafe(), "the limit is reached, and one message runs on")
        yield* Fiber.interrupt(held)
        yield* Fiber.join(first)
      }).pipe(Effect.scoped))

    it.effect("F28: Messages among the actors of one thread are not counted: what runs waits for them.", () =>
      Effect.gen(function*() {
        const front = yield* Front
        const answers = yield* Effect.forEach(upTo(9), (n) => front.Run({ n }), allAtOnce)
        assert.deepStrictEqual(counts(answers.map(({ threadId }) => threadId)), [3, 3, 3])
        const back = yield* Back
        assert.strictEqual((yield* back.Run({ n: 1 })).n, 1)
      }))

    it.effect("F28: A failure between two recyclings is restarted as ever.", () =>
      Effect.gen(function*() {
        const pooled = yield* Pooled
        const why = yield* reason(pooled.Fail())
        assert.strictEqual(why._tag, "Crashed")
        const answers = yield* Effect.forEach(upTo(40), (n) => pooled.Run({ n }), allAtOnce)
        assert.isAtMost(Math.max(...counts(answers.map(({ threadId }) => threadId))), 20)
      }))

    it.effect("F28: An operator may restart and stop a thread at any time of its recycling.", () =>
      Effect.gen(function*() {
        const system = yield* System.System
        const single = yield* Single
        const events = yield* watch
        const running = yield* Effect.forkChild(
          Effect.forEach(upTo(12), (n) => single.Run({ n }), allAtOnce),
          now
        )
        yield* events.next("ThreadRecycling", ({ thread }) => thread === "single")
        yield* system.restart("single")
        assert.strictEqual((yield* Fiber.join(running)).length, 12)
        yield* Effect.forkChild(Effect.exit(Effect.forEach(upTo(5), (n) => single.Run({ n }), allAtOnce)), now)
        yield* system.stop("single")
        assert.strictEqual((yield* thread("single")).state, "stopped")
        yield* system.start("single")
        assert.strictEqual((yield* single.Run({ n: 1 })).n, 1)
      }).pipe(Effect.scoped))
  }
)

layer(quietly(System.layer(ageing)), { excludeTestServices: true, timeout: "1 minute" })(
  "recycling by age",
  (it) => {
    it.effect("F28: Instances that have reached their age are replaced one after the other, and no task fails.", () =>
      Effect.gen(function*() {
        const old = yield* Old
        const events = yield* watch
        const tasks = yield* Effect.forkChild(Effect.forever(old.Busy({ millis: 5 })), now)
        const recycled = yield* events.next("ThreadRecycling")
        assert.strictEqual(recycled.why, "age")
        // Node's timers may be due a fraction of a millisecond early.
        assert.isAtLeast(recycled.amount, 999)
        assert.match(SystemEvent.format(recycled), /is recycled: it has run for \d+(\.\d)? seconds$/)
        for (const name of ["old.1", "old.2"]) {
          yield* events.next("ThreadExited")
          const { state } = yield* thread(name)
          assert.oneOf(state, ["running", "restarting", "starting", "stopping"])
          yield* events.next("ThreadStarted")
        }
        assert.isUndefined(tasks.pollUnsafe(), "no task has failed")
        yield* Fiber.interrupt(tasks)
      }).pipe(Effect.scoped))

    it.effect("F28: What an instance keeps goes to its own next incarnation, each time.", () =>
      Effect.gen(function*() {
        const old = yield* Old
        const events = yield* watch
        const last = [0, 0]
        // Each instance is replaced twice at least.
        while (last.some((incarnation) => incarnation < 3)) {
          yield* events.next("ThreadStarted")
          for (const { incarnation, index, previousIndex } of yield* Effect.all([old.Kept(), old.Kept(), old.Kept()])) {
            assert.strictEqual(previousIndex, index, "the value is that of the same instance")
            assert.isAtLeast(incarnation, last[index] ?? 0)
            last[index] = incarnation
          }
        }
        const running = [yield* thread("old.1"), yield* thread("old.2")].map(({ incarnation }) => incarnation)
        last.forEach((incarnation, index) => assert.isAtMost(incarnation, running[index] ?? 0))
      }).pipe(Effect.scoped))

    it.effect("F28: A task that runs when its instance is due is not cut short.", () =>
      Effect.gen(function*() {
        const old = yield* Old
        const events = yield* watch
        const before = yield* Effect.all([old.Busy({ millis: 1 }), old.Busy({ millis: 1 })])
        assert.lengthOf(before, 2)
        const long = yield* Effect.forkChild(old.Busy({ millis: 2500 }), now)
        yield* events.next("ThreadRecycling")
        yield* Fiber.join(long)
      }).pipe(Effect.scoped))

    it.effect("F28: A stream that is open when its thread is replaced ends with the reason.", () =>
      Effect.gen(function*() {
        const old = yield* Old
        const why = yield* reason(Stream.runDrain(old.Elements()))
        assert(why._tag === "Crashed")
        assert.strictEqual(why.cause._tag, "Recycled")
      }))
  }
)

layer(quietly(System.layer(leaking)), { excludeTestServices: true, timeout: "60 seconds" })(
  "recycling by heap",
  (it) => {
    it.effect("F28: A thread whose heap has grown over its limit is replaced, and garbage does not count.", () =>
      Effect.gen(function*() {
        const leaky = yield* Leaky
        const events = yield* watch
        // More garbage than the limit, in pieces, over more than a look of the watchdog.
        const began = performance.now()
        const threads = new Set<number>()
        while (performance.now() - began < 2500) threads.add(yield* leaky.Fill({ megabytes: 20, keep: false }))
        assert.strictEqual(threads.size, 1, "garbage is no reason")
        const leak = yield* Effect.forkChild(
          Effect.forEach(upTo(8), () => leaky.Fill({ megabytes: 20, keep: true })),
          now
        )
        const recycled = yield* events.next("ThreadRecycling")
        assert.strictEqual(recycled.why, "heap")
        assert.isAtLeast(recycled.amount, 100 * 2 ** 20)
        assert.match(SystemEvent.format(recycled), /is recycled: its heap holds \d+ MB$/)
        yield* events.next("ThreadStarted")
        yield* Fiber.join(leak)
        const { heapUsedBytes, restarts } = yield* thread("leaky")
        assert.strictEqual(restarts, 1)
        assert.isBelow(heapUsedBytes, 100 * 2 ** 20)
      }).pipe(Effect.scoped))
  }
)

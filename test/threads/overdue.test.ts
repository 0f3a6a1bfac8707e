import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import { Pool, System } from "heddle"
import config from "../fixtures/instances/config.ts"
import { lines } from "../fixtures/instances/reading.ts"
import { Book, Sender, Work } from "../fixtures/instances/Work.ts"
import { quietly, reason } from "./watching.ts"

const now = { startImmediately: true }
const allAtOnce = { concurrency: "unbounded" } as const
const upTo = (count: number) => Array.from({ length: count }, (_, index) => index)
const sorted = (lines: ReadonlyArray<string>) => lines.map(Number).toSorted((a, b) => a - b)

/** Has both instances learn that tasks are short, so that many are sent ahead. */
const teach = Effect.flatMap(
  Work,
  (work) => Effect.forEach(upTo(2000), (n) => work.Plus({ n }), allAtOnce).pipe(Effect.asVoid)
)

/** How many messages wait at the instances. */
const ahead = Effect.flatMap(
  System.System,
  ({ threads }) =>
    Effect.map(threads, (all) =>
      all.filter(({ group }) => group === "work").flatMap(({ actors }) => actors)
        .reduce((sum, { mailboxDepth }) => sum + mailboxDepth, 0))
)

layer(quietly(System.layer(config)), { excludeTestServices: true, timeout: "60 seconds" })(
  "messages behind a long one",
  (it) => {
    it.effect("F25: T28: Short tasks that were sent ahead to an instance with a long one go to a free instance.", () =>
      Effect.gen(function*() {
        const work = yield* Work
        yield* teach
        const [long, ...short] = yield* Effect.all(
          [work.Busy({ millis: 2000 }), ...upTo(40).map((n) => work.Plus({ n }))].map((task) =>
            Effect.forkChild(task, now)
          )
        )
        assert(long !== undefined)
        const sums = yield* Effect.forEach(short, Fiber.join)
        assert.isUndefined(long.pollUnsafe(), "the long task is still running")
        assert.deepStrictEqual(sums, upTo(40).map((n) => n + 1))
        yield* Fiber.join(long)
      }))

    it.effect("F25: T28: So do those of several senders, asks and tells, and each runs once.", () =>
      Effect.gen(function*() {
        const work = yield* Work
        const book = yield* Book
        const sender = yield* Sender
        yield* teach
        yield* book.Read()
        yield* sender.Send({ count: 2000, millis: 0 })
        const long = yield* Effect.forkChild(work.Busy({ millis: 2000 }), now)
        yield* Effect.all([
          Effect.forEach(upTo(30), (n) => work.Note({ n }), allAtOnce),
          Effect.forEach(upTo(30), (n) => work.Note({ n: 100 + n }, { discard: true }), allAtOnce),
          sender.Send({ count: 30, millis: 0 }),
          sender.Tell({ from: 200, count: 30 })
        ], allAtOnce)
        const ran = yield* lines(90)
        assert.isUndefined(long.pollUnsafe(), "the long task is still running")
        yield* Fiber.join(long)
        yield* teach
        const all = [...ran, ...(yield* book.Read())]
        assert.deepStrictEqual(sorted(all), [0, 100, 200].flatMap((from) => upTo(30).map((n) => from + n)))
      }))

    it.effect("F25: T28: If all instances are busy, what waits runs when the first of them is free.", () =>
      Effect.gen(function*() {
        const work = yield* Work
        yield* teach
        const long = yield* Effect.forkChild(work.Busy({ millis: 2000 }), now)
        const shorter = yield* Effect.forkChild(work.Busy({ millis: 200 }), now)
        const sums = yield* Effect.forEach(upTo(100), (n) => work.Plus({ n }), allAtOnce)
        assert.isUndefined(long.pollUnsafe(), "the long task is still running")
        assert.deepStrictEqual(sums, upTo(100).map((n) => n + 1))
        const busy = [yield* Fiber.join(long), yield* Fiber.join(shorter)]
        assert.deepStrictEqual(busy.toSorted(), [0, 1])
        const where = yield* Effect.forEach(upTo(40), () => work.Busy({ millis: 5 }), allAtOnce)
        assert.deepStrictEqual(Array.from(new Set(where)).toSorted(), [0, 1], "both take messages again")
      }))

    it.effect("F25: T12, T28: A task that was taken back can be interrupted, wherever it waits then.", () =>
      Effect.gen(function*() {
        const work = yield* Work
        const book = yield* Book
        yield* teach
        yield* book.Read()
        const waiting = yield* Effect.forEach(upTo(2), () => Effect.forkChild(work.Wait(), now))
        const notes = yield* Effect.forEach(upTo(20), (n) => Effect.forkChild(work.Note({ n }), now))
        yield* lines(2)
        // What was taken back and sent ahead again counts twice until its instance has seen that.
        yield* Effect.repeat(Effect.andThen(Effect.yieldNow, ahead), { until: (count) => count > 22 })
        yield* Fiber.interruptAll(notes)
        yield* Fiber.interruptAll(waiting)
        yield* lines(2)
        yield* work.Note({ n: 99 })
        assert.deepStrictEqual(yield* book.Read(), ["99"])
      }))

    it.effect("F25: T1, T28: What was taken back from an instance that then dies has run once all the same.", () =>
      Effect.gen(function*() {
        const work = yield* Work
        const book = yield* Book
        yield* teach
        yield* book.Read()
        const endless = yield* Effect.forkChild(reason(work.Spin()), now)
        yield* Effect.forEach(upTo(60), (n) => work.Note({ n }, { discard: n % 2 === 0 }), allAtOnce)
        const ran = yield* lines(60)
        assert.isUndefined(endless.pollUnsafe(), "the loop still runs")
        const why = yield* Fiber.join(endless)
        assert(why._tag === "Crashed")
        yield* teach
        assert.deepStrictEqual(sorted([...ran, ...(yield* book.Read())]), upTo(60))
      }))

    it.effect("F25: T28, T31: One map of one task at a time goes on beside an instance that is busy.", () =>
      Effect.gen(function*() {
        const work = yield* Work
        yield* teach
        const slow = yield* Effect.forkChild(work.Wait(), now)
        const tasks = upTo(50).map((n) => ({ n }))
        const first = yield* Stream.runCollect(Pool.map(work.Plus, tasks, { concurrency: 1 }))
        assert.deepStrictEqual(first, upTo(50).map((n) => n + 1))
        assert.isUndefined(slow.pollUnsafe(), "the long one still runs")
        yield* Fiber.interrupt(slow)
      }))
  }
)

import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Metric from "effect/Metric"
import { System, type ThreadMetric } from "heddle"
import config from "../fixtures/tallying/config.ts"
import { Left, Right } from "../fixtures/tallying/Tally.ts"
import { quietly, watch } from "./watching.ts"

const fromMain = Effect.flatMap(System.System, ({ metrics }) => metrics)

/** What `tally` has come to, by thread and actor, and the gauges. */
const read = (metrics: ReadonlyArray<ThreadMetric.ThreadMetric>) =>
  Object.fromEntries(
    metrics.filter(({ id }) => id !== "opened").flatMap(({ attributes, id, state, thread }) => {
      const value = "count" in state ? state.count : "value" in state ? state.value : undefined
      return [[`${thread}/${attributes["actor"] ?? ""} ${id}`, value]]
    })
  )

/** Waits until the metrics are so. */
const become = (expected: Readonly<Record<string, number>>) =>
  Effect.map(fromMain, read).pipe(
    Effect.delay(10),
    Effect.repeat({ until: (now) => Object.entries(expected).every(([name, value]) => now[name] === value) }),
    Effect.timeout("10 seconds")
  )

layer(quietly(System.layer(config)), { excludeTestServices: true, timeout: "1 minute" })("metrics", (it) => {
  it.effect("The metrics of all threads are gathered, main's among them, each with its thread and actor.", () =>
    Effect.gen(function*() {
      yield* Metric.update(Metric.counter("tally"), 1)
      yield* (yield* Left).Count({ by: 2 })
      yield* (yield* Right).Count({ by: 3 })
      const all = { "main/ tally": 1, "left/Left tally": 2, "left/Left last": 2, "right/Right tally": 3 }
      const now = yield* become(all)
      assert.deepStrictEqual(now, { ...all, "right/Right last": 3 })
    }))

  it.effect("Metrics can be read by actors on any thread.", () =>
    Effect.gen(function*() {
      const right = yield* Right
      assert.deepStrictEqual(yield* right.Metrics(), yield* fromMain)
    }))

  it.effect("Metrics lose nothing when a thread throws or exits, and its gauges vanish until they are set again.", () =>
    Effect.gen(function*() {
      const events = yield* watch
      const left = yield* Left
      yield* Effect.ignore(left.CountAndThrow({ by: 10 }))
      yield* events.next("ThreadExited")
      const thrown = read(yield* fromMain)
      assert.strictEqual(thrown["left/Left tally"], 12)
      assert.notProperty(thrown, "left/Left last")
      yield* events.next("ThreadStarted")
      yield* Effect.ignore(left.CountAndExit({ by: 100 }))
      yield* events.next("ThreadExited")
      assert.strictEqual(read(yield* fromMain)["left/Left tally"], 112)
      yield* events.next("ThreadStarted")
      yield* left.Count({ by: 1000 })
      yield* become({ "left/Left tally": 1112, "left/Left last": 1000, "right/Right tally": 3, "right/Right last": 3 })
    }))

  it.effect("Metrics lose nothing when a thread is stopped, and go on when it starts again.", () =>
    Effect.gen(function*() {
      const system = yield* System.System
      const right = yield* Right
      yield* right.Count({ by: 30 })
      yield* system.stop("right")
      assert.strictEqual(read(yield* fromMain)["right/Right tally"], 33)
      yield* system.start("right")
      yield* right.Count({ by: 300 })
      yield* become({ "right/Right tally": 333 })
    }))

  it.effect("Counters never fall when a thread is terminated.", () =>
    Effect.gen(function*() {
      const system = yield* System.System
      const events = yield* watch
      yield* (yield* Left).Count({ by: 1 })
      yield* become({ "left/Left tally": 1113 })
      yield* system.inject("left", "spin")
      yield* events.next("ThreadExited")
      assert.strictEqual(read(yield* fromMain)["left/Left tally"], 1113)
      yield* events.next("ThreadStarted")
      assert.strictEqual(read(yield* fromMain)["left/Left tally"], 1113)
    }))
})

import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { System } from "heddle"
import config from "../fixtures/idling/config.ts"
import { Sleeper, Whirler } from "../fixtures/idling/Sleeper.ts"
import { quietly, reason, thread, watch } from "./watching.ts"

layer(quietly(System.layer(config)), { excludeTestServices: true, timeout: "1 minute" })("the watchdog", (it) => {
  it.effect("The watchdog wakes no thread that has nothing to do, and takes it for healthy, as it does one whose loop never sleeps.", () =>
    Effect.gen(function*() {
      const sleeper = yield* Sleeper
      const whirler = yield* Whirler
      const events = yield* watch
      // Ten looks, each of which could wake it. What is left of its start may take it a while.
      const turns = Effect.gen(function*() {
        const before = yield* sleeper.Turns()
        yield* whirler.Whirl({ millis: 2500 })
        return (yield* sleeper.Turns()) - before
      })
      const fewest = yield* Effect.repeat(turns, { until: (turns) => turns <= 5, times: 5 })
      assert.isAtMost(fewest, 5)
      assert.deepStrictEqual(yield* events.soFar, [])
      const [idle, busy] = [yield* thread("sleeper"), yield* thread("whirler")]
      assert.isAbove(Math.min(idle.heapUsedBytes, busy.heapUsedBytes), 1_000_000)
    }))

  it.effect("The watchdog ends a thread that hangs, idle or busy as it was until then.", () =>
    Effect.gen(function*() {
      const events = yield* watch
      for (const [name, actor] of [["sleeper", yield* Sleeper], ["whirler", yield* Whirler]] as const) {
        for (const millis of [0, 1000]) {
          yield* actor.Turns()
          const started = performance.now()
          const why = yield* reason(actor.WhirlAndHang({ millis }, { timeout: "20 seconds" }))
          const took = performance.now() - started - millis
          const { cause } = yield* events.next("ThreadStalled", (event) => event.thread === name)
          assert(why._tag === "Crashed")
          assert.deepStrictEqual(why.cause, cause)
          assert.isAtLeast(cause.millis, 1000)
          // It counts from the look that saw it move last, which may have been right before it hung.
          assert.isAtLeast(took, 1000 - 250)
          // Two looks more than it must be, and time for main.
          assert.isBelow(took, 1000 + 2 * 250 + 1000)
          yield* events.next("ThreadStarted")
        }
      }
    }))
})

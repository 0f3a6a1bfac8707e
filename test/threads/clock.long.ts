/** The wall clock is set while a system runs: on main, and in its threads. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import { System } from "heddle"
import { setClock } from "../fixtures/timing/clock.ts"
import config from "../fixtures/timing/config.ts"
import { Slow, Worker } from "../fixtures/timing/Worker.ts"
import { quietly, reason, watch } from "./watching.ts"

const hour = 3_600_000

/** How long it takes, by a clock that nobody sets. */
const timed = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.suspend(() => {
    const began = performance.now()
    return Effect.map(effect, () => performance.now() - began)
  })

describe("F18: the clock is set", () => {
  for (const byMillis of [-hour, hour]) {
    const set = Effect.acquireRelease(Effect.sync(() => setClock(byMillis)), (right) => Effect.sync(right))
    const direction = byMillis < 0 ? "back" : "forward"

    it.live(`The clock is set ${direction} during back-off, with a standby thread: the thread is back in time, and the next one is loaded.`, () =>
      Effect.gen(function*() {
        const worker = yield* Worker
        const events = yield* watch
        yield* reason(worker.Exit())
        yield* events.next("ThreadRestarting")
        yield* set
        assert.isBelow(yield* timed(worker.Ping(undefined, { timeout: "10 seconds" })), 5000)
        yield* events.next("ThreadStarted")
        yield* events.next("StandbyReady")
      }).pipe(Effect.scoped, Effect.provide(quietly(System.layer(config)))))

    it.live(`The clock is set ${direction} during a first start: it starts.`, () =>
      Effect.gen(function*() {
        yield* set
        yield* Effect.scoped(
          Effect.provide(Effect.flatMap(Worker, (worker) => worker.Ping()), quietly(System.layer(config)))
        )
      }).pipe(Effect.scoped))

    it.live(`The clock is set ${direction} in a thread that stalls: it is noticed in time, with how long it took.`, () =>
      Effect.gen(function*() {
        const worker = yield* Worker
        const events = yield* watch
        yield* set
        yield* worker.Set({ byMillis })
        const blocked = yield* Effect.forkChild(Effect.exit(worker.Block({ millis: 30_000, thenDie: false })))
        const { cause } = yield* events.next("ThreadStalled")
        assert.isBelow(cause.millis, 8000)
        yield* events.next("ThreadStarted")
        assert.isTrue(Exit.isSuccess(yield* Fiber.await(blocked)))
      }).pipe(Effect.scoped, Effect.provide(quietly(System.layer(config)))))

    it.live(`The clock is set ${direction} during an ask: it times out when it said, and the next one is answered.`, () =>
      Effect.gen(function*() {
        const slow = yield* Slow
        yield* slow.Set({ byMillis })
        const asking = yield* Effect.forkChild(
          timed(reason(slow.Block({ millis: 4000, thenDie: false }, { timeout: "1 second" }))),
          { startImmediately: true }
        )
        yield* set
        const failure = reason(slow.Ping(undefined, { timeout: "500 millis" }))
        assert.isAtLeast(yield* timed(failure), 490)
        const millis = yield* Fiber.join(asking)
        assert.isAtLeast(millis, 990)
        assert.isBelow(millis, 3900)
        yield* slow.Ping(undefined, { timeout: "10 seconds" })
      }).pipe(Effect.scoped, Effect.provide(quietly(System.layer(config)))))

    it.live(`The clock is set ${direction} while the system stops: it stops in order.`, () =>
      Effect.gen(function*() {
        const millis = yield* timed(Effect.scoped(Effect.provide(
          Effect.gen(function*() {
            yield* (yield* Worker).Set({ byMillis })
            yield* Effect.addFinalizer(() => Effect.sync(() => void setClock(byMillis)))
          }),
          quietly(System.layer(config))
        )))
        setClock(0)()
        assert.isBelow(millis, 15_000)
      }))
  }
})

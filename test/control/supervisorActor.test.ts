/** The defaults of restarting, on simulated threads and the clock of the test. */
import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Queue from "effect/Queue"
import * as Rpc from "effect/rpc/Rpc"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/testing/TestClock"
import { Actor, System, type SystemEvent, Thread } from "heddle"
import * as Testing from "heddle/Testing"

class Bot extends Actor.Service<Bot>()("Bot", [Rpc.make("Ping")]) {}
class Web extends Actor.Service<Web>()("Web", [Rpc.make("Ping")]) {}
const bot = Bot.toLayer({ Ping: () => Effect.void })
const web = Web.toLayer({ Ping: () => Effect.void })

const declare = (restart: Thread.Options<[]>["restart"]) =>
  System.make({
    module: import.meta.url,
    threads: {
      bot: Thread.make({
        restart,
        onGiveUp: "quarantine",
        actors: [Actor.lazy(Bot, () => Promise.resolve({ default: bot }))]
      }),
      web: Thread.make({ actors: [Actor.lazy(Web, () => Promise.resolve({ default: web }))] })
    }
  })

const running = (restart?: Thread.Options<[]>["restart"]) =>
  Layer.provide(Testing.layer(declare(restart)), Logger.layer([]))

/** Crashes threads, and tells what follows: the wait before the next start, or "gave up". */
const crashing = Effect.gen(function*() {
  const system = yield* System.System
  const faults = yield* Testing.Faults
  const queue = yield* Queue.unbounded<SystemEvent.SystemEvent>()
  yield* Effect.forkScoped(Stream.runForEach(system.events, (event) => Queue.offer(queue, event)), {
    startImmediately: true
  })
  const next = (fits: (event: SystemEvent.SystemEvent) => boolean): Effect.Effect<SystemEvent.SystemEvent> =>
    Effect.repeat(Queue.take(queue), { until: fits })
  return (thread: "bot" | "web") =>
    Effect.gen(function*() {
      yield* faults.crash(thread)
      const { _tag, ...event } = yield* next(({ _tag }) => _tag === "ThreadRestarting" || _tag === "GaveUp")
      if (!("afterMillis" in event)) return "gave up" as const
      yield* TestClock.adjust(event.afterMillis)
      yield* next(({ _tag }) => _tag === "ThreadStarted")
      return event.afterMillis
    })
})

const near = (millis: number | "gave up", expected: number): void => {
  assert(millis !== "gave up")
  assert.isAtLeast(millis, expected * 0.8)
  assert.isAtMost(millis, expected * 1.2)
}

it.effect("F3: With \"never\" the first failure is the last, by default it is not.", () =>
  Effect.gen(function*() {
    const byDefault = yield* Effect.provide(Effect.flatMap(crashing, (crash) => crash("bot")), running())
    near(byDefault, 100)
    const never = yield* Effect.provide(
      Effect.flatMap(crashing, (crash) => crash("bot")),
      running({ policy: "never" })
    )
    assert.strictEqual(never, "gave up")
  }))

it.effect("F4: The wait doubles from 100 ms to 30 s, each moved by a fifth at most.", () =>
  Effect.gen(function*() {
    const crash = yield* crashing
    for (const expected of [100, 200, 400, 800, 1600, 3200, 6400, 12_800, 25_600, 30_000, 30_000]) {
      near(yield* crash("bot"), expected)
    }
  }).pipe(Effect.provide(running({ limit: { failures: 100, resetAfter: "1 hour" } }))))

it.effect("F5: Five failures in a row are restarted and the sixth is not; nobody else's budget pays for it.", () =>
  Effect.gen(function*() {
    const crash = yield* crashing
    for (const expected of [100, 200, 400, 800, 1600]) near(yield* crash("bot"), expected)
    near(yield* crash("web"), 100)
    assert.strictEqual(yield* crash("bot"), "gave up")
    near(yield* crash("web"), 200)
    yield* Effect.flatMap(Web, (web) => web.Ping())
  }).pipe(Effect.provide(running())))

it.effect("F5: 30 seconds of stable run make the count start over, 29 don't.", () =>
  Effect.gen(function*() {
    const crash = yield* crashing
    for (const expected of [100, 200, 400, 800]) near(yield* crash("bot"), expected)
    yield* TestClock.adjust("29 seconds")
    near(yield* crash("bot"), 1600)
    yield* TestClock.adjust("30 seconds")
    for (const expected of [100, 200, 400, 800, 1600]) near(yield* crash("bot"), expected)
    assert.strictEqual(yield* crash("bot"), "gave up")
  }).pipe(Effect.provide(running())))

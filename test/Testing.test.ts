import { expect, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Metric from "effect/Metric"
import * as Option from "effect/Option"
import * as Rpc from "effect/rpc/Rpc"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/testing/TestClock"
import { Actor, System, Thread } from "heddle"
import * as Testing from "heddle/Testing"

const Traced = Schema.Struct({ traceId: Schema.String, parent: Schema.String })

/** Opens a span and tells its trace and its parent. */
const trace = Effect.gen(function*() {
  const parent = yield* Effect.option(Effect.currentParentSpan)
  return Option.match(parent, {
    onNone: () => ({ traceId: "none", parent: "none" }),
    onSome: ({ spanId, traceId }) => ({ traceId, parent: spanId })
  })
})

class Counter extends Actor.Service<Counter>()("Counter", [
  Rpc.make("Add", { payload: { by: Schema.Int }, success: Schema.Int }),
  Rpc.make("Wait"),
  Rpc.make("Trace", { success: Traced })
]) {}

class Asker extends Actor.Service<Asker>()("Asker", [
  Rpc.make("AddTwice", { payload: { by: Schema.Int }, success: Schema.Int }),
  Rpc.make("TraceOther", { success: Traced })
]) {}

/** Done when a handler of `Wait` runs. */
const waiting = Deferred.makeUnsafe<void>()

const added = Metric.counter("added")

const counterLayer = Counter.toLayer(Effect.sync(() => {
  let sum = 0
  return Counter.of({
    Add: ({ by }) => Effect.andThen(Metric.update(added, by), Effect.sync(() => sum += by)),
    Wait: () => Effect.andThen(Deferred.succeed(waiting, undefined), Effect.never),
    Trace: () => trace
  })
}))

const askerLayer = Asker.toLayer(Effect.gen(function*() {
  const counter = yield* Counter
  return Asker.of({
    AddTwice: ({ by }) => Effect.orDie(Effect.andThen(counter.Add({ by }), counter.Add({ by }))),
    TraceOther: () => Effect.withSpan(Effect.orDie(counter.Trace()), "other")
  })
}))

const config = System.make({
  module: import.meta.url,
  threads: {
    counter: Thread.make({ actors: [Actor.lazy(Counter, () => Promise.resolve({ default: counterLayer }))] }),
    asker: Thread.make({ actors: [Actor.lazy(Asker, () => Promise.resolve({ default: askerLayer }))] })
  }
})

const spared = System.make({
  module: import.meta.url,
  threads: {
    counter: Thread.make({
      actors: [Actor.lazy(Counter, () => Promise.resolve({ default: counterLayer }))],
      standby: 1
    })
  }
})

const layer = Testing.layer(config).pipe(Layer.provide(Logger.layer([])))

/** Completes with the first event of a kind, and its start is awaited before anything else happens. */
const next = Effect.fnUntraced(function*(tag: string) {
  const system = yield* System.System
  const subscribed = yield* Deferred.make<void>()
  const fiber = yield* Effect.forkChild(
    system.events.pipe(
      Stream.onStart(Deferred.succeed(subscribed, undefined)),
      Stream.filter((event) => event._tag === tag),
      Stream.runHead
    ),
    { startImmediately: true }
  )
  yield* Deferred.await(subscribed)
  return Fiber.join(fiber)
})

it.effect("Actors of two threads talk to each other without threads.", () =>
  Effect.gen(function*() {
    const asker = yield* Asker
    expect(yield* asker.AddTwice({ by: 3 })).toBe(6)
  }).pipe(Effect.provide(layer)))

it.effect("A crash fails what runs, and the next incarnation starts from its beginning after the back-off.", () =>
  Effect.gen(function*() {
    const counter = yield* Counter
    const faults = yield* Testing.Faults
    expect(yield* counter.Add({ by: 5 })).toBe(5)
    const running = yield* Effect.forkChild(Effect.flip(counter.Wait()), { startImmediately: true })
    yield* Deferred.await(waiting)
    const queued = yield* Effect.forkChild(counter.Add({ by: 1 }), { startImmediately: true })
    const restarting = yield* next("ThreadRestarting")
    yield* faults.crash("counter", "on purpose")
    const failure = yield* Fiber.join(running)
    expect(failure.message).toContain("on purpose")
    expect(failure.reason.handled).toBe("maybe")
    yield* restarting
    yield* TestClock.adjust("200 millis")
    expect(yield* Fiber.join(queued)).toBe(1)
  }).pipe(Effect.provide(layer)))

it.effect("A hung thread is replaced by the watchdog on the test's clock.", () =>
  Effect.gen(function*() {
    const counter = yield* Counter
    const faults = yield* Testing.Faults
    const stalled = yield* next("ThreadStalled")
    yield* faults.hang("counter")
    const asked = yield* Effect.forkChild(counter.Add({ by: 7 }, { timeout: "1 minute" }), { startImmediately: true })
    yield* TestClock.adjust("10 seconds")
    yield* stalled
    yield* TestClock.adjust("1 second")
    expect(yield* Fiber.join(asked)).toBe(7)
  }).pipe(Effect.provide(layer)))

it.effect("A standby thread takes over, and the next failure on demand is its own.", () =>
  Effect.gen(function*() {
    const counter = yield* Counter
    const faults = yield* Testing.Faults
    const { threads } = yield* System.System
    // Time passes as fast as the messages allow.
    const turn = Effect.promise(() => new Promise<void>((resolve) => void setImmediate(resolve)))
    yield* Effect.forkScoped(Effect.forever(Effect.andThen(TestClock.adjust("10 millis"), turn)))
    for (const incarnation of [2, 3]) {
      const loaded = yield* next("StandbyReady")
      yield* loaded
      yield* faults.crash("counter")
      expect(yield* counter.Add({ by: 1 })).toBe(1)
      expect((yield* threads)[0]).toMatchObject({ name: "counter", incarnation, state: "running" })
    }
  }).pipe(Effect.provide(Testing.layer(spared)), Effect.provide(Logger.layer([]))))

it.effect("A test may end while a thread hangs.", () =>
  Effect.gen(function*() {
    const faults = yield* Testing.Faults
    yield* faults.hang("counter")
  }).pipe(Effect.provide(layer)), 2000)

it.effect("An ask that is dropped on the way times out, and says that it may not have run.", () =>
  Effect.gen(function*() {
    const counter = yield* Counter
    const faults = yield* Testing.Faults
    yield* faults.drop("counter", 1)
    const asked = yield* Effect.forkChild(Effect.flip(counter.Add({ by: 7 })), { startImmediately: true })
    yield* TestClock.adjust("5 seconds")
    const failure = yield* Fiber.join(asked)
    expect(failure.reason).toMatchObject({ _tag: "TimedOut", handled: "no", afterMillis: 5000 })
  }).pipe(Effect.provide(layer)))

it.effect("D10: A span in the handler has the caller's span as its parent.", () =>
  Effect.gen(function*() {
    const counter = yield* Counter
    const asker = yield* Asker
    const [span, byAdd, byStream] = yield* Effect.gen(function*() {
      return [yield* Effect.currentSpan, yield* counter.Trace(), yield* asker.TraceOther()] as const
    }).pipe(Effect.withSpan("caller"))
    expect(byAdd).toEqual({ traceId: span.traceId, parent: span.spanId })
    expect(byStream.traceId).toBe(span.traceId)
    expect(yield* counter.Trace()).toEqual({ traceId: "none", parent: "none" })
  }).pipe(Effect.provide(layer)))

it.effect("Each thread counts in a registry of its own, and a crash loses no more than was not told yet.", () =>
  Effect.gen(function*() {
    const counter = yield* Counter
    const system = yield* System.System
    const faults = yield* Testing.Faults
    const counted = Effect.map(
      system.metrics,
      (all) =>
        all.flatMap(({ attributes, id, state, thread }) =>
          id === "added" && "count" in state ? [{ thread, ...attributes, count: state.count }] : []
        )
    )
    yield* Metric.update(added, 7)
    yield* counter.Add({ by: 5 })
    expect(yield* counted).toEqual([{ thread: "main", count: 7 }])
    yield* TestClock.adjust("1 second")
    const both = [{ thread: "main", count: 7 }, { thread: "counter", actor: "Counter", count: 5 }]
    expect(yield* counted).toEqual(both)
    yield* counter.Add({ by: 100 })
    const restarting = yield* next("ThreadRestarting")
    yield* faults.crash("counter")
    yield* restarting
    expect(yield* counted).toEqual(both)
    const started = yield* next("ThreadStarted")
    yield* TestClock.adjust("200 millis")
    yield* started
    yield* counter.Add({ by: 1 })
    yield* TestClock.adjust("1 second")
    expect(yield* counted).toEqual([{ thread: "main", count: 7 }, { thread: "counter", actor: "Counter", count: 6 }])
  }).pipe(Effect.provide(layer)))

it.effect("An unknown thread is an error that lists the known ones.", () =>
  Effect.gen(function*() {
    const faults = yield* Testing.Faults
    const failure = yield* Effect.flip(faults.crash("nobody"))
    expect(failure.message).toBe("no thread is named \"nobody\"; the threads are counter, asker")
  }).pipe(Effect.provide(layer)))

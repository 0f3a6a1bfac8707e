/** When orders complete, on simulated threads and the clock of the test. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Rpc from "effect/rpc/Rpc"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/testing/TestClock"
import { Actor, System, type SystemEvent, Thread } from "heddle"
import * as Testing from "heddle/Testing"

const now = { startImmediately: true }

class Bot extends Actor.Service<Bot>()("Bot", [Rpc.make("Ping", { success: Schema.String })]) {}
class Clerk extends Actor.Service<Clerk>()("Clerk", [
  /** Carries out an order in answer to an event, and says what the thread was when it completed. */
  Rpc.make("React", { payload: { to: Schema.String }, success: Schema.String })
]) {}

/** Takes half a second to close, and a tenth to be built. */
const bot = Bot.toLayer(Effect.gen(function*() {
  yield* Effect.addFinalizer(() => Effect.sleep("500 millis"))
  yield* Effect.sleep("100 millis")
  return Bot.of({ Ping: () => Effect.succeed("pong") })
}))

const stateOf = (name: string) =>
  Effect.gen(function*() {
    const { threads } = yield* System.System
    return (yield* Effect.orDie(threads)).find((thread) => thread.name === name)?.state
  })

/** Does something in answer to the first event of a kind. */
const inAnswerTo = <A, E, R>(tag: SystemEvent.SystemEvent["_tag"], answer: Effect.Effect<A, E, R>) =>
  Effect.gen(function*() {
    const { events } = yield* System.System
    return yield* events.pipe(
      Stream.filter((event) => event._tag === tag && (!("thread" in event) || event.thread === "bot")),
      Stream.take(1),
      Stream.mapEffect(() => answer),
      Stream.runHead,
      Effect.flatMap(Effect.fromOption)
    )
  })

const clerk = Clerk.toLayer(
  Effect.gen(function*() {
    const system = yield* System.System
    return Clerk.of({
      React: ({ to }) =>
        (to === "GaveUp"
          ? inAnswerTo("GaveUp", Effect.andThen(system.start("bot"), stateOf("bot")))
          : inAnswerTo("ThreadStarted", Effect.andThen(system.stop("bot"), stateOf("bot")))).pipe(
            Effect.provideService(System.System, system),
            Effect.map(String),
            Effect.orDie
          )
    })
  }),
  { concurrency: 4 }
)

const declare = (options: Omit<Thread.Options<[]>, "actors"> = {}) =>
  Layer.provide(
    Testing.layer(System.make({
      module: import.meta.url,
      threads: {
        bot: Thread.make({ ...options, actors: [Actor.lazy(Bot, () => Promise.resolve({ default: bot }))] }),
        desk: Thread.make({ actors: [Actor.lazy(Clerk, () => Promise.resolve({ default: clerk }))] })
      }
    })),
    Logger.layer([])
  )
const quarantined = declare({ restart: { policy: "never" }, onGiveUp: "quarantine" })

/** Lets time pass while something is under way, as long as that takes. */
const passing = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.gen(function*() {
    const fiber = yield* Effect.forkChild(effect, now)
    const passing = yield* Effect.forkChild(
      Effect.forever(Effect.andThen(TestClock.adjust("50 millis"), Effect.promise(() => new Promise(setImmediate))))
    )
    return yield* Effect.ensuring(Fiber.join(fiber), Fiber.interrupt(passing))
  })

/** A system that starts while time passes. */
const running =
  <E>(layer: Layer.Layer<Bot | Clerk | System.System | Testing.Faults, E>) =>
  <A, E2>(program: Effect.Effect<A, E2, Bot | Clerk | System.System | Testing.Faults>) =>
    passing(Effect.scoped(Effect.flatMap(Layer.build(layer), (services) => Effect.provideContext(program, services))))

describe("F19: orders", () => {
  it.effect("F19: A stop as the first thing that a program does completes when the thread has stopped.", () =>
    running(declare())(Effect.gen(function*() {
      yield* (yield* System.System).stop("bot")
      assert.strictEqual(yield* stateOf("bot"), "stopped")
    })))

  it.effect("F19: A stop in answer to ThreadStarted, and a start in answer to Stopped by order, complete when they are done.", () =>
    running(declare())(Effect.gen(function*() {
      const system = yield* System.System
      const stopped = yield* Effect.forkChild(
        inAnswerTo("ThreadStarted", Effect.andThen(system.stop("bot"), stateOf("bot"))),
        now
      )
      yield* system.restart("bot")
      assert.strictEqual(yield* Fiber.join(stopped), "stopped")
      const started = yield* Effect.forkChild(
        inAnswerTo("ThreadExited", Effect.andThen(system.start("bot"), stateOf("bot"))),
        now
      )
      yield* system.start("bot")
      yield* system.stop("bot")
      assert.strictEqual(yield* Fiber.join(started), "running")
    })))

  it.effect("F19: A start in answer to GaveUp completes when the thread runs, in programs and in actors.", () =>
    running(quarantined)(Effect.gen(function*() {
      const system = yield* System.System
      const { crash } = yield* Testing.Faults
      for (
        const react of [
          inAnswerTo("GaveUp", Effect.andThen(system.start("bot"), stateOf("bot"))),
          (yield* Clerk).React({ to: "GaveUp" }, { timeout: "1 minute" })
        ]
      ) {
        const started = yield* Effect.forkChild(react, now)
        yield* Effect.sleep("1 second")
        yield* crash("bot")
        assert.strictEqual(yield* Fiber.join(started), "running")
        assert.strictEqual(yield* (yield* Bot).Ping(), "pong")
      }
    })))

  it.effect("F19: A stop by an actor in answer to ThreadStarted completes when the thread has stopped.", () =>
    running(declare())(Effect.gen(function*() {
      const stopped = yield* Effect.forkChild(
        (yield* Clerk).React({ to: "ThreadStarted" }, { timeout: "1 minute" }),
        now
      )
      yield* Effect.sleep("1 second")
      yield* (yield* System.System).restart("bot")
      assert.strictEqual(yield* Fiber.join(stopped), "stopped")
    })))

  it.effect("F19: A start of a thread that is given up again while it starts fails with NotUp.", () =>
    running(quarantined)(Effect.gen(function*() {
      const system = yield* System.System
      const { crash } = yield* Testing.Faults
      yield* crash("bot")
      yield* Effect.sleep("1 second")
      assert.strictEqual(yield* stateOf("bot"), "quarantined")
      const starting = yield* Effect.forkChild(Effect.flip(system.start("bot")), now)
      yield* Effect.sleep("50 millis")
      yield* crash("bot", "again")
      const error = yield* Fiber.join(starting)
      assert(error._tag === "NotUp")
      assert.strictEqual(error.state, "quarantined")
      assert.strictEqual(
        error.message,
        "thread \"bot\" is not up, it is quarantined (last failure: Error: again): mend what ends it, then start it"
      )
    })))

  it.effect("F19: All callers that restart at the same time wait for the same start; a stop lets a start end.", () =>
    running(declare())(Effect.gen(function*() {
      const system = yield* System.System
      yield* Effect.all([system.restart("bot"), system.restart("bot"), system.start("bot")], {
        concurrency: "unbounded"
      })
      assert.strictEqual(yield* stateOf("bot"), "running")
      yield* system.stop("bot")
      const starting = yield* Effect.forkChild(system.start("bot"), now)
      yield* Effect.sleep("50 millis")
      yield* system.stop("bot")
      yield* Fiber.join(starting)
      assert.strictEqual(yield* stateOf("bot"), "stopped")
    })))

  it.effect("F19: During a shutdown a stop completes, and a start fails with NotUp.", () =>
    running(declare())(Effect.gen(function*() {
      const system = yield* System.System
      const stopped = yield* Effect.forkChild(
        inAnswerTo("Stopping", Effect.andThen(system.stop("bot"), stateOf("bot"))),
        now
      )
      const refused = yield* Effect.forkChild(inAnswerTo("Stopping", Effect.flip(system.start("bot"))), now)
      yield* system.shutdown("enough")
      assert.strictEqual(yield* Fiber.join(stopped), "stopped")
      const error = yield* Fiber.join(refused)
      assert.strictEqual(error._tag, "NotUp")
      assert.strictEqual((yield* Effect.flip(system.restart("bot")))._tag, "NotUp")
      yield* system.stop("bot")
    })))
})

describe("F17: a fault", () => {
  it.effect("F17: A fault can be injected only into a thread that is up.", () =>
    running(quarantined)(Effect.gen(function*() {
      const system = yield* System.System
      yield* system.inject("bot", "exit")
      yield* Effect.sleep("2 seconds")
      for (const state of ["quarantined", "stopped"]) {
        const error = yield* Effect.flip(system.inject("bot", "throw"))
        assert(error._tag === "NotUp")
        assert.strictEqual(error.state, state)
        yield* system.stop("bot")
      }
      const starting = yield* Effect.forkChild(system.start("bot"), now)
      yield* Effect.sleep("10 millis")
      const early = yield* Effect.flip(system.inject("bot", "throw"))
      assert(early._tag === "NotUp")
      assert.strictEqual(early.state, "starting")
      yield* Fiber.join(starting)
      const unknown = yield* Effect.flip(system.inject("bto", "throw"))
      assert.strictEqual(unknown._tag, "UnknownThread")
    })))
})

describe("F17: events", () => {
  it.effect("F17: Events end after Stopped; those who come later get none.", () =>
    running(declare())(Effect.gen(function*() {
      const system = yield* System.System
      const all = yield* Effect.forkChild(Stream.runCollect(system.events), now)
      yield* system.shutdown("enough")
      const tags = Array.from(yield* Fiber.join(all), ({ _tag }) => _tag)
      assert.strictEqual(tags[0], "Stopping")
      assert.strictEqual(tags.at(-1), "Stopped")
      assert.deepStrictEqual(Array.from(yield* Stream.runCollect(system.events)), [])
      yield* system.ended
    })))
})

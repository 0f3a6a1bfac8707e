/** What goes wrong after every start is given up, however long it takes to notice: on simulated threads, and on a real one. */
import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Rpc from "effect/rpc/Rpc"
import type * as Scope from "effect/Scope"
import * as TestClock from "effect/testing/TestClock"
import { Actor, System, Thread } from "heddle"
import * as Testing from "heddle/Testing"
import blocking from "../fixtures/timing/blocking.ts"
import { Worker } from "../fixtures/timing/Worker.ts"
import { quietly, reason, thread, watch } from "./watching.ts"

class Bot extends Actor.Service<Bot>()("Bot", [Rpc.make("Ping"), Rpc.make("Die")]) {}

const behavior = Effect.succeed({ Ping: () => Effect.void, Die: () => Effect.die(new Error("as asked")) })

const running = (
  options: Actor.Options,
  thread: Omit<Thread.Options<[]>, "actors"> = {},
  build: Effect.Effect<Effect.Success<typeof behavior>, never, Scope.Scope> = behavior
) => {
  const layer = Bot.toLayer(build, options)
  return Layer.provide(
    Testing.layer(System.make({
      module: import.meta.url,
      threads: {
        bot: Thread.make({
          onGiveUp: "quarantine",
          ...thread,
          actors: [Actor.lazy(Bot, () => Promise.resolve({ default: layer }))]
        })
      }
    })),
    Logger.layer([])
  )
}

/** Lets hours pass, a few seconds at a time, until the thread is given up; how many times it was started. */
const startsUntilGivenUp = (happens: Effect.Effect<unknown, unknown, Testing.Faults | Bot>) =>
  Effect.gen(function*() {
    for (let times = 0; times < 4000; times++) {
      const { incarnation, state } = yield* thread("bot")
      if (state === "quarantined") return incarnation
      if (state === "running") yield* Effect.exit(happens)
      yield* TestClock.adjust("5 seconds")
    }
    return Infinity
  })

it.effect("F20: A thread that hangs after every start is given up, though it hangs for longer than resetAfter.", () =>
  Effect.gen(function*() {
    const starts = yield* startsUntilGivenUp(Effect.flatMap(Testing.Faults, (faults) => faults.hang("bot")))
    assert.strictEqual(starts, 6)
  }).pipe(Effect.provide(running({}, { watchdog: { stallAfter: "2 minutes" } }))))

for (
  const [what, check] of [
    ["fails", Effect.fail("unwell")],
    ["dies", Effect.die(new Error("unwell"))],
    ["never returns", Effect.never]
  ] as const
) {
  it.effect(`F20: An actor whose health check ${what} each time is given up with its thread, though that takes an hour.`, () =>
    Effect.gen(function*() {
      assert.strictEqual(yield* startsUntilGivenUp(Effect.void), 6)
    }).pipe(Effect.provide(running({ health: { check, every: "1 minute" } }))))
}

it.effect("F20: An actor whose finalizers hang is given up with its thread, though they may take longer than resetAfter.", () =>
  Effect.gen(function*() {
    const die = Effect.flatMap(Bot, (bot) => bot.Die(undefined, { discard: true }))
    assert.strictEqual(yield* startsUntilGivenUp(die), 6)
  }).pipe(Effect.provide(running(
    {},
    { shutdownTimeout: "1 minute" },
    Effect.andThen(Effect.addFinalizer(() => Effect.never), behavior)
  ))))

it.effect("F20: An actor that is well for resetAfter between its failures is never given up.", () =>
  Effect.gen(function*() {
    const bot = yield* Bot
    for (let times = 0; times < 20; times++) {
      assert.strictEqual((yield* reason(bot.Die()))._tag, "Crashed")
      yield* TestClock.adjust("1 minute")
    }
    assert.strictEqual((yield* thread("bot")).incarnation, 1)
  }).pipe(Effect.provide(running({ health: { check: Effect.void, every: "10 seconds" } }))))

it.live("F20: An actor that dies after it has blocked for longer than resetAfter is given up, and its thread with it.", () =>
  Effect.gen(function*() {
    const worker = yield* Worker
    const events = yield* watch
    const dies = Effect.exit(worker.Block({ millis: 3500, thenDie: true }, { timeout: "1 minute" }))
    const dying = yield* Effect.forkScoped(Effect.forever(dies))
    const { incarnation } = yield* events.next("GaveUp")
    assert.strictEqual(incarnation, 2)
    dying.interruptUnsafe()
  }).pipe(Effect.scoped, Effect.provide(quietly(System.layer(blocking)))))

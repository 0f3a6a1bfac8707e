/**
 * A system without threads: the same supervisor, links, mailboxes and schemas in one process, on the test's own clock,
 * with failures on demand.
 *
 * **Details**
 * - Every thread is simulated: its actors run as fibers of this process, and its links are real ports within it.
 * - All waiting (back-off, time-outs, watchdog, health) goes by the `Clock` of the test: with `TestClock`, a restart
 *   after 30 seconds takes `TestClock.adjust("30 seconds")` and no time.
 * - Every incarnation has a metric registry of its own, as a real thread has: `System.metrics` shows what its actors count,
 *   a second later by that clock. What the test itself counts is main's.
 *
 * **Gotchas**
 * - Isolation is not simulated: an actor that blocks the loop blocks the test. Use `Faults.hang`.
 * - A message between simulated threads takes turns of the real event loop: adjust the clock when what should wait for
 *   it waits, not right after a call that asks further.
 * - A crashed thread's finalizers do run here, so that a test leaves nothing open.
 * - An end that nobody observes is not thrown: await `System.ended` to see it.
 *
 * **Example**
 *
 * ```ts
 * it.effect("answers again after a crash", () =>
 *   Effect.gen(function*() {
 *     const greeter = yield* Greeter
 *     yield* (yield* Testing.Faults).crash("bot")
 *     yield* TestClock.adjust("1 second")
 *     expect(yield* greeter.Hello({ name: "Ada" })).toBe("Hello, Ada!")
 *   }).pipe(Effect.provide(Testing.layer(config))))
 * ```
 */
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Actor from "./Actor.ts"
import { makeConfig } from "./control/config.ts"
import { alone } from "./control/only.ts"
import * as ExitCause from "./ExitCause.ts"
import * as mainRun from "./main/run.ts"
import * as operating from "./socket/operating.ts"
import { type Config, type LayerOptions, System } from "./System.ts"
import type { SystemError } from "./SystemError.ts"
import { NotUp, UnknownThread } from "./SystemError.ts"
import * as memoryStorage from "./testing/memoryStorage.ts"
import { makeSpawn, onClock, type Simulated } from "./testing/simulatedThread.ts"

/**
 * Failures on demand, by thread name.
 *
 * **Details**
 * - `crash`: the thread ends now, as by an uncaught error. What its handlers were doing is reported as `Crashed`.
 * - `hang`: nothing goes in or out and no heartbeat, until the watchdog replaces the thread or `resume`.
 * - `delay`: everything that arrives at the thread takes so much longer; order is kept. Ends with the incarnation.
 * - `drop`: the next `count` messages to the thread are lost on the way, which no real link does: their asks time out.
 * - Each fails with `NotUp` when the thread is neither starting nor up.
 *
 * @since 0.1.0
 * @category services
 */
export class Faults extends Context.Service<Faults, {
  readonly crash: (thread: string, message?: string) => Effect.Effect<void, UnknownThread | NotUp>
  readonly hang: (thread: string) => Effect.Effect<void, UnknownThread | NotUp>
  readonly resume: (thread: string) => Effect.Effect<void, UnknownThread | NotUp>
  readonly delay: (thread: string, by: Duration.Input) => Effect.Effect<void, UnknownThread | NotUp>
  readonly drop: (thread: string, count: number) => Effect.Effect<void, UnknownThread | NotUp>
}>()("heddle/Testing/Faults") {}

/**
 * Runs a declared system in this process.
 *
 * **Details**
 * - Provides the clients and `System` as `System.layer` does, and `Faults`.
 * - `options.control`: as of `System.layer`.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = <Actors, Parts = never>(
  declared: Config<Actors, Parts>,
  options: LayerOptions = {}
): Layer.Layer<Actors | System | Faults, SystemError, Parts> =>
  Layer.effectContext(Effect.gen(function*() {
    const config = makeConfig<Actors, Parts>(alone(declared.topology))
    const context = yield* Effect.context<never>()
    const simulated = new Map<string, Simulated>()
    const running = yield* mainRun.make(config, {
      spawn: makeSpawn(config, context, simulated, yield* memoryStorage.make(config.topology)),
      after: onClock(context)
    })
    const { boot, services } = running
    yield* operating.listen(config.topology, running, options.control)
    const wake = ({ gate }: Simulated): void => {
      gate.hung = false
      for (const pass of gate.waiting.splice(0)) pass()
    }
    // A thread that hangs would keep the end of the test waiting for a clock that nobody adjusts any more.
    yield* Effect.addFinalizer(() => Effect.sync(() => Array.from(simulated.values()).forEach(wake)))
    yield* boot

    const known = config.topology.threads.map(({ name }) => name)
    const on = (name: string, f: (thread: Simulated) => void): Effect.Effect<void, UnknownThread | NotUp> =>
      Effect.suspend((): Effect.Effect<void, UnknownThread | NotUp> => {
        if (!known.includes(name)) return Effect.fail(new UnknownThread({ name, known }))
        const thread = simulated.get(name)
        return thread === undefined ? notUp(name) : Effect.sync(() => f(thread))
      })
    const notUp = (thread: string) =>
      Effect.flatMap(Effect.orDie(Context.get(services, System).threads), (threads) => {
        const status = threads.find(({ name }) => name === thread)
        return Effect.fail(new NotUp({ thread, state: status?.state ?? "idle", cause: status?.lastCause ?? null }))
      })
    return Context.add(services, Faults, {
      crash: (thread, message = "crashed by the test") =>
        on(thread, ({ end }) => end(ExitCause.Thrown.make({ name: "Error", message, stack: "" }))),
      hang: (thread) =>
        on(thread, ({ gate }) => {
          gate.hung = true
        }),
      resume: (thread) => on(thread, wake),
      delay: (thread, by) =>
        on(thread, ({ gate }) => {
          gate.delayMillis = Duration.toMillis(by)
        }),
      drop: (thread, count) =>
        on(thread, ({ gate }) => {
          gate.toDrop = count
        })
    })
  }))

/**
 * What an actor knows of itself, to test its parts without any system.
 *
 * **Details**
 * - What is kept stays in `kept`: give the same map again for a next incarnation.
 * - A failure that the actor reports dies with its cause.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerCurrent = (
  actor: string,
  kept: Map<string, unknown> = new Map()
): Layer.Layer<Actor.Current> =>
  Layer.succeed(Actor.Current, {
    actor,
    thread: "test",
    instance: { index: 0, count: 1 },
    incarnation: 1,
    fail: (cause) => Effect.die(Cause.squash(cause)),
    kept: {
      read: Effect.sync(() => Option.fromUndefinedOr(kept.get(actor))),
      write: (value) => Effect.sync(() => void kept.set(actor, value))
    }
  })

/**
 * A system: a config module's threads and actors under one supervisor.
 */
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as RpcMiddleware from "effect/rpc/RpcMiddleware"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import type * as Stream from "effect/Stream"
import type { ActorError } from "./ActorError.ts"
import * as declared from "./declared.ts"
import * as ExitCause from "./ExitCause.ts"
import * as importing from "./importing.ts"
import type { GaveUp, NotUp, SystemError, Unkillable, UnknownThread } from "./SystemError.ts"
import type { SystemEvent } from "./SystemEvent.ts"
import * as Thread from "./Thread.ts"
import type { ThreadMetric } from "./ThreadMetric.ts"
import * as topology from "./topology.ts"

/** What is known of one actor. Counters count since the system started, over all incarnations. */
export const ActorStatus = Schema.Struct({
  name: Schema.String,
  state: Schema.Literals(["starting", "running", "restarting", "stopping", "stopped"]),
  incarnation: Schema.Int,
  restarts: Schema.Int,
  lastCause: Schema.NullOr(ExitCause.ExitCause),
  /** Messages accepted and not started yet. */
  mailboxDepth: Schema.Int,
  /** Messages whose handler ended, well or with a declared error. */
  handled: Schema.Int,
  /** Messages whose handler died. */
  failed: Schema.Int
})
export type ActorStatus = typeof ActorStatus.Type

/** What is known of one thread. */
export const ThreadStatus = Schema.Struct({
  name: Schema.String,
  state: Thread.State,
  incarnation: Schema.Int,
  /** How often it was started again, for whatever reason. */
  restarts: Schema.Int,
  lastCause: Schema.NullOr(ExitCause.ExitCause),
  /** When the present incarnation became ready, in epoch milliseconds; null when it isn't. */
  readyAtMillis: Schema.NullOr(Schema.Finite),
  heapUsedBytes: Schema.Finite,
  /** Part of the last second or so in which the event loop was busy, 0 to 1. */
  eventLoopUtilization: Schema.Finite,
  actors: Schema.Array(ActorStatus)
})
export type ThreadStatus = typeof ThreadStatus.Type

/** How a thread is made to fail on purpose: throw, `process.exit(0)`, fill the heap, or block the loop. */
export const Fault = Schema.Literals(["throw", "exit", "oom", "spin"])
export type Fault = typeof Fault.Type

/**
 * The running system, in programs and in actors on any thread.
 *
 * **Details**
 * - `threads`: a snapshot, at most two seconds old where it comes from another thread.
 * - `metrics`: what all threads count with Effect's `Metric`, the supervisor's own (`"main"`) among them; at most two
 *   seconds old, or ten where a thread was active for less than 0.1 ms since. Counters don't fall when a thread restarts:
 *   what it had counted is kept, but for what was not known yet of one that had to be terminated or ran out of memory.
 * - `events`: everything from now on, in order. Ends after `Stopped`.
 * - `stop` completes when the incarnation that it found is gone; `start` when the thread runs; `restart` when a later
 *   incarnation runs. They do not count against the budget. `start` and `restart` fail with `NotUp` when the thread is
 *   given up meanwhile, or the system ends; all three with `Unkillable` when the thread that has to end first can't be
 *   ended: the order stands, and is carried out when that thread is dead. An order that a later one overrules
 *   (a `start` by a `stop`, a `stop` that has not begun by a `start`) completes then.
 * - `inject` makes a thread fail on purpose, once. Fails with `NotUp` unless the thread is running.
 * - `shutdown` stops every thread in order. Completes when the system has ended; in an actor, whose own thread ends too,
 *   when the shutdown has begun.
 * - `ended` completes after an orderly end, which is any shutdown that was asked for. Fails with `GaveUp` when the system ended
 *   because a thread's budget was spent, with `Unkillable` when a thread outlived the end. In an actor, which never lives to see
 *   it, `ended` never completes.
 *
 * **Gotchas**
 * - `ActorError` is possible only in actors, where the supervisor is on another thread.
 * - A failure that nobody awaits is thrown: see `layer`.
 */
export class System extends Context.Service<System, {
  readonly threads: Effect.Effect<ReadonlyArray<ThreadStatus>, ActorError>
  readonly metrics: Effect.Effect<ReadonlyArray<ThreadMetric>, ActorError>
  readonly events: Stream.Stream<SystemEvent, ActorError>
  readonly restart: (name: string) => Effect.Effect<void, UnknownThread | NotUp | Unkillable | ActorError>
  readonly stop: (name: string) => Effect.Effect<void, UnknownThread | Unkillable | ActorError>
  readonly start: (name: string) => Effect.Effect<void, UnknownThread | NotUp | Unkillable | ActorError>
  readonly inject: (thread: string, fault: Fault) => Effect.Effect<void, UnknownThread | NotUp | ActorError>
  readonly shutdown: (why: string) => Effect.Effect<void, ActorError>
  readonly ended: Effect.Effect<void, GaveUp | Unkillable>
}>()("heddle/System") {}

/** What decides the fate of the others when one thread is restarted; OTP's names and meanings. */
export type Strategy = "one-for-one" | "rest-for-one" | "one-for-all"

/**
 * The declaration of a system, but for its module.
 *
 * **Details**
 * - `threads`: started in this order, stopped in the reverse. A name is 1–64 letters, digits, `_` or `-`, and begins with a
 *   letter; `main` is the supervisor's own thread.
 * - `strategy`: default `"one-for-one"`.
 * - `startup`: `"sequential"` (default): each thread is ready before the next one starts. `"parallel"`: none waits for another;
 *   two load their modules at a time, and all build their actors at the same time.
 * - `shutdownTimeout`: for all threads together; then the rest is terminated. Default 25 seconds.
 * - `layer`: a module whose default export is a `Layer` for every thread: loggers, a tracer, a `ConfigProvider`, the client's
 *   parts of middleware. Each thread builds it for itself, before its own `layer`; main builds it before all threads, for the
 *   supervisor and the program. Nothing that it provides crosses threads. It must need nothing itself. Default none.
 */
export interface Declaration<Threads extends Readonly<Record<string, Thread.Thread<unknown, unknown>>>> {
  readonly threads: Threads
  readonly strategy?: Strategy | undefined
  readonly startup?: "sequential" | "parallel" | undefined
  readonly shutdownTimeout?: Duration.Input | undefined
}

/**
 * The declaration of a system.
 *
 * **Details**
 * - `module`: always `import.meta.url`, or `__filename` in CommonJS; each thread imports this module again to find its actors.
 */
export interface Options<Threads extends Readonly<Record<string, Thread.Thread<unknown, unknown>>>>
  extends Declaration<Threads>
{
  readonly module: string
}

const ConfigTypeId = "~heddle/System/Config"

/**
 * A declared system; the default export of a config module. `Actors` are the actors it hosts and what its layer provides,
 * `Parts` the client's parts of middleware that a program needs to send to them.
 */
export interface Config<out Actors, out Parts = never> {
  readonly [ConfigTypeId]: typeof ConfigTypeId
  readonly "~actors"?: Actors
  readonly "~parts"?: Parts
  readonly topology: topology.Topology
}

/** Recognizes the default export of a config module. */
export const isConfig = (value: unknown): value is Config<unknown, unknown> =>
  typeof value === "object" && value !== null && ConfigTypeId in value

type Provides<Threads> = {
  [Name in keyof Threads]: Threads[Name] extends Thread.Thread<infer P, infer _> ? P : never
}[keyof Threads]

type Requires<Threads> = {
  [Name in keyof Threads]: Threads[Name] extends Thread.Thread<infer _, infer R> ? R : never
}[keyof Threads]

type NameOf<Identifier> = Identifier extends { readonly key: `heddle/Actor/${infer Name}` } ? Name
  : Identifier extends { readonly key: infer Key extends string } ? Key
  : Identifier extends RpcMiddleware.ForClient<infer Middleware> ?
    `the client's part of ${NameOfMiddleware<Middleware>}`
  : "a service without a name"

type NameOfMiddleware<Middleware> = Middleware extends { readonly key: infer Key extends string } ? Key : "a middleware"

/** What layers ask for, and neither the threads nor the system's layer provide. */
type Missing<Threads, Shared> = Exclude<Requires<Threads>, Provides<Threads> | Shared | System>

type MissingActor<Missing> = Extract<Missing, { readonly key: `heddle/Actor/${string}` }>

/** `unknown` when every service that a layer asks for is there, else a type nothing satisfies, which says what is not. */
type Complete<Missing> = [Missing] extends [never] ? unknown
  : [MissingActor<Missing>] extends [never]
    ? { readonly "A layer asks for something that nothing provides": NameOf<Missing> }
  : { readonly "A layer asks for something that no thread declares": NameOf<MissingActor<Missing>> }

/**
 * Declares a system.
 *
 * **Details**
 * - When a layer asks for an actor that no thread declares, that is a type error that names the actor.
 * - Throws `InvalidSystem`, with every fault, when a size, duration or name is not usable or a name is taken twice.
 */
export const make = <
  const Threads extends Readonly<Record<string, Thread.Thread<unknown, unknown>>>,
  Shared = never,
  In extends never = never
>(
  // The complaint first: the compiler cuts off the end of a long type.
  options: Complete<NoInfer<Missing<Threads, Shared>>> & Options<Threads> & Thread.WithLayer<Shared, In>
): Config<Provides<Threads> | Shared, Exclude<Thread.PartsOf<Provides<Threads>>, Shared>> => ({
  [ConfigTypeId]: ConfigTypeId,
  topology: topology.make(options)
})

/**
 * Runs the system for as long as the layer lives, and provides `System` and the client of every actor.
 *
 * **Details**
 * - Built when all threads are ready. Closing it shuts the system down in order.
 * - When the system ends otherwise than by a shutdown, and no fiber awaits `System.ended` then, the error (`GaveUp` or
 *   `Unkillable`) is thrown as an uncaught exception after all threads have stopped: the process ends with exit code 1, or
 *   with 2 if a thread had to be terminated because it did not stop in time.
 * - `onUnkillable: "exit"` of a thread: `ended` fails, and the process exits with 1 a tick later.
 * - Installs no signal handlers.
 *
 * **Example**
 *
 * ```ts
 * Effect.provide(program, System.layer(config))
 * ```
 */
export const layer = <Actors, Parts = never>(
  config: Config<Actors, Parts>
): Layer.Layer<Actors | System, SystemError, Parts> =>
  Layer.unwrap(Effect.contextWith((context: Context.Context<never>) => {
    const refused = importing.refuse(config.topology.module, context)
    if (refused !== undefined) return Effect.fail(refused)
    return Effect.map(Effect.promise(() => import("./main/run.ts")), (run) => run.layer(config))
  }))

/** What a module says of itself: `import.meta`, or `{ url: pathToFileURL(__filename).href, main: require.main === module }`. */
export interface Meta {
  readonly url: string
  /** It is the entry of the process. If absent, it is compared with `process.argv[1]`. */
  readonly main?: boolean | undefined
}

/**
 * Declares a system, and runs a program with it if the module is the entry of the process, or `heddle start` names it.
 *
 * **Details**
 * - The program has the client of every actor, what the system's `layer` provides, `System` and a scope. It starts when all threads are ready. When it ends,
 *   the system is shut down in order, and the process exits with 0; when it fails, with 1, and the cause is printed.
 * - Exit codes are those of `heddle start`: 0 after a clean stop, 1 after a failed start, a failed program or `GaveUp`, 2 when
 *   a thread or the program did not stop in time, 128 + n after a second signal. `process.exitCode` stands if all went well.
 * - SIGTERM, SIGINT, SIGHUP and SIGQUIT interrupt the program and then shut the system down.
 * - A program that awaits `System.ended` or `System.shutdown` has 5 seconds from the end of the system to end by itself.
 * - One call per module; a second one throws `InvalidSystem`, as a faulty declaration does.
 * - The supervisor logs warnings and errors; `heddle start` on the same file shows its information as well.
 * - Types are checked as by `make`.
 *
 * **Gotchas**
 * - Returns at once: it is not awaited. The program begins after the module has been evaluated.
 * - Every thread imports the module, and takes the declaration from it: what else its top level does, it does in each thread.
 * - In any other module, and in any thread but the main one, it only declares.
 *
 * **Example**
 *
 * ```ts
 * System.run(import.meta, { threads: { greeting } }, program)
 * ```
 */
export const run = <
  const Threads extends Readonly<Record<string, Thread.Thread<unknown, unknown>>>,
  A,
  E,
  Shared = never,
  In extends never = never
>(
  meta: Meta,
  options:
    & Complete<
      NoInfer<Missing<Threads, Shared> | Exclude<Thread.PartsOf<Provides<Threads>>, Shared>>
    >
    & Declaration<Threads>
    & Thread.WithLayer<Shared, In>,
  program: Effect.Effect<A, E, Provides<NoInfer<Threads>> | NoInfer<Shared> | System | Scope.Scope>
): void => {
  const config: Config<Provides<Threads> | Shared> = {
    [ConfigTypeId]: ConfigTypeId,
    topology: topology.make({ ...options, module: meta.url })
  }
  const entry = () => import("./cli/entry.ts")
  declared.declare(
    meta,
    { config, use: (run) => run(config, program) },
    (it) => void entry().then(({ run }) => run(it))
  )
}

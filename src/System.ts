/**
 * A system: a config module's threads and actors under one supervisor.
 */
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as RpcMiddleware from "effect/rpc/RpcMiddleware"
import type * as Scope from "effect/Scope"
import type { Control } from "./Control.ts"
import { type Config, makeConfig } from "./control/config.ts"
import type { Declaration, Meta, Options } from "./control/declaration.ts"
import * as declared from "./control/declared.ts"
import * as importing from "./control/importing.ts"
import type { System } from "./control/system.ts"
import * as topology from "./control/topology.ts"
import * as operating from "./socket/operating.ts"
import type { SystemError } from "./SystemError.ts"
import type * as Thread from "./Thread.ts"
import { begin } from "./worker/begin.ts"

export { type Config, isConfig } from "./control/config.ts"
export type { Declaration, Meta, Options, Strategy } from "./control/declaration.ts"
export { System } from "./control/system.ts"
export { ActorStatus, Fault, ThreadStatus } from "./Status.ts"

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
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = <
  const Threads extends Readonly<Record<string, Thread.Thread<unknown, unknown>>>,
  Shared = never,
  In extends never = never
>(
  // The complaint first: the compiler cuts off the end of a long type.
  options: Complete<NoInfer<Missing<Threads, Shared>>> & Options<Threads> & Thread.WithLayer<Shared, In>
): Config<Provides<Threads> | Shared, Exclude<Thread.PartsOf<Provides<Threads>>, Shared>> => {
  startThread()
  const config = makeConfig<Provides<Threads> | Shared, Exclude<Thread.PartsOf<Provides<Threads>>, Shared>>(
    topology.make(options)
  )
  importing.noteMade(config)
  return config
}

/** In a bundle that has no entry for threads, a thread runs the bundle itself, and begins here. */
const startThread = (): void => {
  const init = begin()
  if (init !== undefined) void import("./worker/start.ts").then(({ start }) => start(init))
}

/**
 * How a system is run by a layer.
 *
 * @since 0.1.0
 * @category models
 */
export interface LayerOptions {
  readonly control?: Control | undefined
}

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
 * - `options.control`: `Control.socket` has the system listen for the `heddle` command. Default: what the declaration says, else
 *   `Control.none`.
 *
 * **Example**
 *
 * ```ts
 * Effect.provide(program, System.layer(config))
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = <Actors, Parts = never>(
  config: Config<Actors, Parts>,
  options: LayerOptions = {}
): Layer.Layer<Actors | System, SystemError, Parts> =>
  Layer.unwrap(Effect.contextWith((context: Context.Context<never>) => {
    const refused = importing.refuse(config.topology.module, context)
    if (refused !== undefined) return Effect.fail(refused)
    return Effect.map(
      Effect.promise(() => import("./main/run.ts")),
      (run) => run.layer(config, (running) => operating.listen(config.topology, running, options.control))
    )
  }))

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
 *
 * @since 0.1.0
 * @category running
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
  startThread()
  const config = makeConfig<Provides<Threads> | Shared>(topology.make({ ...options, module: meta.url }))
  const entry = () => import("./cli/entry.ts")
  declared.declare(
    meta,
    { config, use: (run) => run(config, program) },
    (it) => void entry().then(({ run }) => run(it))
  )
}

/**
 * A thread: a worker thread running one Effect runtime that hosts one or more actors; the unit of isolation.
 */
import type * as Duration from "effect/Duration"
import type * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import type { ResourceLimits } from "node:worker_threads"
import type * as Actor from "./Actor.ts"
import type * as RestartPolicy from "./RestartPolicy.ts"

/**
 * What a thread is doing. `idle`: it has never started. `unkillable`: it was terminated, and is not dead yet.
 *
 * @since 0.1.0
 * @category models
 */
export const State = Schema.Literals([
  "idle",
  "starting",
  "running",
  "restarting",
  "stopping",
  "stopped",
  "quarantined",
  "unkillable"
])
/**
 * The type of `State`'s values.
 *
 * @since 0.1.0
 * @category models
 */
export type State = typeof State.Type

/**
 * How one thread hosts actors. Only `actors` is required.
 *
 * **Details**
 * - `actors`: built in this order, stopped in the reverse.
 * - `restart`: see `RestartPolicy.Options`. With `policy: "never"` the first failure is a spent budget: set `onGiveUp` too.
 * - `startTimeout`: from the start of the thread until all its actors are built. Default 30 seconds.
 * - `shutdownTimeout`: from the request to stop until the thread says that all finalizers ran; then it is terminated.
 *   Default 5 seconds.
 * - `watchdog.stallAfter`: how long the thread's event loop may make no progress. Default 5 seconds; at least 100 millis.
 *   `watchdog.action`: `"restart"` (default) or `"report"`, which only pushes a `ThreadStalled` event.
 *   `watchdog.debugger`: what happens while an inspector listens in the process (`--inspect`, `inspector.open`, SIGUSR1).
 *   `"pause"` (default) reports a thread that does not move and does not end it: it may be at a breakpoint. Nor do
 *   `startTimeout` and health checks end anything then, nor `shutdownTimeout` while a thread stands still. `"ignore"` is
 *   for production with `--inspect`.
 * - `resourceLimits`: as `node:worker_threads`; reaching the heap limit ends this thread only, except when one single
 *   allocation is larger than the limit. Buffers are not counted. Default: only `maxYoungGenerationSizeMb: 32`.
 *   At least 24 for `maxOldGenerationSizeMb` (heddle itself takes about 20), 1 for `maxYoungGenerationSizeMb` and `stackSizeMb`, 8 for `codeRangeSizeMb`: with less
 *   a thread can't start, or V8 aborts the process.
 *   V8 rounds the young generation to a power of two: 25 to 48 is 32 MB, 13 to 24 is 16 MB, 12 or less is 8 MB or less, and
 *   V8's own default of 96 is 64 MB. Measured with 1000 asks in flight, against V8's default: 32 costs no CPU time, 24 costs
 *   5 to 8 %, 16 costs 11 %, 8 costs 53 %, and 4 costs 84 %. Take 4 to 8 on a small machine.
 * - `onGiveUp`: what follows a spent budget. `"escalate"` (default) stops the system with exit code 1; `"quarantine"`
 *   leaves the thread stopped and the others running.
 * - `onUnkillable`: a synchronous native call can't be terminated. `"wait"` (default) keeps the thread out of routing
 *   until it is proven dead; `"exit"` ends the process, so that an outer supervisor can act.
 * - `layer`: a module whose default export is a `Layer`, built once an incarnation, before the actors, and closed after them.
 *   What it provides is there for the layers of all actors of the thread: a pool that they share, a `ConfigProvider`, a tracer,
 *   loggers. It may use what the system's `layer` provides. Default none.
 * - `isolation`: where the thread runs. `"thread"` (default): on a worker thread. `"process"`: in a child process of its
 *   own, which a segmentation fault, `process.abort()`, a full heap or a native call that never ends takes down alone; needs Linux and
 *   Node 26. It costs some more memory, a slower start (`standby` hides it) and slower messages. `"inline"`: on main, for very small machines, or to
 *   have the actors in the program's debugger. It costs no memory of its own, and is supervised as any other.
 * - `standby`: threads that have loaded everything and wait to take over when this one crashes: 0 (default) to 8. Each costs
 *   the memory of a loaded thread (about 40 MB and what the layers import); the next incarnation is ready some 10 ms after
 *   the back-off (`restart.backoff.min`) instead of some 150 ms. They are loaded one at a time, once the system has started
 *   and each time one has taken over. More than one helps who crashes again before the next is loaded.
 * - `instances`: how many threads host these actors: 1 (default) to 64, or `"cores"`: as many as the process may use of the
 *   machine's cores, by its CPU affinity and its cgroup's quota, rounded down. Each instance is a thread of its own, `hash.1`, `hash.2` and so
 *   on, with its own restarts; the budget is each instance's own, and `rest-for-one` and `one-for-all` treat all of them as one
 *   thread that restarts its parts by itself. There is one client for all: a message goes to the instance with the fewest
 *   messages, as soon as one has a free place, and waits at its sender until then. A message that had not started when its
 *   instance died goes to another one.
 * - `taskTimeout`: how long one message may keep the event loop busy. It is the default of `watchdog.stallAfter`. With several
 *   instances and without it, `watchdog.action` is `"report"`: long computations look like a thread that hangs.
 * - `recycle`: replaces the thread by a fresh one though nothing is wrong with it: when it has handled `after` messages (a whole
 *   number), when its JavaScript heap holds `heap` or more that is still in use (`"200 MB"`, or bytes; at least 24 MB), when it
 *   has run for `age`. Its successor is loaded first, a standby thread if there is one. Then the thread starts no further
 *   message, those that run go on for up to `taskTimeout` (default 1 minute), and the successor takes over. No restart is
 *   counted as a failure. Instances are recycled one at a time, unless they have no messages left to handle. An event
 *   `ThreadRecycling` and a line of the log say why. Default: never.
 * - `childProcesses`: what becomes of the child processes that this thread has spawned when it ends, by whatever way. `"end"`
 *   (default): after the actors' finalizers each is sent SIGTERM, after a quarter of `shutdownTimeout` SIGKILL, and is waited
 *   for; after a crash it is sent SIGKILL before the next incarnation begins. `"keep"` leaves them running. A child that was
 *   spawned `detached` is ended with its whole process group: what is to outlive the thread needs `"keep"`.
 * - `permissions`: `"none"` is for a thread, or a process, that handles what strangers send: once its actors are built, and before it takes its first
 *   message, it gives up to read files, and could never write any, use the network, start processes, threads or an inspector, or load
 *   native code. Who tries gets Node's `ERR_ACCESS_DENIED`. Needs Node 26. Default: it may do what the program may.
 *
 * **Gotchas**
 * - A thread without permissions can't import a module after its start, unless that was imported before: have its layers import all that
 *   handlers need. An actor of it that is restarted builds its layer without permissions as well.
 * - Messages to several instances have no order among each other, and each sender has a queue of its own: `mailbox.capacity` and
 *   `mailbox.overflow` apply to that. State that an actor keeps in its layer is each instance's own.
 * - `recycle.after` is exact: no incarnation handles more messages. Messages that its own actors send to each other are not
 *   counted, because they are part of handling others. If messages come faster than a thread loads, they wait for it. Open
 *   streams end with `Crashed`, as they do on any restart. `recycle.heap` is looked at once a second, and does not count buffers.
 * - Synchronous children (`spawnSync`, `execSync`) and children of children are not ended. An actor that is restarted within
 *   its thread ends its own children in its scope: nobody else knows which are its.
 * - If neither this `layer` nor the system's provides loggers, main's loggers write what the thread logs, at main's level.
 * - Actors that provide the same `Layer` value share what it builds, for as long as one of them lives. So such a layer must not
 *   use `Actor.Current` or `Actor.kept`, unless it is wrapped in `Layer.fresh`.
 * - A process shares nothing with main but messages: `SharedArrayBuffer`, `MessagePort`, streams, `Blob` and keys of `node:crypto` can't
 *   be sent to it or from it (`NotSendable`), and what moves is copied. `isMainThread` is false in it. It ignores SIGHUP, SIGINT, SIGQUIT and SIGTERM, on which
 *   main acts. Of `resourceLimits` the two of the heap apply. What must
 *   not load `node:ffi` (`--permission` without `--allow-ffi`) can't have one.
 * - Nothing contains an inline thread: what blocks it blocks main, and so the whole system and its supervision; an error that
 *   nobody catches, `process.exit` and a full heap end the process. `resourceLimits`, `watchdog`, `childProcesses` and
 *   `recycle.heap` have no effect. To terminate it interrupts its fibers: one that can't be interrupted makes it unkillable. Its
 *   modules are main's, so a restart does not load them again; and its heap counts as 0, because it has none of its own.
 * - Standby threads import the modules of the layers as well, while another thread runs the actors: what may exist only once
 *   (a connection, a port, a lock) belongs into the layer, not into its module.
 * - A standby thread has the program and its `process.env` as they were when it loaded. A restart that is asked for
 *   (`System.restart`) discards it, and loads a new one.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options<Actors extends ReadonlyArray<Actor.Lazy<unknown, unknown>>> {
  readonly actors: Actors
  readonly restart?: RestartPolicy.Options | undefined
  readonly startTimeout?: Duration.Input | undefined
  readonly shutdownTimeout?: Duration.Input | undefined
  readonly watchdog?: {
    readonly stallAfter?: Duration.Input | undefined
    readonly action?: "restart" | "report" | undefined
    readonly debugger?: "pause" | "ignore" | undefined
  } | undefined
  readonly resourceLimits?: ResourceLimits | undefined
  readonly onGiveUp?: "escalate" | "quarantine" | undefined
  readonly onUnkillable?: "wait" | "exit" | undefined
  readonly standby?: number | undefined
  readonly isolation?: "thread" | "process" | "inline" | undefined
  readonly instances?: number | "cores" | undefined
  readonly taskTimeout?: Duration.Input | undefined
  readonly recycle?: Recycle | undefined
  readonly childProcesses?: "end" | "keep" | undefined
  readonly permissions?: "none" | undefined
}

/**
 * When a thread is replaced by a fresh one: see `Options`. At least one of them.
 *
 * @since 0.1.0
 * @category models
 */
export interface Recycle {
  readonly after?: number | undefined
  readonly heap?: number | `${number} ${"KB" | "MB" | "GB"}` | undefined
  readonly age?: Duration.Input | undefined
}

/**
 * What a thread or a system is declared with that its type tells more of: the layer that its actors share.
 *
 * @since 0.1.0
 * @category models
 */
export interface Shared {
  readonly layer?: (() => Promise<{ readonly default: unknown }>) | undefined
}

/**
 * A declared thread. `Provides` are its actors, `Requires` what their layers ask for.
 *
 * @since 0.1.0
 * @category models
 */
export interface Thread<out Provides, out Requires> {
  readonly options: Options<ReadonlyArray<Actor.Lazy<unknown, unknown>>> & Shared
  readonly "~provides"?: Provides
  readonly "~requires"?: Requires
}

/**
 * The actors of a list of lazy actors.
 *
 * @since 0.1.0
 * @category models
 */
export type Provides<Actors> = Actors extends ReadonlyArray<Actor.Lazy<infer Self, infer _>> ? Self : never
/**
 * What the layers of a list of lazy actors ask for.
 *
 * @since 0.1.0
 * @category models
 */
export type Requires<Actors> = Actors extends ReadonlyArray<Actor.Lazy<infer _, infer Requires>> ? Requires : never

/**
 * Where a layer is that all actors of a thread or a system share.
 *
 * @since 0.1.0
 * @category models
 */
export interface WithLayer<Out, In> {
  readonly layer?: (() => Promise<{ readonly default: Layer.Layer<Out, unknown, In> }>) | undefined
}

/**
 * With the client's parts of middleware that are needed to send to the actors among these services.
 *
 * @since 0.1.0
 * @category models
 */
export type WithParts<Services> = Services | PartsOf<Services>

/**
 * The client's parts of middleware that are needed to send to these actors.
 *
 * @since 0.1.0
 * @category models
 */
export type PartsOf<Services> = Services extends unknown
  ? "~clientParts" extends keyof Services ? Exclude<Services["~clientParts"], undefined> : never
  : never

/**
 * Declares a thread.
 *
 * **Example**
 *
 * ```ts
 * Thread.make({ actors: [Actor.lazy(Greeter, () => import("./GreeterLayer.ts"))] })
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = <
  const Actors extends ReadonlyArray<Actor.Lazy<unknown, unknown>>,
  Out = never,
  In = never
>(
  options: Options<Actors> & WithLayer<Out, In>
): Thread<Provides<Actors>, Exclude<WithParts<Requires<Actors>>, Out> | WithParts<NoInfer<In>>> => ({ options })

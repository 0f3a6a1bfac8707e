/**
 * A thread: a worker thread running one Effect runtime that hosts one or more actors; the unit of isolation.
 */
import type * as Duration from "effect/Duration"
import * as Schema from "effect/Schema"
import type { ResourceLimits } from "node:worker_threads"
import type * as Actor from "./Actor.ts"
import type * as RestartPolicy from "./RestartPolicy.ts"

/** What a thread is doing. `idle`: it has never started. `condemned`: it was told to end, and does not. */
export const State = Schema.Literals([
  "idle",
  "starting",
  "running",
  "restarting",
  "stopping",
  "stopped",
  "quarantined",
  "condemned"
])
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
 * - `resourceLimits`: as `node:worker_threads`; reaching the heap limit ends this thread only, except when one single
 *   allocation is larger than the limit. Buffers are not counted. Default none. At least 24 for `maxOldGenerationSizeMb`
 *   (heddle itself takes about 20), 1 for `maxYoungGenerationSizeMb` and `stackSizeMb`, 8 for `codeRangeSizeMb`: with less
 *   a thread can't start, or V8 aborts the process.
 * - `onGiveUp`: what follows a spent budget. `"escalate"` (default) stops the system with exit code 1; `"quarantine"`
 *   leaves the thread stopped and the others running.
 * - `onUnkillable`: a synchronous native call can't be terminated. `"wait"` (default) keeps the thread out of routing
 *   until it is proven dead; `"exit"` ends the process, so that an outer supervisor can act.
 * - `standby`: threads that have loaded everything and wait to take over when this one crashes: 0 (default) to 8. Each costs
 *   the memory of a loaded thread (about 40 MB and what the layers import); the next incarnation is ready some 10 ms after
 *   the back-off (`restart.backoff.min`) instead of some 150 ms. They are loaded one at a time, once the system has started
 *   and each time one has taken over. More than one helps who crashes again before the next is loaded.
 * - `childProcesses`: what becomes of the child processes that this thread has spawned when it ends, by whatever way. `"end"`
 *   (default): after the actors' finalizers each is sent SIGTERM, after a quarter of `shutdownTimeout` SIGKILL, and is waited
 *   for; after a crash it is sent SIGKILL before the next incarnation begins. `"keep"` leaves them running. A child that was
 *   spawned `detached` is ended with its whole process group: what is to outlive the thread needs `"keep"`.
 *
 * **Gotchas**
 * - Synchronous children (`spawnSync`, `execSync`) and children of children are not ended. An actor that is restarted within
 *   its thread ends its own children in its scope: nobody else knows which are its.
 * - Standby threads import the modules of the layers as well, while another thread runs the actors: what may exist only once
 *   (a connection, a port, a lock) belongs into the layer, not into its module.
 * - A standby thread has the program and its `process.env` as they were when it loaded. A restart that is asked for
 *   (`System.restart`) discards it, and loads anew.
 */
export interface Options<Actors extends ReadonlyArray<Actor.Lazy<unknown, unknown>>> {
  readonly actors: Actors
  readonly restart?: RestartPolicy.Options | undefined
  readonly startTimeout?: Duration.Input | undefined
  readonly shutdownTimeout?: Duration.Input | undefined
  readonly watchdog?: {
    readonly stallAfter?: Duration.Input | undefined
    readonly action?: "restart" | "report" | undefined
  } | undefined
  readonly resourceLimits?: ResourceLimits | undefined
  readonly onGiveUp?: "escalate" | "quarantine" | undefined
  readonly onUnkillable?: "wait" | "exit" | undefined
  readonly standby?: number | undefined
  readonly childProcesses?: "end" | "keep" | undefined
}

/** A declared thread. `Provides` are its actors, `Requires` what their layers ask for. */
export interface Thread<out Provides, out Requires> {
  readonly options: Options<ReadonlyArray<Actor.Lazy<unknown, unknown>>>
  readonly "~provides"?: Provides
  readonly "~requires"?: Requires
}

/** The actors of a list of lazy actors. */
export type Provides<Actors> = Actors extends ReadonlyArray<Actor.Lazy<infer Self, infer _>> ? Self : never
/** What the layers of a list of lazy actors ask for. */
export type Requires<Actors> = Actors extends ReadonlyArray<Actor.Lazy<infer _, infer Requires>> ? Requires : never

/**
 * Declares a thread.
 *
 * **Example**
 *
 * ```ts
 * Thread.make({ actors: [Actor.lazy(Greeter, () => import("./GreeterLayer.ts"))] })
 * ```
 */
export const make = <const Actors extends ReadonlyArray<Actor.Lazy<unknown, unknown>>>(
  options: Options<Actors>
): Thread<Provides<Actors>, Requires<Actors>> => ({ options })

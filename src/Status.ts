/**
 * The status of threads and actors, and the faults that can be injected into them.
 */
import * as Schema from "effect/Schema"
import * as ExitCause from "./ExitCause.ts"
import * as Thread from "./Thread.ts"

/**
 * What is known of one actor. Counters count since the system started, over all incarnations.
 *
 * @since 0.1.0
 * @category models
 */
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
  failed: Schema.Int,
  /** Of a keyed actor: how many of its keys are awake, and how many were given up. The client's `awake` lists them. */
  keys: Schema.optionalKey(Schema.Struct({ awake: Schema.Int, quarantined: Schema.Int }))
})
/**
 * The type of `ActorStatus`'s values.
 *
 * @since 0.1.0
 * @category models
 */
export type ActorStatus = typeof ActorStatus.Type

/**
 * What is known of one thread.
 *
 * @since 0.1.0
 * @category models
 */
export const ThreadStatus = Schema.Struct({
  name: Schema.String,
  /** The name of the declaration: that of the thread, unless it has several instances. */
  group: Schema.String,
  /** It runs on one machine of the cluster: here, or on another one while it is `stopped` here. Left out of all other threads. */
  once: Schema.optionalKey(Schema.Literal(true)),
  state: Thread.State,
  incarnation: Schema.Int,
  /** How often it was started again, for whatever reason. */
  restarts: Schema.Int,
  lastCause: Schema.NullOr(ExitCause.ExitCause),
  /** When the present incarnation became ready, in epoch milliseconds; null when it isn't. */
  readyAtMillis: Schema.NullOr(Schema.Finite),
  heapUsedBytes: Schema.Finite,
  /** How long the event loop had made no progress when it was last looked at; left out while it makes some. */
  unmovedMillis: Schema.optionalKey(Schema.Finite),
  /** Part of the last second or so in which the event loop was busy, 0 to 1. */
  eventLoopUtilization: Schema.Finite,
  actors: Schema.Array(ActorStatus)
})
/**
 * The type of `ThreadStatus`'s values.
 *
 * @since 0.1.0
 * @category models
 */
export type ThreadStatus = typeof ThreadStatus.Type

/**
 * How a thread is made to fail on purpose: throw, `process.exit(0)`, fill the heap, or block the loop. A process also by a
 * segmentation fault, `process.abort()` and SIGKILL.
 *
 * @since 0.1.0
 * @category models
 */
export const Fault = Schema.Literals(["throw", "exit", "oom", "spin", "segv", "abort", "kill"])
/**
 * The type of `Fault`'s values.
 *
 * @since 0.1.0
 * @category models
 */
export type Fault = typeof Fault.Type

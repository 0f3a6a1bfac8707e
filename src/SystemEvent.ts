/**
 * What happens to the threads and actors of a system, as it happens.
 */
import * as Match from "effect/Match"
import * as Schema from "effect/Schema"
import { DeadLetter } from "./actor/deadLetter.ts"
import { named } from "./base/keyName.ts"
import * as ExitCause from "./ExitCause.ts"
import { PostMortem } from "./PostMortem.ts"

export { DeadLetter, type DeadLetterWithPayload } from "./actor/deadLetter.ts"

const at = { atMillis: Schema.Finite }
const thread = { ...at, thread: Schema.String, incarnation: Schema.Int }

/**
 * All actors of the thread are built and take messages.
 *
 * @since 0.1.0
 * @category events
 */
export const ThreadStarted = Schema.TaggedStruct("ThreadStarted", { ...thread, afterMillis: Schema.Finite })
/**
 * The thread is proven dead. `asked` says whether it was stopped or ended by itself; if it did, there is a post-mortem.
 *
 * @since 0.1.0
 * @category events
 */
export const ThreadExited = Schema.TaggedStruct("ThreadExited", {
  ...thread,
  cause: ExitCause.ExitCause,
  asked: Schema.Boolean,
  postMortem: Schema.optional(PostMortem)
})
/**
 * The thread will be started again after the back-off. `limit`: how many failures in a row are restarted.
 *
 * @since 0.1.0
 * @category events
 */
export const ThreadRestarting = Schema.TaggedStruct("ThreadRestarting", {
  ...thread,
  afterMillis: Schema.Finite,
  failures: Schema.Int,
  limit: Schema.optional(Schema.Int)
})
/**
 * The thread's event loop makes no progress.
 *
 * @since 0.1.0
 * @category events
 */
export const ThreadStalled = Schema.TaggedStruct("ThreadStalled", { ...thread, cause: ExitCause.Stalled })
/**
 * The thread did not stop within its `shutdownTimeout` and was terminated.
 *
 * @since 0.1.0
 * @category events
 */
export const ThreadTerminated = Schema.TaggedStruct("ThreadTerminated", {
  ...thread,
  afterMillis: Schema.Finite,
  ...ExitCause.Whereabouts.fields
})
/**
 * The thread was terminated and is not dead yet: it is in a synchronous native call, or held by a debugger, or the machine is
 * overloaded. Its successor waits for its death.
 *
 * @since 0.1.0
 * @category events
 */
export const ThreadUnkillable = Schema.TaggedStruct("ThreadUnkillable", thread)
/**
 * The thread will be replaced by a fresh one, as its `recycle` says; its successor is being loaded.
 *
 * **Details**
 * - `why`: the limit that was reached. `amount`: by how many messages, bytes or milliseconds.
 *
 * @since 0.1.0
 * @category events
 */
export const ThreadRecycling = Schema.TaggedStruct("ThreadRecycling", {
  ...thread,
  why: Schema.Literals(["after", "heap", "age"]),
  amount: Schema.Finite
})
/**
 * A standby thread has loaded everything, and waits for the present incarnation to end.
 *
 * @since 0.1.0
 * @category events
 */
export const StandbyReady = Schema.TaggedStruct("StandbyReady", { ...at, thread: Schema.String })
/**
 * A standby thread ended, or could not load in time. The next one is loaded when its thread has started again.
 *
 * @since 0.1.0
 * @category events
 */
export const StandbyFailed = Schema.TaggedStruct("StandbyFailed", {
  ...at,
  thread: Schema.String,
  cause: ExitCause.ExitCause
})
/**
 * An actor is built and takes messages. `actorIncarnation` counts its incarnations on this incarnation of its thread.
 *
 * @since 0.1.0
 * @category events
 */
export const ActorStarted = Schema.TaggedStruct("ActorStarted", {
  ...thread,
  actor: Schema.String,
  actorIncarnation: Schema.optional(Schema.Int)
})
/**
 * An actor failed. It is built again inside its thread after the back-off, as `restart` says; without that, its thread ends.
 *
 * **Details**
 * - `actorIncarnation` counts its incarnations on this incarnation of its thread.
 * - `restart.failures`: how many failures there have been in a row; `restart.limit`: how many are restarted.
 * - `key`: the key that failed, of a keyed actor; then only that key was closed, and it is opened again when it is needed.
 *
 * @since 0.1.0
 * @category events
 */
export const ActorFailed = Schema.TaggedStruct("ActorFailed", {
  ...thread,
  actor: Schema.String,
  key: Schema.optionalKey(Schema.String),
  cause: ExitCause.ExitCause,
  actorIncarnation: Schema.optional(Schema.Int),
  restart: Schema.optional(Schema.Struct({
    afterMillis: Schema.Finite,
    failures: Schema.Int,
    limit: Schema.Int
  }))
})
/**
 * The budget of a key is spent: messages for it fail with `NotRunning`, until it is woken or stopped. Its thread and the other keys
 * go on.
 *
 * @since 0.1.0
 * @category events
 */
export const KeyQuarantined = Schema.TaggedStruct("KeyQuarantined", {
  ...thread,
  actor: Schema.String,
  key: Schema.String,
  failures: Schema.Int,
  cause: ExitCause.ExitCause
})
/**
 * A thread's budget is spent.
 *
 * @since 0.1.0
 * @category events
 */
export const GaveUp = Schema.TaggedStruct("GaveUp", {
  ...thread,
  failures: Schema.Int,
  cause: ExitCause.ExitCause
})
/**
 * The system shuts down.
 *
 * @since 0.1.0
 * @category events
 */
export const Stopping = Schema.TaggedStruct("Stopping", { ...at, why: Schema.String })
/**
 * Every thread is gone. `terminated` names those that had to be killed.
 *
 * @since 0.1.0
 * @category events
 */
export const Stopped = Schema.TaggedStruct("Stopped", { ...at, terminated: Schema.Array(Schema.String) })

/**
 * Everything that happens to a system, its threads and actors, for those who watch.
 *
 * @since 0.1.0
 * @category models
 */
export const SystemEvent = Schema.Union([
  ThreadStarted,
  ThreadExited,
  ThreadRestarting,
  ThreadStalled,
  ThreadTerminated,
  ThreadUnkillable,
  ThreadRecycling,
  StandbyReady,
  StandbyFailed,
  ActorStarted,
  ActorFailed,
  KeyQuarantined,
  DeadLetter,
  GaveUp,
  Stopping,
  Stopped
])
/**
 * The type of `SystemEvent`'s values.
 *
 * @since 0.1.0
 * @category models
 */
export type SystemEvent = typeof SystemEvent.Type

/**
 * Says in words which limit a thread that is recycled has reached.
 *
 * @since 0.1.0
 * @category formatting
 */
export const whyRecycled = ({ amount, why }: Pick<typeof ThreadRecycling.Type, "why" | "amount">): string => {
  switch (why) {
    case "after":
      return `it has handled ${amount} ${amount === 1 ? "message" : "messages"}`
    case "heap":
      return `its heap holds ${Math.round(amount / 2 ** 20)} MB`
    case "age":
      return `it has run for ${Math.round(amount / 100) / 10} seconds`
  }
}

const incarnationOf = (event: { readonly thread: string; readonly incarnation: number }): string =>
  `thread "${event.thread}" #${event.incarnation}`

const actorOf = (
  event: Pick<typeof ActorFailed.Type, "actor" | "actorIncarnation" | "key">
): string => {
  const name = event.key === undefined ? event.actor : named(event.actor, event.key)
  return event.actorIncarnation === undefined ? name : `${name} #${event.actorIncarnation}`
}

/** "0.8 s, failure 4 of 5". */
const restartOf = (
  { afterMillis, failures, limit }: {
    readonly afterMillis: number
    readonly failures: number
    readonly limit?: number | undefined
  }
): string => {
  const after = afterMillis < 100 ? `${Math.round(afterMillis)} ms` : `${Number((afterMillis / 1000).toPrecision(2))} s`
  return `${after}, failure ${failures}${limit === undefined ? "" : ` of ${limit}`}`
}

/**
 * Describes an event in one line, as the log does.
 *
 * @since 0.1.0
 * @category formatting
 */
export const format: (event: SystemEvent) => string = Match.typeTags<SystemEvent, string>()({
  ThreadStarted: (event) => `${incarnationOf(event)} is ready after ${Math.round(event.afterMillis)} ms`,
  ThreadExited: (event) =>
    event.asked && (event.cause._tag === "Requested" || event.cause._tag === "Recycled")
      ? `${incarnationOf(event)} stopped`
      : `${incarnationOf(event)} ended${event.asked ? " while it stopped" : ""}: ${ExitCause.format(event.cause)}`,
  ThreadRestarting: (event) => `${incarnationOf(event)} restarts in ${restartOf(event)}`,
  ThreadStalled: (event) => `${incarnationOf(event)} is stalled: ${ExitCause.format(event.cause)}`,
  ThreadTerminated: (event) =>
    `${incarnationOf(event)} did not stop within ${Math.round(event.afterMillis)} ms and was terminated${
      ExitCause.formatWhereabouts(event)
    }`,
  ThreadUnkillable: (event) =>
    `${
      incarnationOf(event)
    } can't be ended, and its actors wait until it is dead: it is in a synchronous native call, or held ` +
    "by a debugger",
  ThreadRecycling: (event) => `${incarnationOf(event)} is recycled: ${whyRecycled(event)}`,
  StandbyReady: (event) => `a standby thread of "${event.thread}" is loaded`,
  StandbyFailed: (event) =>
    `a standby thread of "${event.thread}" failed, and is not replaced before the thread starts again: ${
      ExitCause.format(event.cause)
    }`,
  ActorStarted: (event) => `actor ${actorOf(event)} is ready on ${incarnationOf(event)}`,
  KeyQuarantined: (event) =>
    `gave up on key ${named(event.actor, event.key)} on ${incarnationOf(event)} after ${event.failures} ${
      event.failures === 1 ? "failure" : "failures"
    }: ${ExitCause.format(event.cause)}`,
  ActorFailed: (event) =>
    `actor ${actorOf(event)} on ${incarnationOf(event)} failed${
      event.restart === undefined ? "" : ` and restarts in ${restartOf(event.restart)}`
    }: ${ExitCause.format(event.cause)}`,
  DeadLetter: (event) => `dead letter: ${event.why}`,
  GaveUp: (event) =>
    `gave up on ${incarnationOf(event)} after ${event.failures} ${event.failures === 1 ? "failure" : "failures"}: ${
      ExitCause.format(event.cause)
    }`,
  Stopping: (event) => `stopping: ${event.why}`,
  Stopped: (event) =>
    event.terminated.length === 0
      ? "stopped"
      : `stopped; terminated because they did not end in time: ${event.terminated.join(", ")}`
})

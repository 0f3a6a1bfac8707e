/**
 * The service tag of the running system, which `heddle/System` exports.
 */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type * as Stream from "effect/Stream"
import type { ActorError } from "../ActorError.ts"
import type { PostMortem } from "../PostMortem.ts"
import type { Fault, ThreadStatus } from "../Status.ts"
import type { GaveUp, NotContained, NotUp, Unkillable, UnknownThread } from "../SystemError.ts"
import type { DeadLetterWithPayload, SystemEvent } from "../SystemEvent.ts"
import type { ThreadMetric } from "../ThreadMetric.ts"

/**
 * The running system, in programs and in actors on any thread.
 *
 * **Details**
 * - `threads`: a snapshot, at most two seconds old where it comes from another thread.
 * - `metrics`: what all threads count with Effect's `Metric`, the supervisor's own (`"main"`) among them; at most two
 *   seconds old, or ten where a thread was active for less than 0.1 ms since. Counters don't fall when a thread restarts:
 *   what it had counted is kept, but for what was not known yet of one that had to be terminated or ran out of memory.
 * - `postMortems`: the records of the last 20 threads that ended without being asked to, the newest last. If
 *   `HEDDLE_POST_MORTEMS` names a folder, each is written there as well, as a file of JSON.
 * - `events`: everything from now on, in order. Ends after `Stopped`.
 * - `deadLetters`: the dead letters among the events, each with its payload where that is known. Threads report payloads only
 *   while somebody reads this. A reader that is more than 256 behind misses the oldest.
 * - `stop` completes when the incarnation that it found is gone; `start` when the thread runs; `restart` when a later
 *   incarnation runs. They do not count against the budget. `start` and `restart` fail with `NotUp` when the thread is
 *   given up meanwhile, or the system ends; all three with `Unkillable` when the thread that has to end first can't be
 *   ended: the order stands, and is carried out when that thread is dead. An order that a later one overrules
 *   (a `start` by a `stop`, a `stop` that has not begun by a `start`) completes then. Of a thread that runs on one machine of a
 *   cluster, they are carried out on that machine; they fail with an `ActorError` when none has it, or it can't be reached.
 * - `inject` makes a thread fail on purpose, once. Fails with `NotUp` unless the thread is running, and with `NotContained`
 *   if the fault would end more than the thread: an inline thread only throws.
 * - `shutdown` stops every thread in order. Completes when the system has ended; in an actor, whose own thread ends too,
 *   when the shutdown has begun.
 * - `ended` completes after an orderly end, which is any shutdown that was asked for. Fails with `GaveUp` when the system ended
 *   because a thread's budget was spent, with `Unkillable` when a thread outlived the end. In an actor, which never lives to see
 *   it, `ended` never completes.
 *
 * **Gotchas**
 * - `ActorError` is possible only in actors, where the supervisor is on another thread.
 * - A failure that nobody awaits is thrown: see `layer`.
 *
 * @since 0.1.0
 * @category services
 */
export class System extends Context.Service<System, {
  readonly threads: Effect.Effect<ReadonlyArray<ThreadStatus>, ActorError>
  readonly metrics: Effect.Effect<ReadonlyArray<ThreadMetric>, ActorError>
  readonly postMortems: Effect.Effect<ReadonlyArray<PostMortem>, ActorError>
  readonly events: Stream.Stream<SystemEvent, ActorError>
  readonly deadLetters: Stream.Stream<DeadLetterWithPayload, ActorError>
  readonly restart: (name: string) => Effect.Effect<void, UnknownThread | NotUp | Unkillable | ActorError>
  readonly stop: (name: string) => Effect.Effect<void, UnknownThread | NotUp | Unkillable | ActorError>
  readonly start: (name: string) => Effect.Effect<void, UnknownThread | NotUp | Unkillable | ActorError>
  readonly inject: (
    thread: string,
    fault: Fault
  ) => Effect.Effect<void, UnknownThread | NotUp | NotContained | ActorError>
  readonly shutdown: (why: string) => Effect.Effect<void, ActorError>
  readonly ended: Effect.Effect<void, GaveUp | Unkillable>
}>()("heddle/System") {}

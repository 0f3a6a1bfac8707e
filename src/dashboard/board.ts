/**
 * What the server knows: the supervisor's snapshot, the log, and what panels add.
 *
 * Everything is fetched or received here once, for all pages and probes together. The events are followed for the life of the
 * actor: when their stream ends because the supervisor's thread was not to be reached, it is subscribed to again.
 */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as Actor from "../Actor.ts"
import type { History } from "../control/history.ts"
import type { Measures } from "../control/measures.ts"
import { Supervisor } from "../control/supervisorActor.ts"
import { System } from "../control/system.ts"
import type * as ExitCause from "../ExitCause.ts"
import type { PostMortem } from "../PostMortem.ts"
import type { ThreadStatus } from "../Status.ts"
import * as SystemEvent from "../SystemEvent.ts"
import type { ThreadMetric } from "../ThreadMetric.ts"
import { type Unavailable, within } from "./asking.ts"
import type { Panel } from "./panel.ts"
import * as ring from "./ring.ts"
import { shared } from "./sharing.ts"

/** A line of the system's log. */
export interface LogLine {
  readonly kind: SystemEvent.SystemEvent["_tag"]
  readonly atMillis: number
  readonly text: string
}

/** An incarnation that was found hung, and where. */
export interface Hang {
  readonly incarnation: number
  readonly atMillis: number
  readonly cause: ExitCause.ExitCause
}

/** What the server holds of the system; what it asks the supervisor for comes within a second or fails. */
export interface Board {
  /** The supervisor's snapshot, at most 200 ms old; it doesn't wait for any other thread. */
  readonly threads: Effect.Effect<ReadonlyArray<ThreadStatus>, Unavailable>
  /** What all threads count, as they last told the supervisor. */
  readonly metrics: Effect.Effect<ReadonlyArray<ThreadMetric>, Unavailable>
  /** What is measured of the process and its threads; nothing where the supervisor is not an actor of the system. */
  readonly measures: Effect.Effect<Measures | undefined, Unavailable>
  readonly log: ring.Ring<LogLine>
  /** The threads that were found hung, by name. What a thread does once its incarnation is another one says nothing here. */
  readonly hung: () => Readonly<Record<string, Hang>>
  /** The last hour of each thread, which main keeps. */
  readonly history: Effect.Effect<History, Unavailable>
  /** What threads died of, the newest last. */
  readonly postMortems: Effect.Effect<ReadonlyArray<PostMortem>, Unavailable>
  /** Why the system is stopping; null when it isn't. */
  readonly stopping: () => string | null
  readonly panels: ReadonlyArray<Panel>
}

const backOff = "500 millis"

/** Starts to follow the system, for as long as the scope lives. */
export const make = Effect.fnUntraced(function*(panels: ReadonlyArray<Panel>) {
  const system = yield* System
  const log = ring.make<LogLine>(200)
  const supervisor = yield* Effect.serviceOption(Supervisor)
  const hung = new Map<string, Hang>()
  let stopping: string | null = null

  yield* system.events.pipe(
    Stream.runForEach((event) =>
      Effect.sync(() => {
        if (event._tag === "Stopping") stopping = event.why
        if (event._tag === "ThreadStalled") {
          hung.set(event.thread, { incarnation: event.incarnation, atMillis: event.atMillis, cause: event.cause })
        }
        if (event._tag === "ThreadExited") hung.delete(event.thread)
        log.push({ kind: event._tag, atMillis: event.atMillis, text: SystemEvent.format(event) })
      })
    ),
    Effect.catch((error) => Effect.logDebug(`subscribing again: ${error.message}`)),
    Effect.andThen(Effect.sleep(backOff)),
    Effect.forever,
    Actor.background
  )

  const board: Board = {
    threads: yield* shared(within("the supervisor", "1 second")(system.threads), 200),
    metrics: within("the supervisor", "1 second")(system.metrics),
    measures: supervisor._tag === "Some"
      ? within("the supervisor", "1 second")(supervisor.value.Measures())
      : Effect.succeed(undefined),
    log,
    hung: () => Object.fromEntries(hung),
    history: supervisor._tag === "Some"
      ? within("the supervisor", "2 seconds")(supervisor.value.History())
      : Effect.succeed({ everyMillis: 10_000, threads: [] }),
    postMortems: within("the supervisor", "2 seconds")(system.postMortems),
    stopping: () => stopping,
    panels
  }
  return board
})

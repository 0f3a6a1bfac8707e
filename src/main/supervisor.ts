/**
 * The supervisor: whatever happens becomes an event, and what follows from it is carried out.
 *
 * ```text
 *   a message of a thread, its end, a timer, an operator
 *        |
 *      event --> decide.step --> state, commands --> carryOut --> threads, mesh, timers, standby, log
 *        ^                                                            |
 *        +------------------------------------------------------------+
 * ```
 *
 * It decides nothing itself: `decide/` holds every rule.
 */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { Letter } from "../control/deadLetters.ts"
import * as deadLetters from "../control/deadLetters.ts"
import * as logRecord from "../control/logRecord.ts"
import { type Measures, type Series, seriesOf } from "../control/measures.ts"
import * as supervision from "../control/supervisorActor.ts"
import { mainThread, type Topology } from "../control/topology.ts"
import type { LogLine, PostMortem } from "../PostMortem.ts"
import type { ThreadStatus } from "../Status.ts"
import type { NotUp, Unkillable, UnknownThread } from "../SystemError.ts"
import type { DeadLetterWithPayload, SystemEvent } from "../SystemEvent.ts"
import * as ThreadMetric from "../ThreadMetric.ts"
import * as carryOut from "./carryOut.ts"
import * as deadlines from "./deadlines.ts"
import * as deadlockWatch from "./deadlockWatch.ts"
import * as debugging from "./debugging.ts"
import type * as decide from "./decide/index.ts"
import * as eventLog from "./eventLog.ts"
import * as incarnations from "./incarnations.ts"
import type { Inspections } from "./inspections.ts"
import * as letterBox from "./letterBox.ts"
import type { Mesh } from "./mesh.ts"
import * as monitoring from "./monitor.ts"
import * as operators from "./operator.ts"
import type { Operator } from "./operator.ts"
import * as publishing from "./publishing.ts"
import * as pumping from "./pump.ts"
import * as standbyThreads from "./standby.ts"
import * as status from "./status.ts"
import type { Spawn, Thread } from "./thread.ts"
import type * as threadLogs from "./threadLogs.ts"
import * as tooling from "./tools.ts"

/** A supervisor, as the system and the process use it. */
export interface Supervisor {
  /** What programs and actors see of it. */
  readonly system: Operator & {
    readonly threads: Effect.Effect<ReadonlyArray<ThreadStatus>>
    readonly metrics: Effect.Effect<ReadonlyArray<ThreadMetric.ThreadMetric>>
    readonly postMortems: Effect.Effect<ReadonlyArray<PostMortem>>
    readonly events: Stream.Stream<SystemEvent>
    readonly deadLetters: Stream.Stream<DeadLetterWithPayload>
  }
  readonly publish: (event: SystemEvent) => void
  /** Dead letters with their payloads, as they cross; ends after `Stopped`. */
  readonly letters: Stream.Stream<Letter>
  readonly publishLetter: (letter: Letter) => void
  /** Whether somebody reads `letters`. */
  readonly arePayloadsRead: () => boolean
  /** The last events, the oldest first. */
  readonly recentEvents: () => ReadonlyArray<SystemEvent>
  /** The last events, and everything from now on; ends after `Stopped`. */
  readonly recentAndLaterEvents: Stream.Stream<SystemEvent>
  /** What is known of the messages of an actor on a thread. */
  readonly inspect: Inspections["inspect"]
  /** The log records that came since a cursor was last used. */
  readonly readLogs: (cursor: threadLogs.Cursor) => ReadonlyArray<LogLine>
  /**
   * Has a thread, or all instances of a declaration, run the program as it is now, each after that has loaded. False: it can't be
   * loaded, which an event tells, and what runs goes on.
   */
  readonly renew: (name: string) => Effect.Effect<boolean, UnknownThread | NotUp | Unkillable>
  /** The present incarnation of a thread, by the thread's name; nothing if it does not live. */
  readonly threadOf: (name: string) => Thread | undefined
  /** What is measured of the process, its threads and their actors. */
  readonly measures: () => Measures
  /** The same with what the status says, as series of metrics. */
  readonly series: () => ReadonlyArray<Series>
  /** The processor time of each living thread, in microseconds, where Node says it. */
  readonly cpuMicros: () => Promise<ReadonlyMap<string, number>>
  /** Starts the threads; completes when all run, or with how the system ended instead. */
  readonly boot: Effect.Effect<Ending | undefined>
  /** Completes when every thread is gone, for whatever reason. */
  readonly ended: Effect.Effect<Ending>
  /** Stops every thread in order and waits for it; once it has begun it is not interrupted. */
  readonly shutdown: (why: string) => Effect.Effect<Ending>
  /** Has every thread stopped in order, and waits for nothing. */
  readonly beginShutdown: (why: string) => void
}

/** How a system ended, and which threads had to be terminated. */
export interface Ending {
  readonly outcome: decide.Outcome
  readonly terminated: ReadonlyArray<string>
  /** Of these, the threads that are still alive: nothing can end a synchronous native call. */
  readonly unkilled: ReadonlyArray<string>
}

/** What a supervisor is made of. Simulated threads have a `spawn` and a clock of their own. */
export interface Options {
  readonly topology: Topology
  readonly spawn: Spawn
  readonly mesh: Mesh
  /** Logs warnings and errors only. */
  readonly isQuiet: boolean
  /** Ends the process: a thread can't be killed, and its declaration says so. */
  readonly abort: (thread: string) => void
}

/** Makes a supervisor that has started nothing yet. Its timers end with the scope; the threads end by `shutdown`. */
export const make = Effect.fnUntraced(function*(options: Options): Effect.fn.Return<Supervisor, never, Scope.Scope> {
  const context = yield* Effect.context<never>()
  const tools = yield* tooling.make(options.topology)
  // Timers outlive the shutdown that a closing scope begins.
  yield* Effect.addFinalizer(() => Effect.sync(() => tools.timers.cancelAll()))
  const log = yield* eventLog.make(options)
  const booted = yield* Deferred.make<Ending | undefined>()
  const ended = yield* Deferred.make<Ending>()
  const box = yield* letterBox.make((isRead) => living.forEach(({ thread }) => thread.block.notePayloadsRead(isRead)))
  const {
    inspections,
    living,
    logs,
    measuring,
    metrics,
    monitor,
    operator,
    postMortems,
    publish,
    publishLetter,
    pump,
    records,
    renew
  } = assemble({
    ...options,
    tools,
    box,
    logging: logRecord.loggingOf(context),
    log: log.publish,
    onBooted: () => void Deferred.doneUnsafe(booted, Exit.succeed(undefined)),
    onEnded(ending) {
      Deferred.doneUnsafe(booted, Exit.succeed(ending))
      Deferred.doneUnsafe(ended, Exit.succeed(ending))
    }
  })
  yield* Effect.forkScoped(
    Effect.forever(Effect.andThen(Effect.sleep(tools.everyMillis), Effect.sync(monitor.look)))
  )
  const snapshot = () => records.snapshot(pump.state(), (index) => living.get(index))
  const letters = Stream.suspend(() => pump.state().finished ? Stream.empty : box.letters)
  return {
    system: {
      threads: Effect.sync(snapshot),
      metrics: Effect.sync(() => metrics.snapshot(ThreadMetric.read(mainThread, context))),
      postMortems: Effect.sync(postMortems.all),
      events: Stream.suspend(() => pump.state().finished ? Stream.empty : log.events),
      deadLetters: Stream.map(letters, deadLetters.reader(supervision.places(options.topology))),
      ...operator
    },
    publish,
    letters,
    publishLetter,
    arePayloadsRead: box.isRead,
    recentEvents: log.recent,
    recentAndLaterEvents: Stream.suspend(() =>
      pump.state().finished ? Stream.fromIterable(log.recent()) : log.recentAndLater
    ),
    inspect: inspections.inspect,
    readLogs: logs.read,
    renew,
    threadOf: (name) => living.get(options.topology.threads.findIndex((spec) => spec.name === name))?.thread,
    measures: measuring.read,
    series: () => seriesOf(snapshot(), measuring.read()),
    cpuMicros: () => status.cpuMicros(options.topology, living),
    boot: Effect.suspend(() => {
      for (const name of options.topology.dormant ?? []) {
        options.mesh.gone(name, `thread "${name}" was not started with the system`)
      }
      pump.dispatch({ _tag: "Wake" })
      return Deferred.await(booted)
    }),
    ended: Deferred.await(ended),
    shutdown: (why) =>
      Effect.uninterruptible(Effect.suspend(() => {
        pump.dispatch({ _tag: "Shutdown", why })
        return Deferred.await(ended)
      })),
    beginShutdown: (why) => pump.dispatch({ _tag: "Shutdown", why })
  }
})

/** The parts of a supervisor, each of which knows the others by a few functions. */
const assemble = (
  options: Options & {
    readonly tools: tooling.Tools
    readonly logging: logRecord.Logging
    readonly box: Effect.Success<ReturnType<typeof letterBox.make>>
    readonly log: (event: SystemEvent) => void
    readonly onBooted: () => void
    readonly onEnded: (ending: Ending) => void
  }
) => {
  const { abort, box, logging, mesh, onBooted, onEnded, spawn, tools, topology } = options
  const { atMillis, later, now, run, timers } = tools
  const living = new Map<number, status.Living>()
  const dispatch = (event: decide.Event): void => pump.dispatch(event)
  const state = (): decide.State => pump.state()
  const known = publishing.make({ topology, living, run, box, log: options.log })
  const { publish } = known
  const onIgnored = (warning: string): void => run(Effect.logWarning(warning))
  const debug = debugging.make(topology, run)
  const standby = standbyThreads.make({ topology, spawn, timers, atMillis, publish, onIgnored })
  const isRunning = (index: number): boolean => state().threads[index]?.phase === "running"
  const monitor = monitoring.make({ topology, living, now, debug, isRunning, onStalled: dispatch })
  const deadlocks = deadlockWatch.make({
    threads: () => Array.from(living.keys(), (index) => topology.threads[index]?.name ?? ""),
    post: (name, message) => alive.post(topology.threads.findIndex((spec) => spec.name === name), message),
    after: later
  })
  const alive = incarnations.make({
    topology,
    living,
    mesh,
    standby,
    monitor,
    deadlocks,
    ...known,
    readyAt: (index) => state().threads[index]?.readyAt,
    logging,
    now,
    atMillis,
    arePayloadsRead: box.isRead,
    dispatch,
    run
  })
  const times = deadlines.make({ topology, timers, find: alive.find, dispatch })
  const onFinished = (outcome: decide.Outcome): void =>
    run(
      Effect.map(
        standby.closed(deadlines.killMillis),
        (undead) => onEnded(endingOf(topology, state(), outcome, undead))
      )
    )
  const parts = { topology, state, dispatch, incarnations: alive, mesh, standby, deadlines: times, debug }
  const pump = pumping.make({
    topology,
    surroundings: () => ({
      now: now(),
      atMillis: atMillis(),
      random: tools.random(),
      debugging: debug.state(monitor.someStandStill())
    }),
    carryOut: carryOut.make({ ...parts, publish, onBooted, onFinished, abort }),
    onStep: () => orders.look(),
    onRest: () => times.prune(state())
  })
  const orders = operators.make({
    topology,
    state,
    give: (kind, thread, applied) => pump.dispatch({ _tag: kind, thread }, applied),
    inject: (thread, fault) => alive.post(thread, { _tag: "Inject", fault }),
    loadSuccessor(thread, then) {
      const spec = topology.threads[thread]
      if (spec === undefined) return then(false)
      standby.discard(spec)
      standby.succeed(spec, then)
    }
  })
  return { living, monitor, operator: orders.operator, pump, renew: orders.renew, ...known }
}

/** How the system ended, as its program learns it. */
const endingOf = (
  { threads }: Topology,
  state: decide.State,
  outcome: decide.Outcome,
  standbyThreads: ReadonlyArray<string>
): Ending => {
  const named = (is: (thread: decide.ThreadState | undefined) => boolean | undefined) =>
    threads.flatMap(({ name }, index) => is(state.threads[index]) ? [name] : [])
  return {
    outcome,
    terminated: named((thread) => thread?.terminated),
    unkilled: [...named((thread) => thread?.unkillable), ...standbyThreads]
  }
}

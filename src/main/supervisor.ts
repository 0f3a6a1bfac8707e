/**
 * Carries out what `decide` commands: starts, stops and kills threads, keeps the routes, sets timers, tells the world.
 *
 * It decides nothing. Whatever happens (a message of a thread, its end, a timer, an operator) becomes an event, the
 * event goes through `step`, and the commands that come out are done one by one.
 */
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as PubSub from "effect/PubSub"
import * as Random from "effect/Random"
import * as References from "effect/References"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as logRecord from "../control/logRecord.ts"
import type { Mailboxes, ToSupervisor } from "../control/protocol.ts"
import * as supervision from "../control/supervisorActor.ts"
import { mainThread, type ThreadSpec, type Topology } from "../control/topology.ts"
import * as ExitCause from "../ExitCause.ts"
import * as monotonic from "../loop/monotonic.ts"
import { read as readRemains, type Remains } from "../shared/remains.ts"
import type { ThreadStatus } from "../Status.ts"
import * as SystemEvent from "../SystemEvent.ts"
import * as ThreadMetric from "../ThreadMetric.ts"
import * as awake from "./awake.ts"
import * as deadlockWatch from "./deadlockWatch.ts"
import * as debugging from "./debugging.ts"
import * as decide from "./decide/index.ts"
import type { Routes } from "./mesh.ts"
import * as metrics from "./metrics.ts"
import * as operators from "./operator.ts"
import type { Operator } from "./operator.ts"
import * as standbyThreads from "./standby.ts"
import * as status from "./status.ts"
import type { Spawn } from "./thread.ts"
import * as timersByKey from "./timers.ts"
import * as watchdog from "./watchdog.ts"

/** How long a terminated thread may take to die before it counts as unkillable. */
const killMillis = 2000

export interface Supervisor {
  /** What programs and actors see of it. */
  readonly system: Operator & {
    readonly threads: Effect.Effect<ReadonlyArray<ThreadStatus>>
    readonly metrics: Effect.Effect<ReadonlyArray<ThreadMetric.ThreadMetric>>
    readonly events: Stream.Stream<SystemEvent.SystemEvent>
  }
  readonly publish: (event: SystemEvent.SystemEvent) => void
  /** Starts the threads; completes when all run, or with how the system ended instead. */
  readonly boot: Effect.Effect<Ending | undefined>
  /** Completes when every thread is gone, whoever asked for it. */
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
  /** Of these, the threads that still live: in a synchronous native call nothing can end them. */
  readonly unkilled: ReadonlyArray<string>
}

export const make = Effect.fnUntraced(function*(options: {
  readonly topology: Topology
  readonly spawn: Spawn
  readonly routes: Routes
  /** Logs what went wrong, and nothing else. */
  readonly isQuiet: boolean
  /** Ends the process: a thread can't be killed and its declaration says so. */
  readonly abort: (thread: string) => void
}): Effect.fn.Return<Supervisor, never, Scope.Scope> {
  const { routes, topology } = options
  // Timers outlive the shutdown that a closing scope begins.
  yield* Effect.addFinalizer(() => Effect.sync(() => timers.cancelAll()))
  const clock = yield* Clock.Clock
  const random = yield* Random.Random
  const context = yield* Effect.context<never>()
  const runFork = Effect.runForkWith(context)
  const logging = logRecord.loggingOf(context)
  const pubsub = yield* PubSub.sliding<SystemEvent.SystemEvent>(1024)
  const booted = yield* Deferred.make<Ending | undefined>()
  const ended = yield* Deferred.make<Ending>()
  const logged = makeLog()
  const records = status.makeRecords(topology)
  const counted = metrics.make()
  const living = new Map<number, status.Living>()
  const mailboxes = new Map<number, Mailboxes>()
  const kept = new Map<string, unknown>()
  const sights = new Map<number, watchdog.Sight>()

  let state = decide.initial(topology)
  const pending: Array<Pending> = []
  let stepping = false

  const everyMillis = Math.min(...topology.threads.map(watchdog.everyMillis))
  const now = awake.make(() => monotonic.read(clock), everyMillis)
  const atMillis = (): number => clock.currentTimeMillisUnsafe()

  const publish = (event: SystemEvent.SystemEvent): void => {
    records.note(event)
    PubSub.publishUnsafe(pubsub, event)
    const line = logged(event)
    runFork(options.isQuiet ? Effect.provideService(line, References.MinimumLogLevel, "Warn") : line)
  }

  const later: timersByKey.After = (millis, then) => {
    const fiber = runFork(Effect.andThen(Effect.sleep(millis), Effect.sync(then)))
    return () => fiber.interruptUnsafe()
  }
  const timers = timersByKey.make(later, now)
  /** The time-out of what a thread is doing; it does one thing at a time. */
  const deadline = (millis: number, event: decide.Event & { readonly thread: number }): void =>
    timers.set(`deadline ${event.thread}`, millis, () => dispatch(event))
  const shutdownDeadline = (): void =>
    timers.set("shutdown", topology.shutdownTimeoutMillis, () => dispatch({ _tag: "ShutdownTimedOut" }))
  /** Cancels the timers whose reason is gone. */
  const dropTimers = (): void => {
    state.threads.forEach(({ phase, wanted }, index) => {
      if (phase === "idle" || phase === "running") timers.cancel(`deadline ${index}`)
      if (phase !== "idle" || !wanted) timers.cancel(`wake ${index}`)
    })
  }
  const debug = debugging.make(topology, runFork)

  const ignored = (warning: string): void => void runFork(Effect.logWarning(warning))

  const standby = standbyThreads.make({
    topology,
    spawn: options.spawn,
    timers,
    atMillis,
    publish,
    ignored
  })

  const deadlocks = deadlockWatch.make({
    threads: () => Array.from(living.keys(), (thread) => specOf(thread).name),
    post(name, message) {
      living.get(topology.threads.findIndex((spec) => spec.name === name))?.thread.post(message)
    },
    after: later
  })

  const heard = (thread: number, incarnation: number, message: ToSupervisor): void => {
    switch (message._tag) {
      case "Loaded":
        return dispatch({ _tag: "Loaded", thread, incarnation })
      case "Ready":
        mailboxes.set(thread, message.mailboxes)
        return dispatch({ _tag: "Ready", thread, incarnation })
      case "Failing":
        return dispatch({
          _tag: "Failing",
          thread,
          incarnation,
          cause: message.cause,
          fatal: message.fatal,
          wellUntil: monotonic.earlier(wellUntil(thread), monotonic.plus(now(), -message.unwellMillis))
        })
      case "Stopped":
        return dispatch({ _tag: "Acknowledged", thread, incarnation })
      case "Event":
        return publish(message.event)
      case "Kept":
        return void kept.set(message.actor, message.value)
      case "Log":
        return void runFork(logRecord.write(specOf(thread).name, message.record))
      case "Blocked":
        return deadlocks.blocked()
      case "Waiting":
        return deadlocks.heard(message.round, { thread: specOf(thread).name, incarnation, ...message.waits })
      case "Metrics":
        return counted.note(specOf(thread).name, message.metrics)
    }
  }

  /** Publishes what a dead thread had told, and what it was told, as far as nobody else is left to say so. */
  const reportLosses = (thread: string, incarnation: number, remains: Remains): void => {
    const places = supervision.places(topology)
    const lost = [
      { sender: thread, losses: readRemains(thread, remains, places) },
      ...routes.ended(thread, incarnation)
    ]
    for (const { losses, sender } of lost) supervision.lostLetters(now(), places, sender, losses).forEach(publish)
  }

  const carryOut = (command: decide.Command, spec: (index: number) => ThreadSpec): void => {
    switch (command._tag) {
      case "Spawn": {
        const { incarnation, thread } = command
        const declared = spec(thread)
        const end = (cause: ExitCause.ExitCause): void => {
          const was = wellUntil(thread)
          const ended = living.get(thread)
          if (ended !== undefined) {
            records.bury(thread, ended.thread.block)
            reportLosses(declared.name, incarnation, ended.thread.remains)
          }
          living.delete(thread)
          sights.delete(thread)
          counted.bury(declared.name)
          dispatch({ _tag: "Ended", thread, incarnation, cause, wellUntil: was })
        }
        try {
          const { isLoaded, thread: started } = standby.take(declared, {
            message: (message) => heard(thread, incarnation, message),
            exit: end,
            ignored
          })
          const holds = decide.heldBy(state, thread).map((held) => spec(held).name)
          started.post({ _tag: "Begin", beginning: { incarnation, kept: new Map(kept), logging, holds } })
          living.set(thread, { incarnation, thread: started, utilization: 0 })
          routes.join(declared.name, incarnation, started)
          if (isLoaded) dispatch({ _tag: "Loaded", thread, incarnation })
        } catch (error) {
          // The process may have no thread or no memory left for it: that is this thread's failure.
          return end(ExitCause.Thrown.make(ExitCause.describe(error)))
        }
        return deadline(declared.startTimeoutMillis, { _tag: "StartTimedOut", thread, incarnation })
      }
      case "Prepare":
        return standby.prepare(spec(command.thread), command.count, command.afterMillis)
      case "Discard":
        return standby.discard(spec(command.thread))
      case "AskStop": {
        const { comesBack, incarnation, thread } = command
        const { name, shutdownTimeoutMillis } = spec(thread)
        routes.stopping(name, comesBack)
        // Half of the time for what was accepted, so that finalizers have the other half.
        living.get(thread)?.thread.post({ _tag: "Stop", drainMillis: shutdownTimeoutMillis / 2, comesBack })
        return deadline(shutdownTimeoutMillis, { _tag: "StopTimedOut", thread, incarnation })
      }
      case "Kill": {
        const { incarnation, thread } = command
        living.get(thread)?.thread.terminate()
        return deadline(killMillis, { _tag: "KillTimedOut", thread, incarnation })
      }
      case "Lose":
        return routes.lost(spec(command.thread).name, command.incarnation, command.cause)
      case "Open":
        return routes.open(spec(command.thread).name, mailboxes.get(command.thread) ?? [])
      case "Close":
        standby.discard(spec(command.thread))
        return routes.gone(spec(command.thread).name, command.why)
      case "Expect":
        return routes.expected(spec(command.thread).name)
      case "Wake":
        return timers.set(`wake ${command.thread}`, command.afterMillis, () => dispatch({ _tag: "Wake" }))
      case "Extend": {
        const { incarnation, thread, what } = command
        const { name, shutdownTimeoutMillis, startTimeoutMillis } = spec(thread)
        debug.extended(`thread "${name}"`, what === "Start" ? "start" : "stop")
        return deadline(what === "Start" ? startTimeoutMillis : shutdownTimeoutMillis, {
          _tag: `${what}TimedOut`,
          thread,
          incarnation
        })
      }
      case "ExtendShutdown":
        debug.extended("the system", "stop")
        return shutdownDeadline()
      case "Publish":
        return publish(command.event)
      case "Booted":
        return void Deferred.doneUnsafe(booted, Exit.succeed(undefined))
      case "Ending":
        standby.close()
        return shutdownDeadline()
      case "Abort":
        return options.abort(spec(command.thread).name)
      case "Finish": {
        const named = (is: (thread: decide.ThreadState | undefined) => boolean | undefined) =>
          topology.threads.flatMap(({ name }, index) => is(state.threads[index]) ? [name] : [])
        const finish = (undead: ReadonlyArray<string>): void => {
          const ending = Exit.succeed({
            outcome: command.outcome,
            terminated: named((thread) => thread?.terminated),
            unkilled: [...named((thread) => thread?.unkillable), ...undead]
          })
          Deferred.doneUnsafe(booted, ending)
          Deferred.doneUnsafe(ended, ending)
        }
        return void runFork(Effect.map(standby.closed(killMillis), finish))
      }
    }
  }

  const specOf = (index: number): ThreadSpec => {
    const spec = topology.threads[index]
    if (spec === undefined) throw new Error(`there is no thread ${index}`)
    return spec
  }

  // A command, or who hears of it, may bring about the next event at once; it then waits until the present step is done.
  const dispatch = (event: decide.Event, dealt?: Pending["dealt"]): void => {
    pending.push({ event, dealt })
    if (stepping) return
    stepping = true
    for (let next = pending.shift(); next !== undefined; next = pending.shift()) {
      const before = state
      const [after, commands] = decide.step(topology, before, next.event, {
        now: now(),
        atMillis: atMillis(),
        random: random.nextDoubleUnsafe(),
        debugging: debug.state(Array.from(sights.values()).some(({ standsStill }) => standsStill))
      })
      state = after
      for (const command of commands) carryOut(command, specOf)
      next.dealt?.(before)
      lookAtOrders()
    }
    stepping = false
    dropTimers()
  }

  const { look: lookAtOrders, operator } = operators.make({
    topology,
    state: () => state,
    give: (kind, thread, dealt) => dispatch({ _tag: kind, thread }, dealt),
    inject: (thread, fault) => living.get(thread)?.thread.post({ _tag: "Inject", fault })
  })

  /** When a thread was last known to be well: now, unless it does not move. */
  const wellUntil = (index: number): monotonic.Moment => {
    const sight = sights.get(index)
    const isThat = sight !== undefined && sight.incarnation === living.get(index)?.incarnation
    return isThat && sight.standsStill ? sight.wellUntil : now()
  }
  const look = Effect.sync(() => {
    debug.look()
    for (const [index, alive] of living) {
      const { incarnation, thread } = alive
      const { block } = thread
      const { activeMillis, idleMillis, utilization } = thread.measureLoop()
      alive.utilization = utilization
      const seen = watchdog.look(sights.get(index), {
        incarnation,
        isRunning: state.threads[index]?.phase === "running",
        beats: block.beats(),
        idleMillis,
        untoldMillis: activeMillis - block.toldMillis(),
        now: now()
      }, specOf(index).stallAfterMillis)
      sights.set(index, seen.sight)
      if (seen.ask !== "nothing") thread.post({ _tag: "Beat", tell: seen.ask === "tell" })
      block.noteUnmoved(seen.sight.standsStill ? now() - seen.sight.wellUntil : 0)
      block.noteDebugged(debug.pauses(specOf(index)))
      // A debugger stops a thread for as long as it likes; that was said once.
      if (seen.stalledMillis === undefined || (seen.again && debug.pauses(specOf(index)))) continue
      const cause = ExitCause.Stalled.make({
        millis: Math.round(seen.stalledMillis),
        handling: status.handling(specOf(index), block)
      })
      dispatch({
        _tag: "Failing",
        thread: index,
        incarnation,
        cause,
        fatal: false,
        wellUntil: seen.sight.wellUntil
      })
    }
  })
  yield* Effect.forkScoped(Effect.forever(Effect.andThen(Effect.sleep(everyMillis), look)))

  const system: Supervisor["system"] = {
    threads: Effect.sync(() => records.snapshot(state, (index) => living.get(index))),
    metrics: Effect.sync(() => counted.snapshot(ThreadMetric.read(mainThread, context))),
    events: Stream.suspend(() =>
      state.finished ? Stream.empty : Stream.takeUntil(Stream.fromPubSub(pubsub), ({ _tag }) => _tag === "Stopped")
    ),
    ...operator
  }

  return {
    system,
    publish,
    boot: Effect.suspend(() => {
      dispatch({ _tag: "Wake" })
      return Deferred.await(booted)
    }),
    ended: Deferred.await(ended),
    shutdown: (why) =>
      Effect.uninterruptible(Effect.suspend(() => {
        dispatch({ _tag: "Shutdown", why })
        return Deferred.await(ended)
      })),
    beginShutdown: (why) => dispatch({ _tag: "Shutdown", why })
  }
})

interface Pending {
  readonly event: decide.Event
  /** Called when the event has been dealt with, with the state before it. */
  readonly dealt: ((before: decide.State) => void) | undefined
}

/** Logs events. Of a cause that is in several, all is said once. */
const makeLog = () => {
  let said = ""
  const detailOf = (cause: ExitCause.ExitCause): string => {
    const detail = ExitCause.detail(cause)
    if (detail === "" || detail === said) return ""
    said = detail
    return `\n${detail}`
  }
  return (event: SystemEvent.SystemEvent): Effect.Effect<void> => {
    // What happens to its next incarnation is news again.
    if (event._tag === "ActorStarted") said = ""
    const failed = event._tag === "ThreadExited" || event._tag === "ActorFailed" || event._tag === "GaveUp"
    return log(event, failed ? detailOf(event.cause) : "")
  }
}

const log = (event: SystemEvent.SystemEvent, detail: string): Effect.Effect<void> => {
  const line = SystemEvent.format(event)
  switch (event._tag) {
    case "ThreadExited":
      return event.asked ? Effect.logInfo(line) : Effect.logError(`${line}${detail}`)
    case "ActorFailed":
    case "GaveUp":
      return Effect.logError(`${line}${detail}`)
    case "ThreadStalled":
    case "ThreadUnkillable":
    case "ThreadTerminated":
    case "ThreadRestarting":
    case "StandbyFailed":
    case "DeadLetter":
      return Effect.logWarning(line)
    default:
      return Effect.logInfo(line)
  }
}

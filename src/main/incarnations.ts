/**
 * The incarnations that are alive: starts them, receives what they send, and clears up after them.
 *
 * ```text
 *   start  -->  alive: its messages become events, or go to the records   -->  dead: its counters are kept, and the tells
 *               of the supervisor's parts                                      that nobody else can account for are reported
 * ```
 */
import { type Effect, logWarning } from "effect/Effect"
import { type Letter, lostLetters } from "../control/deadLetters.ts"
import type { Logging } from "../control/logRecord.ts"
import * as logRecord from "../control/logRecord.ts"
import type { Mailboxes, ToSupervisor, ToThread } from "../control/protocol.ts"
import * as supervision from "../control/supervisorActor.ts"
import type { ThreadSpec, Topology } from "../control/topology.ts"
import * as ExitCause from "../ExitCause.ts"
import { earlier, type Moment, plus } from "../loop/monotonic.ts"
import { read as readRemains, type Remains } from "../shared/remains.ts"
import type { SystemEvent } from "../SystemEvent.ts"
import type { DeadlockWatch } from "./deadlockWatch.ts"
import type { Event, OfThread } from "./decide/index.ts"
import type { Inspections } from "./inspections.ts"
import type { End } from "./lostTells.ts"
import type { Measuring } from "./measuring.ts"
import type { Mesh } from "./mesh.ts"
import type { Metrics } from "./metrics.ts"
import type { Monitor } from "./monitor.ts"
import type { PostMortems } from "./postMortems.ts"
import type { Standby } from "./standby.ts"
import type { Living, Records } from "./status.ts"
import type { ThreadLogs } from "./threadLogs.ts"

/** The parts of the supervisor that receive what threads send. */
export interface Options {
  readonly topology: Topology
  /** The incarnations that are alive, by thread; kept up to date here. */
  readonly living: Map<number, Living>
  readonly mesh: Mesh
  readonly standby: Standby
  readonly monitor: Monitor
  readonly records: Records
  readonly metrics: Metrics
  readonly measuring: Measuring
  readonly deadlocks: DeadlockWatch
  readonly postMortems: PostMortems
  readonly logs: ThreadLogs
  readonly inspections: Inspections
  /** Since when the present incarnation of a thread has been ready. */
  readonly readyAt: (thread: number) => Moment | undefined
  readonly logging: Logging
  readonly now: () => Moment
  /** The time by the wall clock, which only labels. */
  readonly atMillis: () => number
  readonly publish: (event: SystemEvent) => void
  readonly publishLetter: (letter: Letter) => void
  /** Whether somebody reads the payloads of dead letters. */
  readonly arePayloadsRead: () => boolean
  readonly dispatch: (event: Event) => void
  /** Runs an effect with the program's loggers. */
  readonly run: (effect: Effect<void>) => void
}

export type Incarnations = ReturnType<typeof make>

/** Makes what receives the messages of threads; mailboxes and what actors have kept it notes for later. */
const makeReader = (options: Options, mailboxes: Map<number, Mailboxes>, kept: Kept) => {
  const { deadlocks, dispatch, inspections, metrics, monitor, now, publish, publishLetter } = options
  const onMessages = (of: OfThread, name: string, message: AboutMessages): void => {
    switch (message._tag) {
      case "Blocked":
        return deadlocks.blocked({ thread: name, incarnation: of.incarnation, ...message.waits })
      case "Waiting":
        return deadlocks.heard(message.round, { thread: name, incarnation: of.incarnation, ...message.waits })
      case "Withdrawn":
        return deadlocks.withdrawn(message.round, name)
      case "Inspected":
        return inspections.answered(message.id, message.inspection)
      case "Died":
        return inspections.died(name, message.actor, message.last)
    }
  }
  return (of: OfThread, { name }: ThreadSpec, message: ToSupervisor): void => {
    switch (message._tag) {
      case "Ready":
        mailboxes.set(of.thread, message.mailboxes)
        return dispatch({ _tag: "Ready", ...of })
      case "Failing": {
        const wellUntil = earlier(monitor.wellUntil(of.thread), plus(now(), -message.unwellMillis))
        return dispatch({ _tag: "Failing", ...of, cause: message.cause, fatal: message.fatal, wellUntil })
      }
      case "Event":
        return publish(message.event)
      case "Letter":
        return publishLetter(message)
      case "Kept":
        return kept.set(of.thread, message.actor, message.value)
      case "Log":
        return options.run(logRecord.write(name, message.record))
      case "Metrics":
        return metrics.note(name, message.metrics)
      case "Stopped":
        return dispatch({ _tag: "Acknowledged", ...of })
      default:
        return isAboutMessages(message) ? onMessages(of, name, message) : dispatch({ ...message, ...of })
    }
  }
}

type AboutMessages = Extract<
  ToSupervisor,
  { readonly _tag: "Blocked" | "Waiting" | "Withdrawn" | "Inspected" | "Died" }
>

const aboutMessages: ReadonlySet<string> = new Set<AboutMessages["_tag"]>([
  "Blocked",
  "Waiting",
  "Withdrawn",
  "Inspected",
  "Died"
])

const isAboutMessages = (message: ToSupervisor): message is AboutMessages => aboutMessages.has(message._tag)

/** Makes the living incarnations, none at first. */
export const make = (options: Options) => {
  const { dispatch, living, logging, mesh, metrics, monitor, publish, records, standby } = options
  const mailboxes = new Map<number, Mailboxes>()
  const kept = new Kept()
  const onMessage = makeReader(options, mailboxes, kept)

  const onExit = (of: OfThread, spec: ThreadSpec, cause: ExitCause.ExitCause): void => {
    const { name } = spec
    const wellUntil = monitor.wellUntil(of.thread)
    const dead = living.get(of.thread)
    if (dead !== undefined) {
      const readyAt = options.readyAt(of.thread)
      options.postMortems.ended(spec, dead, readyAt === undefined ? null : Math.round(options.now() - readyAt))
      records.bury(of.thread, dead.thread.block)
      options.measuring.bury(of.thread, dead.thread.block)
      options.logs.bury(of.thread, dead.thread.recorder)
      lossesOf(options, { thread: name, incarnation: of.incarnation }, dead.thread.remains).forEach(publish)
    }
    living.delete(of.thread)
    monitor.forget(of.thread)
    metrics.bury(name)
    dispatch({ _tag: "Ended", ...of, cause, wellUntil })
  }

  return {
    /** Begins an incarnation on a thread that is loaded ahead, or on a new one. False if the process has no room for it. */
    start({ incarnation, thread: index }: OfThread, spec: ThreadSpec, holds: ReadonlyArray<string>): boolean {
      const of = { thread: index, incarnation }
      try {
        const { isLoaded, thread } = standby.take(spec, {
          message: (message) => onMessage(of, spec, message),
          exit: (cause) => onExit(of, spec, cause),
          ignored: (warning) => options.run(logWarning(warning))
        })
        thread.post({
          _tag: "Begin",
          beginning: { incarnation, kept: kept.of(index), logging: logRecord.ofThread(logging, spec), holds }
        })
        living.set(index, { incarnation, thread, utilization: 0 })
        thread.block.notePayloadsRead(options.arePayloadsRead())
        options.measuring.begun(thread.block)
        mesh.join(spec.name, incarnation, thread)
        if (isLoaded) dispatch({ _tag: "Loaded", ...of })
        return true
      } catch (error) {
        // The process may have no thread or no memory left: that is this thread's failure.
        onExit(of, spec, ExitCause.Thrown.make(ExitCause.describe(error)))
        return false
      }
    },
    /** Sends a message to the present incarnation of a thread, if it has one. */
    post: (index: number, message: ToThread): void => living.get(index)?.thread.post(message),
    /** Terminates the present incarnation of a thread; its end is reported when it is dead. */
    terminate: (index: number): void => living.get(index)?.thread.terminate(),
    /** An incarnation can't go on: notes what it is doing, if it still lives. */
    noteFailing({ incarnation, thread: index }: OfThread, spec: ThreadSpec): void {
      const alive = living.get(index)
      if (alive?.incarnation === incarnation) options.postMortems.failing(spec, alive)
    },
    /** Finds out where an incarnation is that does not move; nothing of one that is gone. */
    find({ incarnation, thread: index }: OfThread, found: (where: ExitCause.Whereabouts) => void): void {
      const alive = living.get(index)
      if (alive?.incarnation === incarnation) alive.thread.find(found)
      else found({})
    },
    /** The mailboxes that a thread has announced. */
    mailboxesOf: (index: number): Mailboxes => mailboxes.get(index) ?? []
  }
}

/** The tells from and to a dead thread that no living thread can report, as dead letters. */
const lossesOf = ({ atMillis, mesh, topology }: Options, dead: End, remains: Remains): ReadonlyArray<SystemEvent> => {
  const places = supervision.places(topology)
  const own = { sender: dead.thread, losses: readRemains(dead.thread, remains, places) }
  return [own, ...mesh.ended(dead.thread, dead.incarnation)].flatMap(({ losses, sender }) =>
    lostLetters(atMillis(), places, sender, losses)
  )
}

/**
 * What actors and keys have left for their next incarnations, by thread and name: each instance has its own. What is `undefined` is
 * forgotten.
 */
class Kept {
  private readonly byThread = new Map<number, Map<string, unknown>>()

  set(thread: number, actor: string, value: unknown): void {
    const values = this.byThread.get(thread) ?? new Map<string, unknown>()
    if (value === undefined) values.delete(actor)
    else values.set(actor, value)
    this.byThread.set(thread, values)
  }

  of(thread: number): ReadonlyMap<string, unknown> {
    return new Map(this.byThread.get(thread))
  }
}

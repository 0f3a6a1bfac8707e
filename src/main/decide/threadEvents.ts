/**
 * What an event means to a thread in each of its phases.
 *
 * A pair that is not in the table changes nothing: the event is about a phase that the thread has left.
 */
import * as ExitCause from "../../ExitCause.ts"
import type { Draft, Subject } from "./draft.ts"
import * as once from "./once.ts"
import * as recycling from "./recycling.ts"
import { isDebugged, takeDown } from "./removal.ts"
import { onFailedEnd, prepareStandby } from "./restarts.ts"
import * as shutdown from "./shutdown.ts"
import { type Failure, type Phase, type ThreadEvent, whyAsked } from "./state.ts"

type Tag = ThreadEvent["_tag"]
type Rule<Event extends Tag> = (draft: Draft, subject: Subject, event: ThreadEvent<Event>) => void
type Row<Event extends Tag> = { readonly [Current in Phase]?: Rule<Event> }

/** Applies an event to the thread that it is about, unless that incarnation is gone. */
export const onThreadEvent = <Event extends Tag>(draft: Draft, event: ThreadEvent<Event>): void => {
  const subject = draft.subject(event.thread)
  if (subject === undefined || subject.thread.incarnation !== event.incarnation) return
  const row: Row<Event> = rules[event._tag]
  row[subject.thread.phase]?.(draft, subject, event)
}

const loaded: Rule<"Loaded"> = (draft, { index }) => draft.set(index, { loaded: true })

/** All actors of the thread are built. */
const ready: Rule<"Ready"> = (draft, { index, spec, thread }) => {
  const { atMillis, now } = draft.at
  draft.set(index, { phase: "running", loaded: true, readyAt: now, readyAtMillis: atMillis })
  draft.command({ _tag: "Open", ...draft.id(index) })
  prepareStandby(draft, index)
  const { ageMillis } = spec.recycle ?? {}
  if (ageMillis !== undefined) draft.command({ _tag: "Age", ...draft.id(index), afterMillis: ageMillis })
  draft.publish({ _tag: "ThreadStarted", ...draft.label(index), afterMillis: now - thread.startedAt })
}

const startTimedOut: Rule<"StartTimedOut"> = (draft, { index, spec, thread }, { where }) => {
  if (isDebugged(draft, spec, "listens")) return draft.command({ _tag: "Extend", ...draft.id(index), what: "Start" })
  takeDown(draft, index, {
    cause: ExitCause.StartTimedOut.make({ millis: spec.startTimeoutMillis, ...where }),
    fatal: false,
    wellUntil: thread.startedAt
  })
}

const failing: Rule<"Failing"> = (draft, { index, spec }, event) => {
  if (event.cause._tag === "Stalled") {
    draft.publish({ _tag: "ThreadStalled", ...draft.label(index), cause: event.cause })
    if (spec.onStall === "report" || event.hasRecovered === true || isDebugged(draft, spec, "listens")) return
  }
  takeDown(draft, index, event)
}

/** A stop has a time-out of its own, so a thread may stand still while it stops. */
const failingWhileStopping: Rule<"Failing"> = (draft, { index }, event) => {
  if (event.cause._tag !== "Stalled") takeDown(draft, index, event)
}

const acknowledged: Rule<"Acknowledged"> = (draft, { index }) => draft.kill(index)

const stopTimedOut: Rule<"StopTimedOut"> = (draft, { index, spec }, { where }) => {
  if (isDebugged(draft, spec, "stands-still")) {
    return draft.command({ _tag: "Extend", ...draft.id(index), what: "Stop" })
  }
  draft.publish({ _tag: "ThreadTerminated", ...draft.label(index), afterMillis: spec.shutdownTimeoutMillis, ...where })
  draft.kill(index, { terminated: true })
}

const killTimedOut: Rule<"KillTimedOut"> = (draft, { index, spec, thread }) => {
  draft.set(index, { unkillable: true, terminated: true })
  draft.publish({ _tag: "ThreadUnkillable", ...draft.label(index) })
  draft.command({ _tag: "Lose", ...draft.id(index), cause: thread.failure?.cause ?? ExitCause.Requested.make({}) })
  if (spec.onUnkillable === "exit") draft.command({ _tag: "Abort", thread: index })
}

/** The thread is dead: it failed, or was asked to stop. */
const ended: Rule<"Ended"> = (draft, subject, { cause: exit, wellUntil }) => {
  const { index, thread } = subject
  const asked = thread.failure === undefined && (thread.phase === "stopping" || thread.phase === "killing")
  const cause = thread.failure?.cause ?? (asked && exit._tag === "Exited" ? whyAsked(thread) : exit)
  draft.command({ _tag: "Lose", ...draft.id(index), cause })
  draft.publish({ _tag: "ThreadExited", ...draft.label(index), cause, asked })
  draft.set(index, {
    phase: "idle",
    recycle: false,
    retiring: undefined,
    failure: undefined,
    unkillable: false,
    readyAt: undefined,
    readyAtMillis: undefined,
    lastCause: asked ? thread.lastCause : cause
  })
  once.letGo(draft, subject, asked)
  followUp(draft, subject, asked ? undefined : thread.failure ?? { cause, fatal: false, wellUntil })
}

/** What comes after the end of a thread, which was a failure unless somebody had asked for it. */
const followUp = (draft: Draft, { index, spec, thread }: Subject, failure: Failure | undefined): void => {
  if (draft.ending !== undefined) return shutdown.close(draft, index)
  if (!thread.wanted) return draft.command({ _tag: "Close", thread: index, why: `thread "${spec.name}" was stopped` })
  if (failure === undefined) return
  // A thread that was to be restarted anyway has just been quicker: that costs nothing, unless a restart is pointless.
  if (!thread.recycle || thread.failure?.fatal) onFailedEnd(draft, { index, spec, thread }, failure)
}

/** What each event means in each phase; what is missing means nothing. */
const rules: { readonly [Event in Tag]: Row<Event> } = {
  Loaded: { starting: loaded },
  Ready: { starting: ready },
  StartTimedOut: { starting: startTimedOut },
  Failing: { starting: failing, running: failing, stopping: failingWhileStopping },
  Wearing: { running: recycling.wearing },
  Worn: { running: recycling.worn },
  Aged: { running: recycling.aged },
  Successor: { running: recycling.successor },
  Retired: { running: recycling.retired },
  Acknowledged: { stopping: acknowledged },
  StopTimedOut: { stopping: stopTimedOut },
  KillTimedOut: { killing: killTimedOut },
  Ended: { starting: ended, running: ended, stopping: ended, killing: ended }
}

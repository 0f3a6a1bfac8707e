/**
 * Tells a hung thread from a busy one by its progress, and does not wake a thread whose progress shows from outside.
 *
 * Pure: what the last look has seen goes in; what this one sees comes out, with what to ask the thread. CPU load is no
 * evidence: a hung thread and a busy, healthy one both use all of a core.
 *
 * ```text
 *   its loop has slept since the last look       progress, seen from outside: the thread is not woken
 *   it has not                                   busy or hung: it is asked to beat, which only a turning loop can do
 *   it was active since its last report          it is asked to report its counters, at most once a second
 * ```
 */
import type { ThreadSpec } from "../control/topology.ts"
import { type Moment, past } from "../loop/monotonic.ts"

/** What one look can see of a thread. */
export interface Signs {
  readonly incarnation: number
  /** Only a running thread is judged: its start and its stop have time-outs of their own. */
  readonly isRunning: boolean
  /** How often it has answered. */
  readonly beats: number
  /** How long its event loop has slept, in all. */
  readonly idleMillis: number
  /** How long its event loop was active since its last report. */
  readonly unreportedMillis: number
  readonly now: Moment
}

/** What is remembered of one incarnation from one look to the next. */
export interface Sight {
  readonly incarnation: number
  readonly isRunning: boolean
  readonly beats: number
  readonly idleMillis: number
  /** Since when it has been judged: when it was last seen to have moved, became ready, or was found stalled. */
  readonly judgedFrom: Moment
  /** How many looks in a row found it unmoved since then. */
  readonly unmoved: number
  /** When this look was. */
  readonly lookedAt: Moment
  /** It moved after this moment; after the look that followed, it may not have. */
  readonly wellUntil: Moment
  /** It has not moved since the last look, whatever it is doing. */
  readonly standsStill: boolean
  /** It was found stalled, and has not moved since. */
  readonly stalled: boolean
  /** It was asked, and has not answered yet. */
  readonly owesBeat: boolean
  /** When it was last asked to report. */
  readonly askedAt: Moment
}

/** What to ask a thread: to show that its loop turns, or also to report what it has counted. */
export type Ask = "nothing" | "beat" | "report"

/** What a look has found. */
export interface Seen {
  readonly sight: Sight
  readonly ask: Ask
  readonly stalledMillis: number | undefined
  /** It was found stalled before, and has not moved since. */
  readonly again: boolean
}

/** How often to look at a thread: well within `stallAfter`, and seldom enough that looking costs nothing. */
export const everyMillis = ({ stallAfterMillis }: Pick<ThreadSpec, "stallAfterMillis">): number =>
  Math.min(1000, stallAfterMillis / 4)

/** Once a second; a little less, because looks are not exact to the millisecond. */
const reportEveryMillis = 900
/** Measured: 0.14 and more for one message, 0.02 to 0.06 for the end of the tick in which the thread reported. */
const activeMillis = 0.1
/** Less than that may be a message on a fast machine, the end of a tick, or a timer of V8: the thread is asked seldom. */
const doubtful = { millis: 0.04, everyMillis: 10_000 }
/** After the machine or the main loop has slept, one look proves nothing. */
const looksToJudge = 3

/**
 * Looks at a thread again.
 *
 * **Details**
 * - A thread is stalled after `stallAfterMillis` and three looks without progress. If it stays stalled, it is reported again
 *   after the same time.
 * - A thread owes at most one answer, however long it is hung or busy.
 * - An idle thread is asked nothing. One that was active for more than 0.1 ms since its report is asked within about a
 *   second; for less, within ten. Less than 0.04 ms is hardly a message, and is left to accumulate: V8 itself wakes an idle
 *   thread for as much every eight seconds.
 */
export const look = (before: Sight | undefined, signs: Signs, stallAfterMillis: number): Seen => {
  const { beats, idleMillis, incarnation, isRunning, now } = signs
  const last = before?.incarnation === incarnation ? before : undefined
  const moved = hasMoved(last, signs)
  const ask = whatToAsk(last, signs)
  const { isStalled, judgedFrom, unmoved } = judge(last, signs, moved, stallAfterMillis)
  const wasStalled = last?.stalled === true
  return {
    sight: {
      incarnation,
      isRunning,
      beats,
      idleMillis,
      judgedFrom: isStalled ? now : judgedFrom,
      unmoved: isStalled ? 0 : unmoved,
      lookedAt: now,
      wellUntil: lastWell(last, moved),
      standsStill: !moved,
      stalled: !moved && (isStalled || wasStalled),
      ...account(last, signs, ask)
    },
    ask,
    stalledMillis: isStalled ? now - judgedFrom : undefined,
    again: isStalled && wasStalled
  }
}

/** Its loop has slept, which needs no question. */
const hasSlept = (last: Sight | undefined, { idleMillis }: Signs): boolean =>
  last === undefined || idleMillis > last.idleMillis

const hasAnswered = (last: Sight | undefined, { beats }: Signs): boolean => last === undefined || beats !== last.beats

const hasMoved = (last: Sight | undefined, signs: Signs): boolean => hasSlept(last, signs) || hasAnswered(last, signs)

const owesBeat = (last: Sight | undefined, signs: Signs): boolean =>
  last?.owesBeat === true && !hasAnswered(last, signs)

const lastWell = (last: Sight | undefined, moved: boolean): Moment => {
  if (last === undefined) return past
  return moved ? last.lookedAt : last.wellUntil
}

const whatToAsk = (last: Sight | undefined, signs: Signs): Ask => {
  if (owesBeat(last, signs)) return "nothing"
  if (hasSomethingToReport(last, signs)) return "report"
  return hasSlept(last, signs) ? "nothing" : "beat"
}

const hasSomethingToReport = (last: Sight | undefined, { now, unreportedMillis }: Signs): boolean => {
  const sinceMillis = now - (last?.askedAt ?? past)
  if (unreportedMillis > activeMillis && sinceMillis >= reportEveryMillis) return true
  return unreportedMillis > doubtful.millis && sinceMillis >= doubtful.everyMillis
}

/** What the thread owes after this look, and when it was last asked to report. */
const account = (last: Sight | undefined, signs: Signs, ask: Ask) => ({
  owesBeat: owesBeat(last, signs) || ask !== "nothing",
  askedAt: ask === "report" ? signs.now : last?.askedAt ?? past
})

/** How long it has been without progress, and whether that is too long. */
const judge = (last: Sight | undefined, { isRunning, now }: Signs, moved: boolean, stallAfterMillis: number) => {
  const goesOn = last !== undefined && !moved && last.isRunning
  const judgedFrom = goesOn ? last.judgedFrom : now
  const unmoved = goesOn ? last.unmoved + 1 : 0
  return {
    judgedFrom,
    unmoved,
    isStalled: isRunning && now - judgedFrom >= stallAfterMillis && unmoved >= looksToJudge
  }
}

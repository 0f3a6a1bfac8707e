/**
 * Tells a hung thread from a busy one by progress, and asks no thread for a sign that shows one anyway.
 *
 * Pure: what was seen last goes in, what is seen now comes out, with what to ask the thread. Load is no sign of either:
 * a hung thread and a busy, healthy one both use all of a core.
 *
 * ```text
 *   its loop has slept since the last look    progress, seen from outside: nobody wakes it
 *   it has not                                busy or hung: asked to beat, which only a loop that turns can do
 *   it was active since it last told news     asked to tell, at most once a second
 * ```
 */
import type { ThreadSpec } from "../control/topology.ts"
import { type Moment, past } from "../loop/monotonic.ts"

/** What shows at one look. */
export interface Signs {
  readonly incarnation: number
  /** Only then is it judged: until it is ready, and while it stops, other time-outs are for that. */
  readonly isRunning: boolean
  /** How often it has answered. */
  readonly beats: number
  /** How long its event loop has slept, in all. */
  readonly idleMillis: number
  /** How long its event loop was active since it last told its news. */
  readonly untoldMillis: number
  readonly now: Moment
}

/** What was seen of one incarnation. */
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
  /** It has moved after this moment, and nobody knows whether it has moved later than at the look after that. */
  readonly wellUntil: Moment
  /** It has not moved since the last look, whatever it does. */
  readonly standsStill: boolean
  /** It was found stalled, and has not moved since. */
  readonly stalled: boolean
  /** It was asked, and hasn't answered yet. */
  readonly owesBeat: boolean
  /** When it was last asked to tell its news. */
  readonly askedAt: Moment
}

/** What a look found. */
export interface Seen {
  readonly sight: Sight
  readonly ask: "nothing" | "beat" | "tell"
  readonly stalledMillis: number | undefined
  /** It was found stalled before, and has not moved since. */
  readonly again: boolean
}

/** How often to look at a thread: well within `stallAfter`, and at most so that looking costs nothing. */
export const everyMillis = ({ stallAfterMillis }: Pick<ThreadSpec, "stallAfterMillis">): number =>
  Math.min(1000, stallAfterMillis / 4)

/** Once a second; less a little, because looks are not to the millisecond. */
const tellEveryMillis = 900
/** Measured: 0.14 and more for a message alone, 0.02 to 0.06 for the end of the turn in which it told. */
const newsMillis = 0.1
/** So little may be a message on a quick machine, or the end of a turn, or V8's own timer: when in doubt it is asked seldom. */
const doubt = { millis: 0.04, everyMillis: 10_000 }

/**
 * Looks at a thread again.
 *
 * **Details**
 * - A thread is stalled if it has not moved for `stallAfterMillis` and for three looks: after the machine or the main loop
 *   has slept, the first look proves nothing. If it stays so, it is found stalled again after as long.
 * - A thread owes one answer at most, however long it is hung or busy.
 * - A thread that does nothing is asked nothing. One that was active for more than 0.1 ms since it told is asked within
 *   a second or so, whatever it was active with; for less, within ten; for less than 0.04 ms, for which hardly a message is
 *   handled, not before there is more: V8 itself wakes an idle thread for as much every eight seconds.
 */
export const look = (before: Sight | undefined, signs: Signs, stallAfterMillis: number): Seen => {
  const { beats, idleMillis, incarnation, isRunning, now, untoldMillis } = signs
  const last = before?.incarnation === incarnation ? before : undefined
  const slept = last === undefined || idleMillis > last.idleMillis
  const answered = last === undefined || beats !== last.beats
  const moved = slept || answered

  const owes = !answered && last.owesBeat
  const askedAt = last?.askedAt ?? past
  const hasNews = (untoldMillis > newsMillis && now - askedAt >= tellEveryMillis) ||
    (untoldMillis > doubt.millis && now - askedAt >= doubt.everyMillis)
  const ask = owes ? "nothing" : hasNews ? "tell" : slept ? "nothing" : "beat"

  const judgedFrom = moved || !last.isRunning ? now : last.judgedFrom
  const unmoved = moved || !last.isRunning ? 0 : last.unmoved + 1
  const millis = now - judgedFrom
  const isStalled = isRunning && millis >= stallAfterMillis && unmoved >= 3
  return {
    sight: {
      incarnation,
      isRunning,
      beats,
      idleMillis,
      judgedFrom: isStalled ? now : judgedFrom,
      unmoved: isStalled ? 0 : unmoved,
      lookedAt: now,
      wellUntil: last === undefined ? past : moved ? last.lookedAt : last.wellUntil,
      standsStill: !moved,
      stalled: !moved && (isStalled || last.stalled),
      owesBeat: owes || ask !== "nothing",
      askedAt: ask === "tell" ? now : askedAt
    },
    ask,
    stalledMillis: isStalled ? millis : undefined,
    again: isStalled && last?.stalled === true
  }
}

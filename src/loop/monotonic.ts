/**
 * Moments on the monotonic clock. Every duration is the difference of two of them, so that a wall clock that is set, or
 * that steps after the machine was suspended, changes none.
 *
 * Their type keeps them apart from epoch milliseconds, which only label events and are called `…AtMillis`.
 */
import * as Brand from "effect/Brand"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"

/** A moment in milliseconds from an arbitrary origin: only the difference of two moments means anything. */
export type Moment = Brand.Branded<number, "heddle/Moment">

/** Makes a moment of a reading of a monotonic clock in milliseconds. */
export const moment = Brand.nominal<Moment>()

/** Before every other moment. */
export const past: Moment = moment(-Infinity)

/** The moment `millis` milliseconds later. */
export const plus = (at: Moment, millis: number): Moment => moment(at + millis)

export const earlier = (a: Moment, b: Moment): Moment => a < b ? a : b

export const read = (clock: Clock.Clock): Moment => moment(Number(clock.monotonicTimeNanosUnsafe()) / 1e6)

export const now: Effect.Effect<Moment> = Effect.map(
  Clock.monotonicTimeNanos,
  (nanos) => moment(Number(nanos) / 1e6)
)

/** How far the clock that all threads of the process share is ahead of this thread's own. */
const aheadMillis = Number(process.hrtime.bigint()) / 1e6 - performance.now()

/** Milliseconds by a monotonic clock that all threads of the process share, as `performance.now` is not. */
export const shared = (): number => performance.now() + aheadMillis

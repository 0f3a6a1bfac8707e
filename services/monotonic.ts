/**
 * Moments on the monotonic clock, of which all waits, ages and limits are made. A wall clock that is set changes none.
 *
 * The wall clock only labels what people read, and what HTTP compares with dates; its times are called `…AtMillis`.
 */
import * as Brand from "effect/Brand"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"

/** Milliseconds from an arbitrary origin, which all threads of the process share. */
export type Moment = Brand.Branded<number, "services/Moment">

/** Makes a moment of a reading of a monotonic clock in milliseconds. */
export const moment = Brand.nominal<Moment>()

/** Before every other moment. */
export const past: Moment = moment(-Infinity)

/** The moment `millis` milliseconds later. */
export const plus = (at: Moment, millis: number): Moment => moment(at + millis)

export const later = (a: Moment, b: Moment): Moment => a > b ? a : b

const fromNanos = (nanos: bigint): Moment => moment(Number(nanos) / 1e6)

export const now: Effect.Effect<Moment> = Effect.map(Clock.monotonicTimeNanos, fromNanos)

/** For code outside of Effect; the same clock as `now`, unless a test gives effects another one. */
export const read = (): Moment => fromNanos(process.hrtime.bigint())

/**
 * A clock that goes on as the monotonic one does, whatever the wall clock of this machine is set to.
 *
 * Machines of a cluster need one: what they compare with another machine's time is told by their database, and what runs on their own
 * clocks must not break off because somebody sets one.
 */
import type * as Clock from "effect/Clock"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type { Moment } from "./monotonic.ts"
import * as monotonic from "./monotonic.ts"

const nanosPerMilli = 1_000_000n

/** Its time is that of `base` at first, and what it is set to later. */
export class SteadyClock implements Clock.Clock {
  private readonly base: Clock.Clock
  private atMillis: number
  private moment: Moment

  readonly currentTimeMillis = Effect.sync(() => this.currentTimeMillisUnsafe())
  readonly currentTimeNanos = Effect.sync(() => this.currentTimeNanosUnsafe())
  readonly monotonicTimeNanos = Effect.sync(() => this.monotonicTimeNanosUnsafe())

  constructor(base: Clock.Clock) {
    this.base = base
    this.atMillis = base.currentTimeMillisUnsafe()
    this.moment = monotonic.read(base)
  }

  /** It was `atMillis` at a moment of the monotonic clock. */
  set(atMillis: number, moment: Moment): void {
    this.atMillis = atMillis
    this.moment = moment
  }

  currentTimeMillisUnsafe(): number {
    return Math.floor(this.atMillis + (monotonic.read(this.base) - this.moment))
  }

  currentTimeNanosUnsafe(): bigint {
    return BigInt(this.currentTimeMillisUnsafe()) * nanosPerMilli
  }

  monotonicTimeNanosUnsafe(): bigint {
    return this.base.monotonicTimeNanosUnsafe()
  }

  sleep(duration: Duration.Duration): Effect.Effect<void> {
    return this.base.sleep(duration)
  }
}

/**
 * Which keys are awake, and which of them have been idle for long enough to close. One timer serves all of them.
 */
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import { performance } from "node:perf_hooks"
import { ClockHand } from "./clockHand.ts"
import type { Key } from "./key.ts"

/** Laps of the hand in the time after which a key is idle: it closes after that time, or a sixteenth more. */
const lapsOfIdle = 16
/** How long keys are looked at and closed before the event loop turns. */
const sliceMillis = 1
/** Keys that are looked at between two readings of the clock. */
const step = 64

/** What is done about idle keys. */
export interface Closing {
  /** A key has been idle for its time. */
  readonly close: (key: Key) => void
  /** The hand begins a lap. */
  readonly onLap: () => void
}

/** The keys that are awake. */
export class Passivation {
  private readonly hand = new ClockHand<Key>(lapsOfIdle + 1)
  private readonly lapMillis: number
  private readonly run: <A, E>(effect: Effect.Effect<A, E>) => Fiber.Fiber<A, E>
  private readonly closing: Closing
  private laps: Fiber.Fiber<unknown, unknown> | undefined

  /** Keys that are idle for `idleMillis` are closed; with `Infinity` none is. */
  constructor(idleMillis: number, run: Passivation["run"], closing: Closing) {
    this.lapMillis = idleMillis / lapsOfIdle
    this.run = run
    this.closing = closing
  }

  /** How many keys are awake, those that are just opening or closing among them. */
  get size(): number {
    return this.hand.size
  }

  /** All keys that are awake. */
  all(): ReadonlyArray<Key> {
    return this.hand.all()
  }

  /** A key wakes. */
  enter(key: Key): void {
    this.hand.add(key)
    if (this.laps === undefined && this.lapMillis < Infinity) this.laps = this.run(this.turn)
  }

  /** A key has closed. */
  leave(key: Key): void {
    this.hand.remove(key)
  }

  /** A key is used. */
  use(key: Key): void {
    this.hand.use(key)
  }

  /** The next key that `isIdle` and has not been used lately. */
  evict(isIdle: (key: Key) => boolean): Key | undefined {
    return this.hand.evict(isIdle)
  }

  /** Looks at no key any more. */
  stop(): void {
    this.laps?.interruptUnsafe()
  }

  /** Turns the hand for as long as any key is awake. */
  private readonly turn: Effect.Effect<void> = Effect.suspend(() =>
    Effect.sleep(this.lapMillis).pipe(
      Effect.andThen(Effect.sync(() => {
        this.hand.turn()
        this.closing.onLap()
      })),
      Effect.andThen(this.sweep),
      Effect.andThen(Effect.suspend(() => {
        if (this.hand.size > 0) return this.turn
        this.laps = undefined
        return Effect.void
      }))
    )
  )

  private readonly sweep: Effect.Effect<void> = Effect.suspend(() => {
    const since = performance.now()
    while (!this.hand.isDone) {
      const idle = this.hand.sweep(isIdle, step)
      if (idle !== undefined) this.closing.close(idle)
      if (performance.now() - since > sliceMillis) return Effect.andThen(nextTurn, this.sweep)
    }
    return Effect.void
  })
}

const isIdle = (key: Key): boolean => key.isIdle

const nextTurn = Effect.callback<void>((resume) => {
  const immediate = setImmediate(() => resume(Effect.void))
  return Effect.sync(() => clearImmediate(immediate))
})

/**
 * What becomes of a place when this machine gets it, and when it gives it up.
 *
 * ```text
 *   a part of the keys:   lease ... no more messages, those that run end --> its keys are closed --> given up
 *   a thread that runs once:   started --> lease ... no more messages --> stopped --> given up
 * ```
 */
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import type { Membership } from "../actor/membership.ts"
import * as places from "./places.ts"
import type { Excluded } from "./settings.ts"
import type { Sweeper } from "./sweeper.ts"

/** How long what runs may take to end when a place is handed over. */
const drainMillis = 2000

/** How often a thread is started again that should run here. */
const again = Schedule.spaced("1 second")

/** How long threads that run once, and keys, have to end when this machine leaves, unless another one may have them already. */
const partingMillis = 300

/** What the engine is told about places. */
export interface Holding {
  /** This machine has got a place: until the scope closes, it says by which lease. */
  readonly hold: (place: string) => Effect.Effect<() => string | null, never, Scope.Scope>
  /** The threads that run once, each with what runs it, for as long as this machine has its place. */
  readonly singletons: ReadonlyArray<{ readonly place: string; readonly run: Effect.Effect<void, never, Scope.Scope> }>
  readonly address: string
}

/** Makes what holds places. */
export const make = ({ address, fence, held, membership, sweeper }: {
  readonly address: string
  /** Gives the token of a place that this machine has got. */
  readonly fence: Effect.Effect<number>
  readonly held: places.Places
  readonly membership: Membership
  readonly sweeper: Sweeper
}): Holding => {
  const holdPart = (part: string) =>
    Effect.flatMap(fence, (token) =>
      Effect.acquireRelease(
        Effect.sync(() => held.open(part, token)),
        (lease) => Effect.andThen(held.close(lease, drainMillis), sweeper.close(part))
      )).pipe(Effect.map((lease) => () => lease.closing ? null : lease.id))

  const runThread = Effect.fnUntraced(function*(thread: string) {
    // Before it is started: who gives the place up meanwhile has to stop it as well, and not to give it up before it is dead.
    yield* Effect.addFinalizer(() => Effect.ignore(Effect.retry(membership.stop(thread), { schedule: again })))
    const place = places.ofThread(thread)
    const token = yield* fence
    yield* Effect.acquireRelease(
      Effect.sync(() => held.expect(place, token)),
      () => Effect.sync(() => held.expect(place, undefined))
    )
    yield* membership.start(thread).pipe(
      Effect.tapError((error) =>
        Effect.logWarning(`thread "${thread}" should run on this machine, and can't be started: ${error}`)
      ),
      Effect.retry({ schedule: again }),
      Effect.ignore
    )
    yield* Effect.acquireRelease(
      Effect.sync(() => held.open(place, token)),
      (lease) => held.close(lease, drainMillis)
    )
  })

  return {
    address,
    hold: (place) =>
      place.startsWith("once.")
        // It is held by what runs the thread.
        ? Effect.succeed(() => held.find(place)?.id ?? null)
        : holdPart(place),
    singletons: membership.once.map(({ name }) => ({ place: places.ofThread(name), run: runThread(name) }))
  }
}

/** Stops and closes what this machine may still hold from an earlier time. */
export const clear = (sweeper: Sweeper, { once, stop }: Membership): Effect.Effect<void> =>
  Effect.andThen(
    Effect.forEach(once, ({ name }) => Effect.ignore(stop(name)), { concurrency: "unbounded", discard: true }),
    sweeper.all
  )

/**
 * Has the thread end when this machine has to leave: its sessions end with it, and with them its locks. What it holds is given up
 * before, and main stops the threads that run once as soon as this one has ended.
 */
export const orLeave = (
  held: places.Places,
  sweeper: Sweeper,
  { once, stop }: Membership,
  run: Effect.Effect<never, Excluded>
): Effect.Effect<never> =>
  Effect.catch(run, ({ isLate, text }) =>
    Effect.suspend(() => {
      held.abandon()
      const stopped = Effect.forEach(once, ({ name }) => Effect.ignore(stop(name)), { concurrency: "unbounded" })
      const parted = Effect.all([stopped, sweeper.all], { concurrency: "unbounded" })
      return isLate ? Effect.void : Effect.timeoutOption(parted, partingMillis)
    }).pipe(
      Effect.andThen(Effect.sync(() => {
        setImmediate(() => {
          throw new Error(`this machine ${text}`)
        })
      })),
      Effect.andThen(Effect.never)
    ))

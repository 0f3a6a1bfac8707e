/**
 * How a program learns that its system has ended: by awaiting `ended`, or by an uncaught error.
 */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as log from "../base/log.ts"
import type { GaveUp, Unkillable } from "../SystemError.ts"
import { leave } from "./exit.ts"

/** An end that was not orderly. */
export interface Failed {
  readonly error: GaveUp | Unkillable
  /** Somebody had to be terminated because it did not stop in time. */
  readonly isLate: boolean
  /** A thread still lives, and only the end of the process ends it. */
  readonly isHeldUp: boolean
}

/** The end of a system, as its program learns of it. */
export type End = ReturnType<typeof make>

/**
 * Makes the end of a system that has not ended yet.
 *
 * **Details**
 * - It counts the fibers that await the end, and notes whether one has observed it. An end that nobody observes is thrown, from a
 *   turn of its own, so that no process stays alive with a dead system in it.
 */
export const make = () => {
  const ended = Deferred.makeUnsafe<void, GaveUp | Unkillable>()
  let awaiting = 0
  let observing = 0
  let isObserved = false
  let wasAwaited = false
  let throws = false

  const awaited = <A, E>(effect: Effect.Effect<A, E>): Effect.Effect<A, E> =>
    Effect.acquireUseRelease(Effect.sync(() => awaiting++), () => effect, () => Effect.sync(() => awaiting--))

  const observed = <A, E>(effect: Effect.Effect<A, E>): Effect.Effect<A, E> =>
    Effect.acquireUseRelease(
      Effect.sync(() => {
        observing++
        isObserved ||= Deferred.isDoneUnsafe(ended)
      }),
      () => awaited(effect),
      () => Effect.sync(() => observing--)
    )

  return {
    /** Completes after an orderly end. A fiber that awaits it observes the end. */
    ended: observed(Deferred.await(ended)),
    /** Has an effect count as one that awaits the end, without observing it. */
    awaited,
    /** Some fiber was waiting when the end came. */
    wasAwaited: (): boolean => wasAwaited,
    /** From now on an end that nobody observes is thrown. */
    throwUnobserved(): void {
      throws = true
    },
    /** The system has ended, or will not end: the first call counts. */
    settle(failed: Failed | undefined, options: { readonly throws: boolean } = { throws }): void {
      if (Deferred.isDoneUnsafe(ended)) return
      isObserved = observing > 0
      wasAwaited = awaiting > 0
      Deferred.doneUnsafe(ended, failed === undefined ? Exit.void : Exit.fail(failed.error))
      // A tick later: who only comes to await it now is in time.
      if (failed !== undefined && options.throws) setImmediate(() => isObserved ? undefined : throwUncaught(failed))
    }
  }
}

/**
 * Throws an error that is to end the process, unless an `uncaughtException` handler takes it.
 *
 * Called from a turn of the event loop that is nobody else's, so that nothing else catches it.
 */
const throwUncaught = ({ error, isHeldUp, isLate }: Failed): never => {
  // Called when nobody handles it, while Node has not taken the exit code yet.
  const onExit = (): void => {
    process.exitCode = isLate ? 2 : 1
    if (!isHeldUp) return
    // Node would wait for the thread now, and then print the error.
    log.write(2, `heddle: ${error.stack ?? error.message}\n`)
    leave(process.exitCode)
  }
  process.once("exit", onExit)
  setImmediate(() => process.off("exit", onExit))
  throw error
}

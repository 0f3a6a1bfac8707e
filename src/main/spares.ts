/**
 * Threads that are loaded and host nothing yet: no other thread is linked with them, and they wait for `Begin`.
 *
 * ```text
 *   load --> loading --- Loaded --> waiting
 *             | | |                  |   |
 *             | | +------ take ------+   |      the supervisor has it, and begins an incarnation on it
 *             | +-------- end -----------+      terminated; gone when it is proven dead
 *             +---- fails, too slow ---------> the same, and `onFailed`
 * ```
 */
import * as Effect from "effect/Effect"
import type { ThreadSpec, Topology } from "../control/topology.ts"
import * as ExitCause from "../ExitCause.ts"
import { atMost } from "../loop/atMost.ts"
import type { Listener, Spawn, Thread } from "./thread.ts"
import type { Timers } from "./timers.ts"

/** A thread that is loading or waiting. */
export interface Spare {
  readonly spec: ThreadSpec
  readonly thread: Thread
  /** The key of the timer that ends it if it is not loaded in time. */
  readonly timer: string
  isLoaded: boolean
  /** What receives its messages: the spares, then the supervisor. */
  on: Listener
}

/** What the set of spares reports, and how it starts threads. */
export interface Options {
  readonly topology: Topology
  readonly spawn: Spawn
  readonly timers: Timers
  /** A thread has loaded, and waits. */
  readonly onLoaded: (spec: ThreadSpec) => void
  /** A thread has failed before it was taken, or was too slow. */
  readonly onFailed: (spec: ThreadSpec, cause: ExitCause.ExitCause) => void
  readonly onIgnored: Listener["ignored"]
}

/** Makes a set of spares, empty at first. */
export const make = (options: Options) => {
  const { onFailed, onIgnored, onLoaded, spawn, timers, topology } = options
  /** Loading or waiting, the oldest first. */
  const spares: Array<Spare> = []
  const dying = makeDying()
  let count = 0

  /** Removes a spare from the set; false if it has left before. */
  const leave = (spare: Spare): boolean => {
    const at = spares.indexOf(spare)
    if (at >= 0) spares.splice(at, 1)
    timers.cancel(spare.timer)
    return at >= 0
  }

  const end = (spare: Spare): void => {
    if (!leave(spare)) return
    dying.add(spare)
    spare.thread.terminate()
  }

  const fail = (spare: Spare, cause: ExitCause.ExitCause): void => {
    end(spare)
    onFailed(spare.spec, cause)
  }

  const listener = (self: () => Spare): Listener => ({
    message(message) {
      const spare = self()
      if (!spares.includes(spare)) return
      if (message._tag === "Failing") return fail(spare, message.cause)
      if (message._tag !== "Loaded") return
      spare.isLoaded = true
      timers.cancel(spare.timer)
      spare.thread.post({ _tag: "WarmUp" })
      onLoaded(spare.spec)
    },
    ignored: onIgnored,
    exit(cause) {
      const spare = self()
      if (leave(spare)) onFailed(spare.spec, cause)
      dying.remove(spare)
    }
  })

  return {
    /** Whether a spare is loading. */
    isLoading: (): boolean => spares.some(({ isLoaded }) => !isLoaded),
    /** The spares of a thread, the one that has been there for the longest first. */
    of: (spec: ThreadSpec): ReadonlyArray<Spare> => spares.filter((spare) => spare.spec === spec),
    all: (): ReadonlyArray<Spare> => Array.from(spares),
    /** Starts a thread that loads. Throws if the process has no room for it. */
    load(spec: ThreadSpec): void {
      const spare: Spare = {
        spec,
        timer: `standby ${++count}`,
        isLoaded: false,
        on: listener(() => spare),
        thread: spawn(topology, spec, {
          message: (message) => spare.on.message(message),
          exit: (cause) => spare.on.exit(cause),
          ignored: (warning) => spare.on.ignored(warning)
        })
      }
      spares.push(spare)
      timers.set(spare.timer, spec.startTimeoutMillis, () => findLate(spare, spares, fail))
    },
    /** Hands a spare over to the supervisor. */
    take(spare: Spare, on: Listener): void {
      leave(spare)
      spare.on = on
    },
    /** Terminates a spare. */
    end,
    /** Completes when all that were ended are dead, or after `millis`, with the names of those that are still alive. */
    closed: dying.closed
  }
}

/** A spare is too slow to load: finds out where it is. It may have loaded, failed or been taken meanwhile. */
const findLate = (
  spare: Spare,
  spares: ReadonlyArray<Spare>,
  fail: (spare: Spare, cause: ExitCause.ExitCause) => void
): void =>
  spare.thread.find((where) => {
    if (spare.isLoaded || !spares.includes(spare)) return
    fail(spare, ExitCause.StartTimedOut.make({ millis: spare.spec.startTimeoutMillis, ...where }))
  })

/** The spares that are terminated and not dead yet. */
const makeDying = () => {
  const dying = new Set<Spare>()
  let onLastDeath = (): void => {}
  return {
    add: (spare: Spare): void => void dying.add(spare),
    remove(spare: Spare): void {
      dying.delete(spare)
      if (dying.size === 0) onLastDeath()
    },
    closed(millis: number): Effect.Effect<ReadonlyArray<string>> {
      const dead = Effect.callback<void>((resume) => {
        onLastDeath = () => resume(Effect.void)
        if (dying.size === 0) onLastDeath()
      })
      return Effect.map(atMost(millis, dead), () => Array.from(dying, ({ spec }) => spec.name))
    }
  }
}

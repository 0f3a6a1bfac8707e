/**
 * Threads that are loaded before they are needed: nobody is linked to them, they host nothing yet, and wait for `Begin`.
 *
 * `decide` says when there should be some. They are loaded one at a time, so that they take little from what runs.
 *
 * ```text
 *   prepare --> loading --- Loaded --> waiting
 *                | | |                  |   |
 *                | | +------ take ------+   |      the supervisor has it, and begins an incarnation on it
 *                | +------ discard ---------+      terminated; gone when it is proven dead
 *                +---- fails, too slow ----------> the same, and not tried again before the next `prepare`
 * ```
 */
import * as Effect from "effect/Effect"
import type { ThreadSpec, Topology } from "../control/topology.ts"
import * as ExitCause from "../ExitCause.ts"
import { atMost } from "../loop/atMost.ts"
import { StandbyFailed, StandbyReady, type SystemEvent } from "../SystemEvent.ts"
import type { Listener, Spawn, Thread } from "./thread.ts"
import type { Timers } from "./timers.ts"

interface Spare {
  readonly spec: ThreadSpec
  readonly thread: Thread
  /** The key of the timer that ends it if it is not loaded in time. */
  readonly timer: string
  loaded: boolean
  on: Listener
}

export type Standby = ReturnType<typeof make>

export const make = (options: {
  readonly topology: Topology
  readonly spawn: Spawn
  readonly timers: Timers
  /** The time by the wall clock. */
  readonly atMillis: () => number
  readonly publish: (event: SystemEvent) => void
  readonly ignored: Listener["ignored"]
}) => {
  const { atMillis, topology, publish, spawn, timers } = options
  const wanted = new Map<ThreadSpec, number>()
  /** Loading or waiting, the oldest first. */
  const spares: Array<Spare> = []
  const dying = new Set<Spare>()
  let count = 0
  let onLastDeath = (): void => {}

  /** Takes it out of the spares; false when it is none any more. */
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

  // Only who was declared is spoken of. What is loaded ahead of a restart is no promise, and its failure that of the start.
  const failed = (spec: ThreadSpec, cause: ExitCause.ExitCause): void => {
    wanted.delete(spec)
    if (spec.standby > 0) publish(StandbyFailed.make({ atMillis: atMillis(), thread: spec.name, cause }))
    fill()
  }

  const load = (spec: ThreadSpec): void => {
    const drop = (cause: ExitCause.ExitCause): void => {
      end(spare)
      failed(spec, cause)
    }
    const spare: Spare = {
      spec,
      timer: `standby ${++count}`,
      loaded: false,
      on: {
        message(message) {
          if (!spares.includes(spare)) return
          if (message._tag === "Failing") return drop(message.cause)
          if (message._tag !== "Loaded") return
          spare.loaded = true
          timers.cancel(spare.timer)
          spare.thread.post({ _tag: "Rehearse" })
          if (spec.standby > 0) publish(StandbyReady.make({ atMillis: atMillis(), thread: spec.name }))
          fill()
        },
        ignored: options.ignored,
        exit(cause) {
          if (leave(spare)) failed(spec, cause)
          dying.delete(spare)
          if (dying.size === 0) onLastDeath()
        }
      },
      thread: spawn(topology, spec, {
        message: (message) => spare.on.message(message),
        exit: (cause) => spare.on.exit(cause),
        ignored: (warning) => spare.on.ignored(warning)
      })
    }
    spares.push(spare)
    timers.set(
      spare.timer,
      spec.startTimeoutMillis,
      () => drop(ExitCause.StartTimedOut.make({ millis: spec.startTimeoutMillis }))
    )
  }

  /** Loads the next one that is wanted, unless one is being loaded. */
  const fill = (): void => {
    if (spares.some(({ loaded }) => !loaded)) return
    for (const [spec, count] of wanted) {
      if (spares.filter((spare) => spare.spec === spec).length >= count) continue
      try {
        return load(spec)
      } catch (error) {
        // The process may have no thread or no memory left for it.
        return failed(spec, ExitCause.Thrown.make(ExitCause.describe(error)))
      }
    }
  }

  return {
    /** So many spares of a thread should be there, until one of them is taken or fails. */
    prepare(spec: ThreadSpec, count: number, afterMillis: number): void {
      wanted.set(spec, count)
      timers.set(`prepare ${spec.name}`, afterMillis, fill)
    },
    /** The spare of a thread that has been loading for the longest, or a new one. */
    take(spec: ThreadSpec, on: Listener): { readonly thread: Thread; readonly isLoaded: boolean } {
      wanted.delete(spec)
      const spare = spares.find((spare) => spare.spec === spec)
      if (spare === undefined) return { thread: spawn(topology, spec, on), isLoaded: false }
      leave(spare)
      spare.on = on
      fill()
      return { thread: spare.thread, isLoaded: spare.loaded }
    },
    /** Ends the spares of a thread. */
    discard(spec: ThreadSpec): void {
      wanted.delete(spec)
      spares.filter((spare) => spare.spec === spec).forEach(end)
      fill()
    },
    /** Ends all spares. */
    close(): void {
      wanted.clear()
      Array.from(spares).forEach(end)
    },
    /** Completes when all that were ended are dead, or have had so long, with the names of those that still live. */
    closed: (millis: number): Effect.Effect<ReadonlyArray<string>> => {
      const dead = Effect.callback<void>((resume) => {
        onLastDeath = () => resume(Effect.void)
        if (dying.size === 0) onLastDeath()
      })
      return Effect.map(atMost(millis, dead), () => Array.from(dying, ({ spec }) => spec.name))
    }
  }
}

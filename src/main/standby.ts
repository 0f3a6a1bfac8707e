/**
 * Which threads are loaded before they are needed. `decide` says when there should be some, and how many.
 *
 * They are loaded one at a time, so that they take little from what runs. One that fails is not tried again before the next
 * `prepare`.
 */
import type { Effect } from "effect/Effect"
import type { ThreadSpec, Topology } from "../control/topology.ts"
import * as ExitCause from "../ExitCause.ts"
import { StandbyFailed, StandbyReady, type SystemEvent } from "../SystemEvent.ts"
import * as spareThreads from "./spares.ts"
import type { Listener, Spawn, Thread } from "./thread.ts"
import type { Timers } from "./timers.ts"

/** The threads that are loaded ahead. */
export type Standby = ReturnType<typeof make>

/** How standby threads are started, and what is reported of them. */
export interface Options {
  readonly topology: Topology
  readonly spawn: Spawn
  readonly timers: Timers
  /** The time by the wall clock. */
  readonly atMillis: () => number
  readonly publish: (event: SystemEvent) => void
  /** A thread has posted something that nobody receives. */
  readonly onIgnored: Listener["ignored"]
}

/** Makes the standby threads of a system, none at first. */
export const make = (options: Options) => {
  const { atMillis, onIgnored, publish, spawn, timers, topology } = options
  const wanted = new Map<ThreadSpec, number>()
  const awaited = new Awaited()

  // Only standbys that the user declared are reported, and those that a thread waits for to be recycled. Another thread that
  // is preloaded for a restart is an optimisation: if it fails, the start fails, and that is reported.
  const onFailed = (spec: ThreadSpec, cause: ExitCause.ExitCause): void => {
    wanted.delete(spec)
    if (spec.standby > 0 || awaited.has(spec)) {
      publish(StandbyFailed.make({ atMillis: atMillis(), thread: spec.name, cause }))
    }
    awaited.settle(spec, false)
    fill()
  }
  const onLoaded = (spec: ThreadSpec): void => {
    if (spec.standby > 0) publish(StandbyReady.make({ atMillis: atMillis(), thread: spec.name }))
    awaited.settle(spec, true)
    fill()
  }
  const spares = spareThreads.make({ topology, spawn, timers, onLoaded, onFailed, onIgnored })

  /** Loads the next thread that is wanted, unless one is loading. */
  const fill = (): void => {
    if (spares.isLoading()) return
    for (const [spec, count] of wanted) {
      if (spares.of(spec).length >= count) continue
      try {
        return spares.load(spec)
      } catch (error) {
        // The process may have no thread or no memory left for it.
        return onFailed(spec, ExitCause.Thrown.make(ExitCause.describe(error)))
      }
    }
  }

  return {
    /** `count` spares of a thread should be there, until one of them is taken or fails; they begin to load after a while. */
    prepare(spec: ThreadSpec, count: number, afterMillis: number): void {
      wanted.set(spec, count)
      timers.set(`prepare ${spec.name}`, afterMillis, fill)
    },
    /** Has a spare loaded, unless there is one, and calls `then` once: when it is loaded, can't be, or is taken or thrown away before. */
    succeed(spec: ThreadSpec, then: (isLoaded: boolean) => void): void {
      awaited.add(spec, then)
      if (spares.of(spec).some(({ isLoaded }) => isLoaded)) return awaited.settle(spec, true)
      wanted.set(spec, Math.max(1, spec.standby))
      fill()
    },
    /** The spare of a thread that has been loading for the longest, or a new thread. */
    take(spec: ThreadSpec, on: Listener): Taken {
      wanted.delete(spec)
      awaited.settle(spec, false)
      const [spare] = spares.of(spec)
      if (spare === undefined) return { thread: spawn(topology, spec, on), isLoaded: false }
      spares.take(spare, on)
      fill()
      return { thread: spare.thread, isLoaded: spare.isLoaded }
    },
    /** Terminates the spares of a thread. */
    discard(spec: ThreadSpec): void {
      wanted.delete(spec)
      awaited.settle(spec, false)
      spares.of(spec).forEach(spares.end)
      fill()
    },
    /** Terminates all spares. */
    close(): void {
      wanted.clear()
      awaited.clear()
      spares.all().forEach(spares.end)
    },
    /** Completes when all that were terminated are dead, or after `millis`, with the names of those that are still alive. */
    closed: (millis: number): Effect<ReadonlyArray<string>> => spares.closed(millis)
  }
}

interface Taken {
  readonly thread: Thread
  readonly isLoaded: boolean
}

/** What waits for a spare that is to take over from a running thread. */
class Awaited {
  private readonly bySpec = new Map<ThreadSpec, ReadonlyArray<(isLoaded: boolean) => void>>()

  add(spec: ThreadSpec, then: (isLoaded: boolean) => void): void {
    this.bySpec.set(spec, [...this.bySpec.get(spec) ?? [], then])
  }

  has(spec: ThreadSpec): boolean {
    return this.bySpec.has(spec)
  }

  /** The spare is loaded, or can't be. */
  settle(spec: ThreadSpec, isLoaded: boolean): void {
    const all = this.bySpec.get(spec) ?? []
    this.bySpec.delete(spec)
    for (const then of all) then(isLoaded)
  }

  clear(): void {
    for (const spec of Array.from(this.bySpec.keys())) this.settle(spec, false)
  }
}

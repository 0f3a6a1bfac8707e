/**
 * The watchdog's loop: looks at each living thread, asks it what the watchdog wants to know, and reports those that are stalled.
 */
import type { ThreadSpec, Topology } from "../control/topology.ts"
import * as ExitCause from "../ExitCause.ts"
import { type Moment, shared } from "../loop/monotonic.ts"
import type { Debugging } from "./debugging.ts"
import type { ThreadEvent } from "./decide/index.ts"
import * as status from "./status.ts"
import * as watchdog from "./watchdog.ts"

export type Monitor = ReturnType<typeof make>

/** Makes the loop's body. It remembers of each thread what the last look has seen, until `forget`. */
export const make = (options: {
  readonly topology: Topology
  readonly living: ReadonlyMap<number, status.Living>
  readonly now: () => Moment
  readonly debug: Debugging
  readonly isRunning: (thread: number) => boolean
  readonly onStalled: (event: ThreadEvent<"Failing">) => void
}) => {
  const { debug, isRunning, living, now, onStalled, topology } = options
  const sights = new Map<number, watchdog.Sight>()
  /** Threads that are stalled, and of which it is being found out where. */
  const sought = new WeakSet<status.Living["thread"]>()

  const lookAt = (index: number, alive: status.Living, spec: ThreadSpec): void => {
    const { incarnation, thread } = alive
    const { block } = thread
    const { activeMillis, idleMillis, utilization } = thread.measureLoop()
    alive.utilization = utilization
    const { again, ask, sight, stalledMillis } = watchdog.look(sights.get(index), {
      incarnation,
      isRunning: isRunning(index),
      beats: block.beats(),
      idleMillis,
      unreportedMillis: activeMillis - block.toldMillis(),
      now: now()
    }, spec.stallAfterMillis)
    sights.set(index, sight)
    if (ask !== "nothing") thread.post({ _tag: "Beat", tell: ask === "report", sentMillis: shared() })
    block.noteUnmoved(sight.standsStill ? now() - sight.wellUntil : 0)
    block.noteDebugged(debug.pauses(spec))
    // A debugger may stop a thread for as long as it likes; that is reported once.
    if (stalledMillis === undefined || (again && debug.pauses(spec)) || sought.has(thread)) return
    const stalled = { millis: Math.round(stalledMillis), handling: status.handling(spec, block) }
    const beats = block.beats()
    sought.add(thread)
    thread.find((where) => {
      sought.delete(thread)
      onStalled({
        _tag: "Failing",
        thread: index,
        incarnation,
        cause: ExitCause.Stalled.make({ ...stalled, ...where }),
        fatal: false,
        wellUntil: sight.wellUntil,
        hasRecovered: block.beats() !== beats
      })
    })
  }

  return {
    /** Looks at every thread once. */
    look(): void {
      debug.look()
      for (const [index, alive] of living) {
        const spec = topology.threads[index]
        if (spec !== undefined) lookAt(index, alive, spec)
      }
    },
    /** When a thread was last known to be well: now, unless it stands still. */
    wellUntil(index: number): Moment {
      const sight = sights.get(index)
      const isPresent = sight !== undefined && sight.incarnation === living.get(index)?.incarnation
      return isPresent && sight.standsStill ? sight.wellUntil : now()
    },
    /** Whether some thread has not moved since the last look. */
    someStandStill: (): boolean => Array.from(sights.values()).some(({ standsStill }) => standsStill),
    /** A thread is dead. */
    forget: (index: number): void => void sights.delete(index)
  }
}

/**
 * Runs events through `decide`, one at a time, and has the commands carried out.
 */
import type { Topology } from "../control/topology.ts"
import * as decide from "./decide/index.ts"

export type Pump = ReturnType<typeof make>

/** Makes a pump, in the state before anything has started. */
export const make = (options: {
  readonly topology: Topology
  readonly surroundings: () => decide.Surroundings
  readonly carryOut: (command: decide.Command) => void
  /** An event has been applied. */
  readonly onStep: () => void
  /** No event is left. */
  readonly onRest: () => void
}) => {
  const { carryOut, onRest, onStep, surroundings, topology } = options
  let state = decide.initial(topology)
  let isRunning = false
  const pending: Array<{ readonly event: decide.Event; readonly applied: Applied | undefined }> = []

  return {
    state: () => state,
    /**
     * Applies an event. A command, or a subscriber, may bring about the next one at once: that waits until this step is
     * done. `applied` is called when the event has been applied, with the state before it.
     */
    dispatch(event: decide.Event, applied?: Applied): void {
      pending.push({ event, applied })
      if (isRunning) return
      isRunning = true
      for (let next = pending.shift(); next !== undefined; next = pending.shift()) {
        const before = state
        const [after, commands] = decide.step(topology, before, next.event, surroundings())
        state = after
        commands.forEach(carryOut)
        next.applied?.(before)
        onStep()
      }
      isRunning = false
      onRest()
    }
  }
}

type Applied = (before: decide.State) => void

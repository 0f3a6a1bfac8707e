/**
 * What the supervisor does while somebody may debug the process: a breakpoint is not a hang.
 *
 * `inspector.url()` is set while an inspector listens, by `--inspect`, `inspector.open` or SIGUSR1. A session that the
 * process has opened with itself does not listen.
 */
import * as Effect from "effect/Effect"
import type { ThreadSpec, Topology } from "../control/topology.ts"
import type * as decide from "./decide/index.ts"
import { url } from "./inspecting.ts"

/** The part of the supervisor that knows of inspectors. */
export type Debugging = ReturnType<typeof make>

/**
 * Makes it. Whether an inspector listens is read each time that it matters; only the warning about it is remembered, so that each
 * inspector is announced once.
 */
export const make = (topology: Topology, run: (effect: Effect.Effect<void>) => unknown) => {
  const paused = topology.threads.filter((spec) => spec.debugger === "pause").map(({ name }) => name)
  let announced: string | undefined
  return {
    /** What decisions take into account: whether an inspector listens, and some thread stands still meanwhile. */
    state: (someStandStill: boolean): decide.Surroundings["debugging"] =>
      url() === undefined ? "no" : someStandStill ? "stands-still" : "listens",
    /** Nothing ends this thread for not moving. */
    pauses: (spec: ThreadSpec): boolean => spec.debugger === "pause" && url() !== undefined,
    /** Says once that an inspector listens, each time that one does. */
    look(): void {
      const present = url()
      if (present === announced) return
      announced = present
      if (present === undefined || paused.length === 0) return
      run(Effect.logWarning(
        `an inspector listens at ${present}: a thread that does not move is reported and not ended, because it may be at a ` +
          `breakpoint; set watchdog: { debugger: "ignore" } to end it all the same`
      ))
    },
    /** A time-out is over, and ends nothing. */
    extended: (who: string, what: "start" | "stop"): void =>
      void run(Effect.logWarning(`${who} is late to ${what}, and is not ended while an inspector listens`))
  }
}

/**
 * When the supervisor looks at a thread again: the time-outs of what threads are doing, and the ends of back-offs.
 */
import type { ThreadSpec, Topology } from "../control/topology.ts"
import type { Whereabouts } from "../ExitCause.ts"
import type { Event, OfThread, State } from "./decide/index.ts"
import type { Timers } from "./timers.ts"

/** How long a terminated thread may take to die before it counts as unkillable. */
export const killMillis = 2000

export type Deadlines = ReturnType<typeof make>

/**
 * Makes the deadlines on the supervisor's timers; `dispatch` gets the event of each that passes. `find` says where a thread is that
 * is late.
 */
export const make = (options: {
  readonly timers: Timers
  readonly topology: Pick<Topology, "shutdownTimeoutMillis">
  readonly find: (of: OfThread, found: (where: Whereabouts) => void) => void
  readonly dispatch: (event: Event) => void
}) => {
  const { dispatch, find, timers, topology } = options

  const onPassed = (what: "Start" | "Stop" | "Kill", { incarnation, thread }: OfThread): void => {
    if (what === "Kill") return dispatch({ _tag: "KillTimedOut", thread, incarnation })
    find({ thread, incarnation }, (where) => dispatch({ _tag: `${what}TimedOut`, thread, incarnation, where }))
  }

  return {
    /** The deadline of what a thread is doing. It does one thing at a time, so it has one deadline. */
    set(what: "Start" | "Stop" | "Kill", of: OfThread, spec: ThreadSpec): void {
      const millis = { Start: spec.startTimeoutMillis, Stop: spec.shutdownTimeoutMillis, Kill: killMillis }[what]
      timers.set(`deadline ${of.thread}`, millis, () => onPassed(what, of))
    },
    /** The deadline of the whole system to stop. */
    setShutdown: (): void =>
      timers.set("shutdown", topology.shutdownTimeoutMillis, () => dispatch({ _tag: "ShutdownTimedOut" })),
    /** How long a thread that retires may take to handle what it has started. */
    retire({ incarnation, thread }: OfThread, afterMillis: number): void {
      timers.set(`retire ${thread}`, afterMillis, () => dispatch({ _tag: "Retired", thread, incarnation }))
    },
    /** When a thread is worn by its age. */
    age: ({ incarnation, thread }: OfThread, afterMillis: number): void =>
      timers.set(`age ${thread}`, afterMillis, () => dispatch({ _tag: "Aged", thread, incarnation })),
    /** Has the supervisor decide about a thread again, later. */
    wake: (thread: number, afterMillis: number): void =>
      timers.set(`wake ${thread}`, afterMillis, () => dispatch({ _tag: "Wake" })),
    /** Cancels the timers whose reason is gone. */
    prune: ({ threads }: State): void =>
      threads.forEach(({ phase, wanted }, index) => {
        if (phase === "idle" || phase === "running") timers.cancel(`deadline ${index}`)
        if (phase !== "running") { for (const what of ["retire", "age"]) timers.cancel(`${what} ${index}`) }
        if (phase !== "idle" || !wanted) timers.cancel(`wake ${index}`)
      })
  }
}

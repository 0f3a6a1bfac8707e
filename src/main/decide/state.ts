/**
 * The data of the supervisor's decisions: the state of the threads, the events that change it, and the commands that follow.
 */
import type { Topology } from "../../control/topology.ts"
import * as ExitCause from "../../ExitCause.ts"
import { type Moment, past } from "../../loop/monotonic.ts"
import * as RestartPolicy from "../../RestartPolicy.ts"
import { type SystemEvent, type ThreadRecycling, whyRecycled } from "../../SystemEvent.ts"

/** What a thread is: down, loading or building its actors, ready, running its finalizers, or terminated and not dead yet. */
export type Phase = "idle" | "starting" | "running" | "stopping" | "killing"

/** What a thread is (`phase`), what it should be (`wanted`, `recycle`), and what its next start depends on. */
export interface ThreadState {
  readonly phase: Phase
  /** The number of the incarnation that is alive, or of the last one; 0 before the first start. */
  readonly incarnation: number
  /** The thread should be up. */
  readonly wanted: boolean
  /** The thread should stop and then start again. */
  readonly recycle: boolean
  /** It has reached a limit of its `recycle`: a successor takes over soon. */
  readonly retiring: Retiring | undefined
  /** Why it is being killed, if that is a failure of its own. */
  readonly failure: Failure | undefined
  /** It was terminated, and has not died. */
  readonly unkillable: boolean
  /** Its budget of restarts is spent. */
  readonly gaveUp: boolean
  /** It has imported its modules, and only has to build its actors. */
  readonly loaded: boolean
  readonly startedAt: Moment
  readonly readyAt: Moment | undefined
  /** When it became ready by the wall clock, for people. */
  readonly readyAtMillis: number | undefined
  /** It does not start before this moment. */
  readonly notBefore: Moment
  /** It does not start before these threads run, or are no longer wanted. */
  readonly after: ReadonlyArray<number>
  readonly history: RestartPolicy.History
  readonly lastCause: ExitCause.ExitCause | null
  /** It was terminated because it did not stop in time, or it can't be killed. */
  readonly terminated: boolean
}

/** Why a thread is to be replaced by a fresh one, and how far that has come. */
export interface Retiring extends Pick<typeof ThreadRecycling.Type, "why" | "amount"> {
  readonly successor: "loading" | "loaded" | "failed"
  /** It was asked to start no further message. */
  readonly asked: boolean
  /** It handles no message any more. */
  readonly drained: boolean
}

/** Why a thread can't go on. */
export interface Failure {
  readonly cause: ExitCause.ExitCause
  /** Starting it again is pointless. */
  readonly fatal: boolean
  /** When it was last known to be well. */
  readonly wellUntil: Moment
}

/** Why the system ended. */
export type Outcome =
  | { readonly _tag: "Asked"; readonly why: string }
  | { readonly _tag: "StartFailed"; readonly thread: number; readonly cause: ExitCause.ExitCause }
  | {
    readonly _tag: "GaveUp"
    readonly thread: number
    readonly failures: number
    readonly cause: ExitCause.ExitCause
  }

/** The state of the whole system. */
export interface State {
  readonly threads: ReadonlyArray<ThreadState>
  /** True until all threads have run for the first time. */
  readonly booting: boolean
  /** Set once the system is to end; it is never unset. */
  readonly ending: Outcome | undefined
  readonly finished: boolean
}

/** One incarnation of a thread. */
export interface OfThread {
  readonly thread: number
  readonly incarnation: number
}

interface ThreadEvents {
  /** The thread has imported its modules. */
  readonly Loaded: {}
  /** All its actors are built. */
  readonly Ready: {}
  /** It was not ready in time. */
  readonly StartTimedOut: { readonly where?: ExitCause.Whereabouts }
  /** The thread can't go on: it reported so itself, or the watchdog found it stalled. */
  readonly Failing: Failure & {
    /** It was found stalled, and moves again. */
    readonly hasRecovered?: boolean
  }
  /** It will have reached a limit of its `recycle` soon. */
  readonly Wearing: {}
  /** It has reached one. */
  readonly Worn: Pick<Retiring, "why" | "amount">
  /** It has run for as long as its `recycle` says. */
  readonly Aged: {}
  /** A spare that is to take over is loaded, or can't be. */
  readonly Successor: { readonly isLoaded: boolean }
  /** It was to retire, and handles no message any more, or has had its time for that. */
  readonly Retired: {}
  /** The thread has run its finalizers. */
  readonly Acknowledged: {}
  /** It has not stopped in time. */
  readonly StopTimedOut: { readonly where?: ExitCause.Whereabouts }
  /** It was terminated, and is not dead in time. */
  readonly KillTimedOut: {}
  /** The thread is proven dead. */
  readonly Ended: { readonly cause: ExitCause.ExitCause; readonly wellUntil: Moment }
}

/** Something that happened to one incarnation of a thread. */
export type ThreadEvent<Tag extends keyof ThreadEvents = keyof ThreadEvents> = {
  readonly [Current in Tag]: OfThread & ThreadEvents[Current] & { readonly _tag: Current }
}[Tag]

/** What the decisions react to: what happened to a thread, what an operator ordered, or that time has passed. */
export type Event =
  | ThreadEvent
  /** A moment has come that `Wake` was commanded for. */
  | { readonly _tag: "Wake" }
  /** Keep the thread stopped until somebody starts it. */
  | { readonly _tag: "Stop"; readonly thread: number }
  /** Have the thread run, at once if it waits for its back-off. */
  | { readonly _tag: "Start"; readonly thread: number }
  /** Stop the thread in order, and start it again with the program as it is now. */
  | { readonly _tag: "Restart"; readonly thread: number }
  /** As `Restart`, with the spare that is loaded for it. */
  | { readonly _tag: "Renew"; readonly thread: number }
  /** Stop all threads in order, and end. */
  | { readonly _tag: "Shutdown"; readonly why: string }
  /** The time that all threads have together to stop is over. */
  | { readonly _tag: "ShutdownTimedOut" }

interface Commands {
  /** Begin an incarnation, on a thread that is loaded or on a new one. */
  readonly Spawn: OfThread
  /** Have `count` threads loaded, after a while, for the next incarnations to begin on. */
  readonly Prepare: { readonly thread: number; readonly count: number; readonly afterMillis: number }
  /** Have a spare loaded, and report when it is, or that it can't be. */
  readonly LoadSuccessor: OfThread
  /** Have it start no further message. */
  readonly Retire: OfThread
  /** Report the thread as worn by its age, later. */
  readonly Age: OfThread & { readonly afterMillis: number }
  /** Throw away the threads that are loaded ahead. */
  readonly Discard: { readonly thread: number }
  /** Ask a thread to stop in order; `comesBack` says whether its peers may wait for it. */
  readonly AskStop: OfThread & { readonly comesBack: boolean; readonly cause: ExitCause.ExitCause }
  /** Terminate a thread. */
  readonly Kill: OfThread
  /** Take an incarnation out of routing; its calls are settled with the cause. */
  readonly Lose: OfThread & { readonly cause: ExitCause.ExitCause }
  /** The thread takes messages. */
  readonly Open: OfThread
  /** The thread won't come back by itself: messages to it fail. */
  readonly Close: { readonly thread: number; readonly why: string }
  /** The thread will come (back): messages to it wait. */
  readonly Expect: { readonly thread: number }
  /** Decide about a thread again, later; this replaces its earlier `Wake`. */
  readonly Wake: { readonly thread: number; readonly afterMillis: number }
  /** Begin a time-out that has just ended again, because of a debugger. */
  readonly Extend: OfThread & { readonly what: "Start" | "Stop" }
  /** As `Extend`, of the time that all threads have together. */
  readonly ExtendShutdown: {}
  /** Tell subscribers and the log of an event. */
  readonly Publish: { readonly event: SystemEvent }
  /** All threads have run for the first time. */
  readonly Booted: {}
  /** The system is to end: nothing starts any more. */
  readonly Ending: {}
  /** All threads are dead, and the system has ended. */
  readonly Finish: { readonly outcome: Outcome }
  /** End the process: a thread can't be killed, and its declaration says so. */
  readonly Abort: { readonly thread: number }
}

/** What the supervisor is to do. */
export type Command<Tag extends keyof Commands = keyof Commands> = {
  readonly [Current in Tag]: Commands[Current] & { readonly _tag: Current }
}[Tag]

/** What a decision depends on besides state and event. */
export interface Surroundings {
  readonly now: Moment
  /** The time by the wall clock, which labels events. */
  readonly atMillis: number
  /** A random number in [0, 1). */
  readonly random: number
  /** Whether an inspector listens, and whether some thread stands still meanwhile, as one does at a breakpoint. */
  readonly debugging: "no" | "listens" | "stands-still"
}

/** The state before anything has started: all threads are down, and wanted unless they are dormant. */
export const initial = (topology: Topology): State => ({
  threads: topology.threads.map(({ group, name }, index) => ({
    phase: "idle",
    incarnation: 0,
    wanted: topology.dormant?.has(name) !== true,
    recycle: false,
    retiring: undefined,
    failure: undefined,
    unkillable: false,
    gaveUp: false,
    loaded: false,
    startedAt: past,
    readyAt: undefined,
    readyAtMillis: undefined,
    notBefore: past,
    // Instances of one declaration don't wait for each other.
    after: topology.startup === "sequential"
      ? Array.from({ length: index - group.index }, (_, before) => before)
      : [],
    history: RestartPolicy.noFailures,
    lastCause: null,
    terminated: false
  })),
  booting: true,
  ending: undefined,
  finished: false
})

/** Whether a thread exists as far as Node is concerned: it may still run code. */
export const isAlive = ({ phase }: ThreadState): boolean => phase !== "idle"

/** Why a thread stops that was asked to. */
export const whyAsked = ({ recycle, retiring }: ThreadState): ExitCause.ExitCause =>
  recycle && retiring !== undefined
    ? ExitCause.Recycled.make({ why: whyRecycled(retiring) })
    : ExitCause.Requested.make({})

/** The threads that don't start before another one runs. */
export const heldBy = ({ threads }: State, holder: number): ReadonlyArray<number> =>
  threads.flatMap(({ after, phase, wanted }, index) =>
    phase === "idle" && wanted && after.includes(holder) ? [index] : []
  )

/** Describes in words why the system ends. */
export const explain = (topology: Topology, outcome: Outcome): string => {
  switch (outcome._tag) {
    case "Asked":
      return outcome.why
    case "StartFailed":
      return `thread "${topology.threads[outcome.thread]?.name}" did not start`
    case "GaveUp":
      return `gave up on thread "${topology.threads[outcome.thread]?.name}"`
  }
}

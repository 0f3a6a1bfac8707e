/**
 * Every decision of the supervisor, as one pure function: state and event in, state and commands out.
 *
 * A thread has a phase, which is what it really is, and a wish (`wanted`, `recycle`), which is what it should be. An
 * event changes these; then `reconcile` compares them for all threads and commands what brings phase nearer to wish:
 * stops from the last thread to the first, one at a time where threads belong together; starts from the first to the
 * last, each behind those that it has to wait for. Start, restart, all three strategies and shutdown are this one comparison.
 *
 * ```text
 *            Spawn              Ready              AskStop               Ended
 *   idle --------> starting ---------> running -----------> stopping ----------> idle
 *    ^                |   fails, stalls   |                     | too slow
 *    |                +-------> killing <-+---------------------+
 *    +------------ Ended ----------+
 * ```
 *
 * Source: the separation follows Erlang/OTP `supervisor`; the strategies have OTP's meaning and order.
 */
import type { ThreadSpec, Topology } from "../control/topology.ts"
import * as ExitCause from "../ExitCause.ts"
import { earlier, type Moment, past, plus } from "../loop/monotonic.ts"
import * as RestartPolicy from "../RestartPolicy.ts"
import type { SystemEvent } from "../SystemEvent.ts"

export interface ThreadState {
  readonly phase: "idle" | "starting" | "running" | "stopping" | "killing"
  /** Of the thread that is alive, or of the last one; 0 before the first start. */
  readonly incarnation: number
  /** It should be up. */
  readonly wanted: boolean
  /** It should be stopped first and then started anew. */
  readonly recycle: boolean
  /** Why it is being killed, when that is a failure of its own. */
  readonly failure: Failure | undefined
  /** It was told to end and does not. */
  readonly unkillable: boolean
  /** Its budget is spent. */
  readonly gaveUp: boolean
  /** It has imported what it needs; what is left of its start is to build its actors. */
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
  /** It had to be terminated because it did not stop in time, or it was told to end and does not. */
  readonly terminated: boolean
}

/** Why a thread can't go on. */
interface Failure {
  readonly cause: ExitCause.ExitCause
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

export interface State {
  readonly threads: ReadonlyArray<ThreadState>
  /** Until all threads have run for the first time. */
  readonly booting: boolean
  /** Set once the system is to end; it never goes back. */
  readonly ending: Outcome | undefined
  readonly finished: boolean
}

type OfThread = { readonly thread: number; readonly incarnation: number }

export type Event =
  | { readonly _tag: "Wake" }
  /** The thread has imported everything it needs. */
  | OfThread & { readonly _tag: "Loaded" }
  | OfThread & { readonly _tag: "Ready" }
  | OfThread & { readonly _tag: "StartTimedOut" }
  /** The thread can't go on: it said so, or it stalled. */
  | OfThread & Failure & { readonly _tag: "Failing" }
  | OfThread & { readonly _tag: "Ended"; readonly cause: ExitCause.ExitCause; readonly wellUntil: Moment }
  /** The thread has run its finalizers. */
  | OfThread & { readonly _tag: "Acknowledged" }
  | OfThread & { readonly _tag: "StopTimedOut" }
  | OfThread & { readonly _tag: "KillTimedOut" }
  | { readonly _tag: "Stop"; readonly thread: number }
  | { readonly _tag: "Start"; readonly thread: number }
  | { readonly _tag: "Restart"; readonly thread: number }
  | { readonly _tag: "Shutdown"; readonly why: string }
  | { readonly _tag: "ShutdownTimedOut" }

export type Command =
  | OfThread & { readonly _tag: "Spawn" }
  /** So many threads should be loaded, after a while, for the next incarnations to begin on. */
  | { readonly _tag: "Prepare"; readonly thread: number; readonly count: number; readonly afterMillis: number }
  /** What is loaded is not to be used. */
  | { readonly _tag: "Discard"; readonly thread: number }
  | OfThread & { readonly _tag: "AskStop"; readonly comesBack: boolean }
  | OfThread & { readonly _tag: "Kill" }
  /** Takes an incarnation out of routing; its calls are settled with the cause. */
  | OfThread & { readonly _tag: "Lose"; readonly cause: ExitCause.ExitCause }
  /** The thread takes messages. */
  | OfThread & { readonly _tag: "Open" }
  /** The thread won't come back by itself: messages to it fail. */
  | { readonly _tag: "Close"; readonly thread: number; readonly why: string }
  /** The thread will come (back): messages to it wait. */
  | { readonly _tag: "Expect"; readonly thread: number }
  /** Decide about a thread again, later; this replaces an earlier wish. */
  | { readonly _tag: "Wake"; readonly thread: number; readonly afterMillis: number }
  /** A time-out that has just ended begins again, because of a debugger. */
  | OfThread & { readonly _tag: "Extend"; readonly what: "Start" | "Stop" }
  | { readonly _tag: "ExtendShutdown" }
  | { readonly _tag: "Publish"; readonly event: SystemEvent }
  | { readonly _tag: "Booted" }
  | { readonly _tag: "Ending" }
  | { readonly _tag: "Finish"; readonly outcome: Outcome }
  /** A thread can't be killed, and its declaration says to end the process then. */
  | { readonly _tag: "Abort"; readonly thread: number }

/** What the decision needs from outside. */
export interface Chance {
  readonly now: Moment
  /** The time by the wall clock, which labels events. */
  readonly atMillis: number
  /** A number in [0, 1). */
  readonly random: number
  /** Whether an inspector listens, and whether some thread stands still meanwhile, as one does at a breakpoint. */
  readonly debugging: "no" | "listens" | "stands-still"
}

/** Threads that may be loading at the same time; each costs tens of milliseconds of the main loop. */
const loadsAtOnce = 2

/** A thread that has been loading for longer (an import that waits for something) no longer keeps others from loading. */
const loadsAloneMillis = 1000

/**
 * A restart within this time is loaded for at once, so that the back-off hides the loading. Beside a longer back-off that
 * would gain nothing, hold the memory, and miss what is mended meanwhile.
 */
const loadAheadMillis = 1000

/** Standby threads leave a thread that is ready a moment for what has waited for it. */
const standByAfterMillis = 100

export const initial = (topology: Topology): State => ({
  threads: topology.threads.map((_, index) => ({
    phase: "idle",
    incarnation: 0,
    wanted: true,
    recycle: false,
    failure: undefined,
    unkillable: false,
    gaveUp: false,
    loaded: false,
    startedAt: past,
    readyAt: undefined,
    readyAtMillis: undefined,
    notBefore: past,
    after: topology.startup === "sequential" ? Array.from({ length: index }, (_, before) => before) : [],
    history: RestartPolicy.noFailures,
    lastCause: null,
    terminated: false
  })),
  booting: true,
  ending: undefined,
  finished: false
})

export const step = (
  topology: Topology,
  before: State,
  event: Event,
  { atMillis, debugging, now, random }: Chance
): readonly [State, ReadonlyArray<Command>] => {
  const threads = Array.from(before.threads)
  const commands: Array<Command> = []
  let { booting, ending, finished } = before

  const set = (index: number, change: Partial<ThreadState>): void => {
    const thread = threads[index]
    if (thread !== undefined) threads[index] = { ...thread, ...change }
  }
  const alive = (thread: ThreadState): boolean => thread.phase !== "idle"
  const publish = (event: SystemEvent): void => void commands.push({ _tag: "Publish", event })
  const named = (index: number) => ({
    atMillis,
    thread: topology.threads[index]?.name ?? "",
    incarnation: threads[index]?.incarnation ?? 0
  })
  const id = (index: number): OfThread => ({ thread: index, incarnation: threads[index]?.incarnation ?? 0 })

  const end = (outcome: Outcome): void => {
    if (ending !== undefined) return
    ending = outcome
    commands.push({ _tag: "Ending" })
    publish({ _tag: "Stopping", atMillis, why: explain(topology, outcome) })
    threads.forEach((thread, index) => {
      set(index, { wanted: false, recycle: false, terminated: alive(thread) && thread.terminated })
      if (!alive(thread)) close(index, "the system is shutting down")
    })
  }
  const close = (index: number, why: string): void => void commands.push({ _tag: "Close", thread: index, why })

  /** Has the standby threads of a thread loaded, if it is to stay; never while the first threads start. */
  const standBy = (index: number): void => {
    const thread = threads[index]
    const count = topology.threads[index]?.standby ?? 0
    if (count === 0 || booting || thread?.phase !== "running" || !thread.wanted) return
    commands.push({ _tag: "Prepare", thread: index, count, afterMillis: standByAfterMillis })
  }

  const kill = (index: number, change: Partial<ThreadState>): void => {
    set(index, { ...change, phase: "killing" })
    commands.push({ _tag: "Kill", ...id(index) })
  }

  /** Takes a thread that can't go on out of routing, and ends it. */
  const fail = (index: number, { cause, fatal, wellUntil }: Failure): void => {
    const first = isFirstStart(index) && threads[index]?.wanted === true && !threads[index]?.recycle
    commands.push({ _tag: "Lose", ...id(index), cause })
    kill(index, { failure: { cause, fatal, wellUntil } })
    // Before it is dead, so that nothing else starts meanwhile.
    if (first) end({ _tag: "StartFailed", thread: index, cause })
  }

  /** The very first start is not tried again: what fails then has never worked. */
  const isFirstStart = (index: number): boolean =>
    booting && threads[index]?.incarnation === 1 && threads[index]?.readyAt === undefined

  /** Nothing is ended for not moving while somebody debugs it. */
  const isDebugged = (spec: ThreadSpec | undefined, when: Chance["debugging"]): boolean =>
    spec?.debugger === "pause" && debugging !== "no" && (when === "listens" || debugging === when)

  /** The group that restarts together with a failed thread. */
  const group = (failed: number): ReadonlyArray<number> =>
    topology.strategy === "one-for-one"
      ? [failed]
      : threads.flatMap((thread, index) =>
        thread.wanted && (topology.strategy === "one-for-all" || index >= failed) ? [index] : []
      )

  const failed = (
    index: number,
    thread: ThreadState,
    spec: ThreadSpec,
    { cause, fatal, wellUntil }: Failure
  ): void => {
    const decision = RestartPolicy.decide(spec.restart, thread.history, {
      readyAt: thread.readyAt,
      wellUntil,
      failed: true,
      fatal,
      random
    })
    if (decision._tag === "Restart") {
      const { afterMillis, history } = decision
      const members = group(index)
      set(index, { history })
      publish({ _tag: "ThreadRestarting", ...named(index), afterMillis, failures: history.failures })
      if (afterMillis <= loadAheadMillis) commands.push({ _tag: "Prepare", thread: index, count: 1, afterMillis: 0 })
      for (const member of members) {
        set(member, {
          recycle: member !== index && threads[member]?.phase !== "idle",
          notBefore: plus(now, afterMillis),
          after: members.filter((other) => other < member)
        })
      }
    } else if (decision._tag === "GiveUp") {
      const { failures } = decision.history
      set(index, { gaveUp: true, wanted: false, history: decision.history })
      publish({ _tag: "GaveUp", ...named(index), failures, cause })
      if (spec.onGiveUp === "escalate") end({ _tag: "GaveUp", thread: index, failures, cause })
      else close(index, `thread "${spec.name}" was given up (${ExitCause.format(cause)})`)
    }
  }

  const ended = (
    index: number,
    thread: ThreadState,
    spec: ThreadSpec,
    exit: ExitCause.ExitCause,
    wellUntil: Moment
  ): void => {
    const first = isFirstStart(index)
    const asked = thread.failure === undefined && (thread.phase === "stopping" || thread.phase === "killing")
    const cause = thread.failure?.cause ?? (asked && exit._tag === "Exited" ? ExitCause.Requested.make({}) : exit)
    commands.push({ _tag: "Lose", ...id(index), cause })
    publish({ _tag: "ThreadExited", ...named(index), cause, asked })
    set(index, {
      phase: "idle",
      recycle: false,
      failure: undefined,
      unkillable: false,
      readyAt: undefined,
      readyAtMillis: undefined,
      lastCause: asked ? thread.lastCause : cause
    })
    if (ending !== undefined) close(index, "the system is shutting down")
    else if (!thread.wanted) close(index, `thread "${spec.name}" was stopped`)
    // A thread that was to be restarted anyway has just been quicker: that costs nothing, unless trying is pointless.
    else if (!asked && (!thread.recycle || thread.failure?.fatal)) {
      if (first) end({ _tag: "StartFailed", thread: index, cause })
      else failed(index, thread, spec, thread.failure ?? { cause, fatal: false, wellUntil })
    }
  }

  /** Applies an event to the thread that it is about, unless it is about an incarnation that is no more. */
  const ofThread = (event: Event & OfThread): void => {
    const index = event.thread
    const thread = threads[index]
    const spec = topology.threads[index]
    if (thread === undefined || spec === undefined) return
    if (thread.incarnation !== event.incarnation || thread.phase === "idle") return
    switch (event._tag) {
      case "Loaded":
        return thread.phase === "starting" ? set(index, { loaded: true }) : undefined
      case "Ready":
        if (thread.phase !== "starting") return
        set(index, { phase: "running", loaded: true, readyAt: now, readyAtMillis: atMillis })
        commands.push({ _tag: "Open", ...id(index) })
        standBy(index)
        return publish({
          _tag: "ThreadStarted",
          ...named(index),
          afterMillis: now - thread.startedAt
        })
      case "StartTimedOut":
        if (thread.phase !== "starting") return
        if (isDebugged(spec, "listens")) return void commands.push({ _tag: "Extend", ...id(index), what: "Start" })
        return fail(index, {
          cause: ExitCause.StartTimedOut.make({ millis: spec.startTimeoutMillis }),
          fatal: false,
          wellUntil: thread.startedAt
        })
      case "Failing":
        if (thread.phase === "killing") return
        if (event.cause._tag === "Stalled") {
          if (thread.phase === "stopping") return
          publish({ _tag: "ThreadStalled", ...named(index), cause: event.cause })
          if (spec.onStall === "report" || isDebugged(spec, "listens")) return
        }
        return fail(index, event)
      case "Ended":
        return ended(index, thread, spec, event.cause, event.wellUntil)
      case "Acknowledged":
        return thread.phase === "stopping" ? kill(index, {}) : undefined
      case "StopTimedOut":
        if (thread.phase !== "stopping") return
        if (isDebugged(spec, "stands-still")) return void commands.push({ _tag: "Extend", ...id(index), what: "Stop" })
        publish({ _tag: "ThreadTerminated", ...named(index), afterMillis: spec.shutdownTimeoutMillis })
        return kill(index, { terminated: true })
      case "KillTimedOut":
        if (thread.phase !== "killing") return
        set(index, { unkillable: true, terminated: true })
        publish({ _tag: "ThreadUnkillable", ...named(index) })
        commands.push({ _tag: "Lose", ...id(index), cause: thread.failure?.cause ?? ExitCause.Requested.make({}) })
        if (spec.onUnkillable === "exit") commands.push({ _tag: "Abort", thread: index })
    }
  }

  const operator = (index: number, change: Partial<ThreadState>): void => {
    if (ending === undefined) {
      set(index, { ...change, gaveUp: false, notBefore: past, after: [], history: RestartPolicy.noFailures })
    }
  }

  switch (event._tag) {
    case "Wake":
      break
    case "Stop":
      operator(event.thread, { wanted: false, recycle: false })
      if (threads[event.thread]?.phase === "idle") {
        close(event.thread, `thread "${topology.threads[event.thread]?.name}" was stopped`)
      }
      break
    case "Start":
      operator(event.thread, { wanted: true })
      if (ending === undefined) commands.push({ _tag: "Expect", thread: event.thread })
      standBy(event.thread)
      break
    case "Restart": {
      const up = threads[event.thread]?.phase
      operator(event.thread, { wanted: true, recycle: up === "starting" || up === "running" })
      // Who asks for a restart wants the program as it is now.
      if (ending === undefined) {
        commands.push({ _tag: "Discard", thread: event.thread }, { _tag: "Expect", thread: event.thread })
      }
      break
    }
    case "Shutdown":
      end({ _tag: "Asked", why: event.why })
      break
    case "ShutdownTimedOut":
      if (threads.some((thread, index) => alive(thread) && isDebugged(topology.threads[index], "stands-still"))) {
        commands.push({ _tag: "ExtendShutdown" })
        break
      }
      threads.forEach((thread, index) => {
        if (alive(thread) && thread.phase !== "killing") {
          publish({
            _tag: "ThreadTerminated",
            ...named(index),
            afterMillis: topology.shutdownTimeoutMillis
          })
          kill(index, { terminated: true })
        }
      })
      break
    default:
      ofThread(event)
  }

  // Reconcile: stops first, from the last thread to the first. Those that belong together stop one at a time.
  const together = ending !== undefined || topology.strategy !== "one-for-one"
  const stops = (): boolean =>
    threads.some((thread) =>
      thread.phase === "stopping" || (thread.phase === "killing" && thread.failure === undefined && !thread.unkillable)
    )
  for (let index = threads.length - 1; index >= 0; index--) {
    const thread = threads[index]
    if (thread === undefined || (thread.phase !== "starting" && thread.phase !== "running")) continue
    if ((thread.wanted && !thread.recycle) || (together && stops())) continue
    set(index, { phase: "stopping" })
    commands.push({ _tag: "AskStop", ...id(index), comesBack: thread.recycle })
  }

  // Then starts, from the first thread to the last, once a group that restarts together is down.
  const groupIsDown = topology.strategy === "one-for-one" ||
    !threads.some((thread) => thread.recycle && thread.phase !== "idle")
  const loading = threads.flatMap(({ loaded, phase, startedAt }) =>
    phase === "starting" && !loaded && plus(startedAt, loadsAloneMillis) > now ? [startedAt] : []
  )
  threads.forEach((thread, index) => {
    if (thread.phase !== "idle" || !thread.wanted || !groupIsDown) return
    const clear = thread.after.every((other) => threads[other]?.phase === "running" || threads[other]?.wanted === false)
    if (!clear) return
    const notBefore = loading.length < loadsAtOnce
      ? thread.notBefore
      : Math.max(thread.notBefore, plus(loading.reduce(earlier), loadsAloneMillis))
    if (notBefore > now) {
      commands.push({ _tag: "Wake", thread: index, afterMillis: notBefore - now })
      return
    }
    loading.push(now)
    set(index, {
      phase: "starting",
      incarnation: thread.incarnation + 1,
      loaded: false,
      startedAt: now,
      readyAt: undefined,
      readyAtMillis: undefined,
      after: [],
      terminated: false
    })
    commands.push({ _tag: "Spawn", ...id(index) })
  })

  if (booting && ending === undefined && threads.every((thread) => thread.phase === "running" || !thread.wanted)) {
    booting = false
    commands.push({ _tag: "Booted" })
    threads.forEach((_, index) => standBy(index))
  }
  if (ending !== undefined && !finished && threads.every((thread) => !alive(thread) || thread.unkillable)) {
    finished = true
    const terminated = topology.threads.flatMap((spec, index) => threads[index]?.terminated ? [spec.name] : [])
    publish({ _tag: "Stopped", atMillis, terminated })
    commands.push({ _tag: "Finish", outcome: ending })
  }
  return [{ threads, booting, ending, finished }, commands]
}

/** The threads that don't start before another one runs. */
export const heldBy = ({ threads }: State, holder: number): ReadonlyArray<number> =>
  threads.flatMap(({ after, phase, wanted }, index) =>
    phase === "idle" && wanted && after.includes(holder) ? [index] : []
  )

/** Says why the system ends. */
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

/**
 * Compares what each thread is with what it should be, and commands the difference.
 *
 * Stops go from the last thread to the first, one at a time where threads belong together. Starts go from the first to the
 * last, each after the threads that it has to wait for.
 */
import { earlier, type Moment, plus } from "../../loop/monotonic.ts"
import type { Draft } from "./draft.ts"
import { recycleThreads } from "./recycling.ts"
import { prepareStandby } from "./restarts.ts"
import { isAlive, type ThreadState, whyAsked } from "./state.ts"

/** How many threads may be loading at the same time; each costs tens of milliseconds of the main loop. */
const loadsAtOnce = 2

/** A thread that has been loading for longer (an import that waits for something) no longer keeps others from loading. */
const loadsAloneMillis = 1000

/** Brings every thread one step nearer to what it should be. */
export const reconcile = (draft: Draft): void => {
  recycleThreads(draft)
  stopThreads(draft)
  startThreads(draft)
  completeBoot(draft)
  completeShutdown(draft)
}

/** Asks threads to stop that are not wanted, the last first. */
const stopThreads = (draft: Draft): void => {
  const together = draft.ending !== undefined || draft.topology.strategy !== "one-for-one"
  for (let index = draft.threads.length - 1; index >= 0; index--) {
    const thread = draft.threads[index]
    if (thread === undefined || (thread.phase !== "starting" && thread.phase !== "running")) continue
    if (thread.wanted && !thread.recycle) continue
    if (together && draft.threads.some((other, at) => isOnItsWayDown(other) && !areInstances(draft, index, at))) {
      continue
    }
    draft.set(index, { phase: "stopping" })
    draft.command({ _tag: "AskStop", ...draft.id(index), comesBack: thread.recycle, cause: whyAsked(thread) })
  }
}

/** Whether two threads are instances of one declaration, which stop together. */
const areInstances = ({ topology: { threads } }: Draft, a: number, b: number): boolean =>
  threads[a]?.group.name === threads[b]?.group.name

/** A thread that others wait for with their stop: not one that failed, nor one that can't be killed. */
const isOnItsWayDown = ({ failure, phase, unkillable }: ThreadState): boolean =>
  phase === "stopping" || (phase === "killing" && failure === undefined && !unkillable)

/** Starts threads that are wanted and whose time has come, in their order. */
const startThreads = (draft: Draft): void => {
  const { at: { now }, threads, topology } = draft
  // A group that restarts together is down before its first thread starts.
  const waitsForGroup = topology.strategy !== "one-for-one" &&
    threads.some((thread) => thread.recycle && isAlive(thread))
  if (waitsForGroup) return
  const loading = threads.flatMap(({ loaded, phase, startedAt }) =>
    phase === "starting" && !loaded && plus(startedAt, loadsAloneMillis) > now ? [startedAt] : []
  )
  threads.forEach((thread, index) => {
    if (isAlive(thread) || !thread.wanted || !thread.after.every((other) => isOutOfTheWay(threads[other]))) return
    const notBefore = earliestStart(thread, loading)
    if (notBefore > now) return draft.command({ _tag: "Wake", thread: index, afterMillis: notBefore - now })
    loading.push(now)
    start(draft, index, thread)
  })
}

const isOutOfTheWay = (thread: ThreadState | undefined): boolean =>
  thread?.phase === "running" || thread?.wanted === false

/** When a thread may start: after its back-off, and when not too many others are loading. */
const earliestStart = ({ notBefore }: ThreadState, loading: ReadonlyArray<Moment>): Moment =>
  loading.length < loadsAtOnce ? notBefore : later(notBefore, plus(loading.reduce(earlier), loadsAloneMillis))

const later = (a: Moment, b: Moment): Moment => a > b ? a : b

/** Starts the next incarnation of a thread. */
const start = (draft: Draft, index: number, { incarnation }: ThreadState): void => {
  draft.set(index, {
    phase: "starting",
    incarnation: incarnation + 1,
    loaded: false,
    startedAt: draft.at.now,
    readyAt: undefined,
    readyAtMillis: undefined,
    after: [],
    terminated: false
  })
  draft.command({ _tag: "Spawn", ...draft.id(index) })
}

const completeBoot = (draft: Draft): void => {
  if (!draft.booting || draft.ending !== undefined) return
  if (!draft.threads.every((thread) => thread.phase === "running" || !thread.wanted)) return
  draft.booting = false
  draft.command({ _tag: "Booted" })
  draft.threads.forEach((_, index) => prepareStandby(draft, index))
}

const completeShutdown = (draft: Draft): void => {
  const { ending, finished, threads, topology } = draft
  if (ending === undefined || finished || threads.some((thread) => isAlive(thread) && !thread.unkillable)) return
  draft.finished = true
  const terminated = topology.threads.flatMap(({ name }, index) => threads[index]?.terminated ? [name] : [])
  draft.publish({ _tag: "Stopped", atMillis: draft.at.atMillis, terminated })
  draft.command({ _tag: "Finish", outcome: ending })
}

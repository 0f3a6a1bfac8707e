/**
 * How a system begins to end. From then on no thread is wanted, so `reconcile` stops them in order.
 */
import type { Draft } from "./draft.ts"
import { explain, isAlive, type Outcome } from "./state.ts"

/** The system is to end; only the first reason counts. */
export const begin = (draft: Draft, outcome: Outcome): void => {
  if (draft.ending !== undefined) return
  draft.ending = outcome
  draft.command({ _tag: "Ending" })
  draft.publish({ _tag: "Stopping", atMillis: draft.at.atMillis, why: explain(draft.topology, outcome) })
  draft.threads.forEach((thread, index) => {
    draft.set(index, { wanted: false, recycle: false, terminated: isAlive(thread) && thread.terminated })
    if (!isAlive(thread)) close(draft, index)
  })
}

/** Messages to a thread fail from now on, because the system ends. */
export const close = (draft: Draft, index: number): void =>
  draft.command({ _tag: "Close", thread: index, why: "the system is shutting down" })

/** The system's own time to stop is over: all threads that are still alive are terminated, unless a debugger holds one. */
export const onTimeout = (draft: Draft): void => {
  const { at, threads, topology } = draft
  const isHeld = threads.some((thread, index) => isAlive(thread) && topology.threads[index]?.debugger === "pause")
  if (isHeld && at.debugging === "stands-still") return draft.command({ _tag: "ExtendShutdown" })
  threads.forEach((thread, index) => {
    if (!isAlive(thread) || thread.phase === "killing") return
    draft.publish({ _tag: "ThreadTerminated", ...draft.label(index), afterMillis: topology.shutdownTimeoutMillis })
    draft.kill(index, { terminated: true })
  })
}

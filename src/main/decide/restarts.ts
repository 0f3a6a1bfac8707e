/**
 * Whether a thread that ended comes back, when, and which others restart with it.
 */
import { clusterThread } from "../../actor/clusterActor.ts"
import { storageThread } from "../../actor/storageActor.ts"
import * as ExitCause from "../../ExitCause.ts"
import { plus } from "../../loop/monotonic.ts"
import * as RestartPolicy from "../../RestartPolicy.ts"
import type { Draft, Subject } from "./draft.ts"
import { isFirstStart } from "./removal.ts"
import * as shutdown from "./shutdown.ts"
import type { Failure } from "./state.ts"

/**
 * A restart within this time is loaded for at once, so that the back-off hides the loading. Before a longer back-off that
 * would gain nothing: it would hold memory, and miss what is repaired meanwhile.
 */
const loadAheadMillis = 1000

/** How long standby threads wait with their loading after a start, so that the messages which waited go first. */
const standByAfterMillis = 100

/**
 * A thread has ended by itself: it restarts, or its budget is spent.
 *
 * The budget is asked with the state that the thread had before it ended: it says since when the thread was ready.
 */
export const onFailedEnd = (draft: Draft, subject: Subject, failure: Failure): void => {
  const { index, spec, thread } = subject
  const { cause, fatal, wellUntil } = failure
  if (isFirstStart(draft, thread)) return shutdown.begin(draft, { _tag: "StartFailed", thread: index, cause })
  const { random } = draft.at
  const { readyAt } = thread
  const decision = RestartPolicy.decide(spec.restart, thread.history, {
    readyAt,
    wellUntil,
    failed: true,
    fatal,
    random
  })
  if (decision._tag === "Restart") restartGroup(draft, subject, decision)
  else if (decision._tag === "GiveUp") giveUp(draft, subject, decision.history, cause)
}

/** Restarts a thread after its back-off, and with it the threads that the strategy says. */
const restartGroup = (
  draft: Draft,
  { index: failed, spec: { restart } }: Subject,
  { afterMillis, history }: Extract<RestartPolicy.Decision, { readonly _tag: "Restart" }>
): void => {
  const members = groupOf(draft, failed)
  draft.set(failed, { history })
  const { failures } = history
  draft.publish({ _tag: "ThreadRestarting", ...draft.label(failed), afterMillis, failures, limit: restart.failures })
  if (afterMillis <= loadAheadMillis) draft.command({ _tag: "Prepare", thread: failed, count: 1, afterMillis: 0 })
  for (const member of members) {
    draft.set(member, {
      recycle: member !== failed && draft.threads[member]?.phase !== "idle",
      notBefore: plus(draft.at.now, afterMillis),
      after: members.filter((other) => other < member)
    })
  }
}

/**
 * The threads that restart together with a failed one: itself, itself and the later ones, or all. An instance restarts alone: its
 * declaration is one thread to the others, and still up. So do the threads of storage and cluster, which no actor depends on having
 * been there.
 */
const groupOf = ({ threads, topology: { strategy, threads: specs } }: Draft, failed: number): ReadonlyArray<number> =>
  strategy === "one-for-one" || (specs[failed]?.group.count ?? 1) > 1 || isOwn(specs[failed]?.name)
    ? [failed]
    : threads.flatMap((thread, index) =>
      thread.wanted && (strategy === "one-for-all" || index >= failed) && !isOwn(specs[index]?.name) ? [index] : []
    )

/** Whether a thread is one of heddle's own. */
const isOwn = (name: string | undefined): boolean => name === storageThread || name === clusterThread

/** The budget of a thread is spent: the system ends, or the thread stays down. */
const giveUp = (
  draft: Draft,
  { index, spec }: Subject,
  history: RestartPolicy.History,
  cause: ExitCause.ExitCause
): void => {
  const { failures } = history
  draft.set(index, { gaveUp: true, wanted: false, history })
  draft.publish({ _tag: "GaveUp", ...draft.label(index), failures, cause })
  if (spec.onGiveUp === "escalate") shutdown.begin(draft, { _tag: "GaveUp", thread: index, failures, cause })
  else {
    const why = `thread "${spec.name}" was given up (${ExitCause.format(cause)})`
    draft.command({ _tag: "Close", thread: index, why })
  }
}

/** Has the declared standby threads of a running thread loaded; never while the first threads start. */
export const prepareStandby = (draft: Draft, index: number): void => {
  const thread = draft.threads[index]
  const count = draft.topology.threads[index]?.standby ?? 0
  if (count === 0 || draft.booting || thread?.phase !== "running" || !thread.wanted) return
  draft.command({ _tag: "Prepare", thread: index, count, afterMillis: standByAfterMillis })
}

/**
 * Threads that run on one machine of a cluster: this one holds them as long as the cluster's thread lives.
 */
import { clusterThread } from "../../actor/clusterActor.ts"
import type { Draft, Subject } from "./draft.ts"

/**
 * The cluster's thread has ended, and with it what kept other machines from starting the threads that run once: none of them may live
 * here any longer. If it has ended by itself, nobody knows how much time there is: they are terminated.
 */
export const letGo = (draft: Draft, { spec }: Subject, asked: boolean): void => {
  const { cluster, threads } = draft.topology
  if (spec.name !== clusterThread || cluster === undefined || draft.ending !== undefined) return
  threads.forEach(({ group, name }, index) => {
    const thread = draft.threads[index]
    if (!cluster.once.includes(group.name) || thread === undefined) return
    draft.set(index, { wanted: false, recycle: false, retiring: undefined })
    if (thread.phase === "idle") {
      draft.command({ _tag: "Close", thread: index, why: `thread "${name}" runs on another machine of the cluster` })
    } else if (!asked && thread.phase !== "killing") draft.kill(index)
  })
}

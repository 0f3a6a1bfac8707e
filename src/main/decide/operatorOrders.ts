/**
 * What an operator may ask for. Each order changes what a thread should be; `reconcile` carries it out.
 *
 * An order forgives: the thread gets a full budget, and waits for no back-off. While the system ends, orders change nothing.
 */
import { past } from "../../loop/monotonic.ts"
import * as RestartPolicy from "../../RestartPolicy.ts"
import type { Draft } from "./draft.ts"
import { prepareStandby } from "./restarts.ts"
import type { ThreadState } from "./state.ts"

/** The thread should be down. */
export const stop = (draft: Draft, index: number): void => {
  wish(draft, index, { wanted: false, recycle: false })
  if (draft.threads[index]?.phase !== "idle") return
  draft.command({ _tag: "Close", thread: index, why: `thread "${draft.topology.threads[index]?.name}" was stopped` })
}

/** The thread should be up. */
export const start = (draft: Draft, index: number): void => {
  wish(draft, index, { wanted: true })
  if (draft.ending === undefined) draft.command({ _tag: "Expect", thread: index })
  prepareStandby(draft, index)
}

/** The thread should be up in a later incarnation than now. */
export const restart = (draft: Draft, index: number): void => {
  // An operator who asks for a restart wants the program as it is now, not one that was loaded ahead.
  if (draft.ending === undefined) draft.command({ _tag: "Discard", thread: index })
  renew(draft, index)
}

/** The same, with the spare that was loaded for it. */
export const renew = (draft: Draft, index: number): void => {
  const phase = draft.threads[index]?.phase
  wish(draft, index, {
    wanted: true,
    recycle: phase === "starting" || phase === "running",
    retiring: undefined
  })
  if (draft.ending === undefined) draft.command({ _tag: "Expect", thread: index })
}

const wish = (draft: Draft, index: number, change: Partial<ThreadState>): void => {
  if (draft.ending !== undefined) return
  draft.set(index, { ...change, gaveUp: false, notBefore: past, after: [], history: RestartPolicy.noFailures })
}

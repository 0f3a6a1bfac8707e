/**
 * How a thread is brought down that can't go on, or that has stopped.
 */
import type { ThreadSpec } from "../../control/topology.ts"
import type { Draft } from "./draft.ts"
import * as shutdown from "./shutdown.ts"
import type { Failure, Surroundings, ThreadState } from "./state.ts"

/** Takes a thread that can't go on out of routing, and terminates it. */
export const takeDown = (draft: Draft, index: number, { cause, fatal, wellUntil }: Failure): void => {
  const thread = draft.threads[index]
  const endsSystem = isFirstStart(draft, thread) && thread?.wanted === true && !thread.recycle
  draft.command({ _tag: "Lose", ...draft.id(index), cause })
  draft.kill(index, { failure: { cause, fatal, wellUntil } })
  // Before it is dead, so that nothing else starts meanwhile.
  if (endsSystem) shutdown.begin(draft, { _tag: "StartFailed", thread: index, cause })
}

/** Whether a thread is in its very first start, which is not tried again: what fails then has never worked. */
export const isFirstStart = ({ booting }: Draft, thread: ThreadState | undefined): boolean =>
  booting && thread?.incarnation === 1 && thread.readyAt === undefined

/** Whether a debugger keeps a thread from being ended for not moving: while one listens, or only while a thread stands still. */
export const isDebugged = (
  { at: { debugging } }: Draft,
  spec: ThreadSpec | undefined,
  when: Surroundings["debugging"]
): boolean => spec?.debugger === "pause" && debugging !== "no" && (when === "listens" || debugging === when)

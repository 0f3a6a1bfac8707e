/**
 * How a thread that is worn is replaced by a fresh one, though nothing is wrong with it.
 *
 * ```text
 *   Worn --> its successor loads --> its turn: Retire --> it handles no message any more --> recycle, as an operator's restart does
 *    |              |
 *    |              +--- can't be loaded: it goes on, unless it has no message left to handle
 *    +--- by its messages: Retire at once, because it starts no further one
 * ```
 */
import type { Draft, Subject } from "./draft.ts"
import type { Retiring, ThreadEvent } from "./state.ts"

/** How soon a thread that has reached its age asks again if its successor could not be loaded. */
const againMillis = 60_000

/** A thread will be worn soon: a spare is loaded meanwhile. */
export const wearing = (draft: Draft, { index, spec, thread }: Subject): void => {
  if (!thread.wanted || thread.recycle || thread.retiring !== undefined) return
  draft.command({ _tag: "Prepare", thread: index, count: Math.max(1, spec.standby), afterMillis: 0 })
}

/** A thread has run for as long as its `recycle` says. */
export const aged = (draft: Draft, subject: Subject): void => {
  const { readyAt = draft.at.now } = subject.thread
  worn(draft, subject, { why: "age", amount: draft.at.now - readyAt })
}

/** A thread has reached a limit of its `recycle`. */
export const worn = (
  draft: Draft,
  { index, thread }: Subject,
  { amount, why }: Pick<Retiring, "why" | "amount">
): void => {
  if (!thread.wanted || thread.recycle) return
  // One that retires for another reason, and now has no message left, need not wait for its turn.
  if (thread.retiring !== undefined) return why === "after" ? retire(draft, index, thread.retiring) : undefined
  draft.publish({ _tag: "ThreadRecycling", ...draft.label(index), why, amount })
  const retiring: Retiring = { why, amount, successor: "loading", asked: false, drained: false }
  draft.set(index, { retiring })
  draft.command({ _tag: "LoadSuccessor", ...draft.id(index) })
  if (why === "after") retire(draft, index, retiring)
}

/** The successor of a thread is loaded, or can't be. */
export const successor = (
  draft: Draft,
  { index, spec, thread: { retiring } }: Subject,
  { isLoaded }: ThreadEvent<"Successor">
): void => {
  if (retiring === undefined) return
  if (isLoaded || retiring.asked) {
    return draft.set(index, { retiring: { ...retiring, successor: isLoaded ? "loaded" : "failed" } })
  }
  draft.set(index, { retiring: undefined })
  const { ageMillis } = spec.recycle ?? {}
  if (ageMillis === undefined || retiring.why !== "age") return
  draft.command({ _tag: "Age", ...draft.id(index), afterMillis: Math.min(ageMillis, againMillis) })
}

/** A thread that retires handles no message any more, or has taken too long for it. */
export const retired = (draft: Draft, { index, thread: { retiring } }: Subject): void => {
  if (retiring?.asked) draft.set(index, { retiring: { ...retiring, drained: true } })
}

/** Brings all threads that are worn one step nearer to their successors. */
export const recycleThreads = (draft: Draft): void =>
  draft.threads.forEach(({ phase, recycle, retiring, wanted }, index) => {
    if (retiring === undefined || phase !== "running" || !wanted || recycle || retiring.successor === "loading") return
    if (retiring.drained) draft.set(index, { recycle: true })
    else if (!retiring.asked && isItsTurn(draft, index)) retire(draft, index, retiring)
  })

const retire = (draft: Draft, index: number, retiring: Retiring): void => {
  if (retiring.asked) return
  draft.set(index, { retiring: { ...retiring, asked: true } })
  draft.command({ _tag: "Retire", ...draft.id(index) })
}

/** All other instances of its declaration that should be up take messages. */
const isItsTurn = ({ threads, topology }: Draft, index: number): boolean =>
  threads.every(({ phase, recycle, retiring, unkillable, wanted }, other) =>
    other === index || topology.threads[other]?.group.name !== topology.threads[index]?.group.name || !wanted ||
    unkillable || (phase === "running" && !recycle && retiring?.asked !== true)
  )

/**
 * What outlives a thread of the tells that it had accepted, in shared memory: the ledger of the messages between its own
 * actors, and how many tells wait in its outboxes for each actor of the system.
 *
 * A thread that ends in order reports what it could not hand over itself. Of one that ends otherwise, main reads here how
 * many were lost: no tell is accepted and then neither delivered nor reported.
 */
import * as ledger from "./ledger.ts"
import type { Allocate } from "./memory.ts"

/** Given to a thread when it starts. */
export interface Remains {
  readonly loopback: SharedArrayBuffer
  /** One count for each actor of the system, thread by thread, in the order of the declaration. */
  readonly waiting: SharedArrayBuffer
}

/** As many actors as a system may have; only what is used takes memory. */
const mostActors = 2 ** 16

export const allocate = (allocate?: Allocate): Remains => ({
  loopback: ledger.allocate(allocate),
  waiting: allocate?.(mostActors * 4) ?? new SharedArrayBuffer(0, { maxByteLength: mostActors * 4 })
})

/** Opens the counts of `actors` actors. */
export const openWaiting = ({ waiting }: Remains, actors: number): Int32Array => {
  if (waiting.byteLength < actors * 4) waiting.grow(actors * 4)
  return new Int32Array(waiting, 0, actors)
}

/** Tells that were lost together. */
export interface Loss {
  /** The thread that was told, and the actor's position on it. */
  readonly thread: string
  readonly actor: number
  readonly count: number
  /** Whether they may have run. */
  readonly handled: "no" | "maybe"
}

/** Counts tells by actor, and whether they may have run. */
export const countLosses = (
  thread: string,
  tells: ReadonlyArray<{ readonly actor: number; readonly started: boolean }>
): ReadonlyArray<Loss> => {
  const counts = new Map<string, Loss>()
  for (const { actor, started } of tells) {
    const key = `${actor} ${started}`
    const count = (counts.get(key)?.count ?? 0) + 1
    counts.set(key, { thread, actor, count, handled: started ? "maybe" : "no" })
  }
  return Array.from(counts.values())
}

/** What a dead thread leaves: tells between its own actors, and those that waited for others. */
export const read = (
  self: string,
  remains: Remains,
  places: ReadonlyArray<{ readonly thread: string; readonly actors: ReadonlyArray<unknown> }>
): ReadonlyArray<Loss> => {
  const own = countLosses(self, ledger.outstandingTells(remains.loopback))
  const all = places.flatMap(({ actors, thread }) => actors.map((_, actor) => ({ thread, actor })))
  if (remains.waiting.byteLength === 0) return own
  const waiting = openWaiting(remains, all.length)
  return [
    ...own,
    ...all.flatMap(({ actor, thread }, index): ReadonlyArray<Loss> => {
      const count = waiting[index] ?? 0
      return count > 0 ? [{ thread, actor, count, handled: "no" }] : []
    })
  ]
}

/**
 * Asks threads what their actors handle, and keeps what they say when an actor dies, which may be the last that they say.
 */
import type { Inspection } from "../control/inspection.ts"
import type { Topology } from "../control/topology.ts"
import type { Living } from "./status.ts"

/** How long a thread may take to answer; one that is hung does not. */
const patienceMillis = 3000

/** What is known of an actor's messages on one thread. */
export interface Inspected {
  /** Nothing if the thread does not answer. */
  readonly now: Inspection | undefined
  /** What the actor said when it last died of a message. */
  readonly atDeath: Inspection["last"]
}

export type Inspections = ReturnType<typeof make>

/** Makes the inspections of a system, none at first. */
export const make = ({ threads }: Topology, living: ReadonlyMap<number, Living>) => {
  const asked = new Map<number, (inspection: Inspection | undefined) => void>()
  const deaths = new Map<string, Inspection["last"]>()
  let count = 0
  const keyOf = (thread: string, actor: string): string => `${thread}/${actor}`
  return {
    /** Asks a thread about one of its actors. */
    inspect: (thread: string, actor: string): Promise<Inspected> =>
      new Promise((resolve) => {
        const id = ++count
        const answer = (now: Inspection | undefined): void => {
          clearTimeout(late)
          asked.delete(id)
          resolve({ now, atDeath: deaths.get(keyOf(thread, actor)) ?? [] })
        }
        const late = setTimeout(() => answer(undefined), patienceMillis)
        asked.set(id, answer)
        const alive = living.get(threads.findIndex(({ name }) => name === thread))
        if (alive === undefined) answer(undefined)
        else alive.thread.post({ _tag: "Inspect", id, actor })
      }),
    /** A thread answers. */
    answered: (id: number, inspection: Inspection): void => asked.get(id)?.(inspection),
    /** An actor has died of a message. */
    died: (thread: string, actor: string, last: Inspection["last"]): void => void deaths.set(keyOf(thread, actor), last)
  }
}

/**
 * Finds deadlocks among the messages of all threads, as a pure function of what the threads say.
 *
 * A message is stuck if its handler waits for an ask that can't go on: one that runs, and is stuck itself; or one that waits for
 * a place at an actor all of whose places are taken by stuck messages.
 *
 * ```text
 *   A (1 place): handles 1 --asks--> B (1 place): handles 2 --asks--> waits for a place at A
 *                ^                                                              |
 *                +--------------------------------------------------------------+
 * ```
 */
import type { Wait, Waits } from "../control/protocol.ts"

/** What one incarnation of a thread has said. */
export interface Report extends Waits {
  readonly thread: string
  readonly incarnation: number
}

/** A message whose handler waits for an ask, and where it is. */
export interface Waiting extends Wait {
  readonly thread: string
  readonly incarnation: number
}

/** The messages that are stuck: of all that wait, the largest set in which each waits only for others of the set. */
export const stuck = (
  reports: ReadonlyArray<Report>,
  among: (waiting: Waiting) => boolean = () => true
): ReadonlyArray<Waiting> => {
  const full = new Map(reports.flatMap((report) => report.full.map(({ actor, places }) => [actor, places])))
  let set = reports.flatMap(({ incarnation, thread, waiting }) =>
    waiting.map((wait) => ({ ...wait, thread, incarnation }))
  ).filter(among)
  for (;;) {
    const running = new Set(set.map(handled))
    const held = new Map<string, number>()
    for (const { actor, holdsPlace } of set) if (holdsPlace) held.set(actor, (held.get(actor) ?? 0) + 1)
    const next = set.filter((waiting) =>
      waiting.ask.started
        ? running.has(asked(waiting))
        : full.has(waiting.ask.actor) && full.get(waiting.ask.actor) === held.get(waiting.ask.actor)
    )
    if (next.length === set.length) return set
    set = next
  }
}

/** The same message waits for the same ask. */
export const identity = ({ ask, incarnation, message, thread }: Waiting): string =>
  `${thread}#${incarnation} ${message} ${ask.id}`

/** By its slot on the link from one thread to another: the message that a handler runs, and the one that it waits for. */
const handled = ({ sender, slot, thread }: Waiting): string => `${sender} ${thread} ${slot}`
const asked = ({ ask, thread }: Waiting): string => `${thread} ${ask.thread} ${ask.slot}`

/** The ask to fail: of those that close a circle, the one that most actors wait for. And the circle. */
export const choose = (
  stuck: ReadonlyArray<Waiting>
): { readonly victim: Waiting; readonly cycle: ReadonlyArray<string> } | undefined => {
  const running = new Map(stuck.map((waiting) => [handled(waiting), waiting]))
  const places = Map.groupBy(stuck.filter(({ holdsPlace }) => holdsPlace), ({ actor }) => actor)
  const waitsFor = (waiting: Waiting): ReadonlyArray<Waiting> => {
    if (!waiting.ask.started) return places.get(waiting.ask.actor) ?? []
    const one = running.get(asked(waiting))
    return one === undefined ? [] : [one]
  }
  for (const victim of stuck.filter(({ ask }) => !ask.started).toSorted((a, b) => b.ask.depth - a.ask.depth)) {
    const way = wayTo(victim, waitsFor)
    if (way !== undefined) return { victim, cycle: [...way.map(({ actor }) => actor), victim.ask.actor] }
  }
  return undefined
}

/** The shortest way from what a message waits for back to itself. */
const wayTo = (
  goal: Waiting,
  waitsFor: (waiting: Waiting) => ReadonlyArray<Waiting>
): ReadonlyArray<Waiting> | undefined => {
  const seen = new Set<Waiting>()
  let ways = waitsFor(goal).map((first) => [first])
  while (ways.length > 0) {
    const longer: typeof ways = []
    for (const way of ways) {
      const last = way.at(-1)
      if (last === goal) return way
      if (last === undefined || seen.has(last)) continue
      seen.add(last)
      for (const next of waitsFor(last)) if (!seen.has(next)) longer.push([...way, next])
    }
    ways = longer
  }
  return undefined
}

/**
 * Finds deadlocks among the messages of all threads, as a pure function of what the threads report.
 *
 * A message is stuck if its handler waits for an ask that can't go on: either that ask runs, and is stuck itself; or it waits
 * for a place at an actor all of whose places are taken by stuck messages. Each key of a keyed actor has places of its own.
 *
 * ```text
 *   A (1 place): handles 1 --asks--> B (1 place): handles 2 --asks--> waits for a place at A
 *                ^                                                              |
 *                +--------------------------------------------------------------+
 * ```
 */
import { named } from "../base/keyName.ts"
import type { Wait, Waits } from "../control/protocol.ts"

/** What one incarnation of a thread has reported. */
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
  const full = new Map(reports.flatMap((report) => report.full.map((one) => [placeOf(one), one.places])))
  let set = reports.flatMap(({ incarnation, thread, waiting }) =>
    waiting.map((wait) => ({ ...wait, thread, incarnation }))
  ).filter(among)
  for (;;) {
    const running = new Set(set.map(handled))
    const held = new Map<string, number>()
    for (const one of set) if (one.holdsPlace) held.set(placeOf(one), (held.get(placeOf(one)) ?? 0) + 1)
    const next = set.filter((waiting) => {
      if (waiting.ask.started) return running.has(asked(waiting))
      const place = placeOf(waiting.ask)
      return full.has(place) && full.get(place) === held.get(place)
    })
    if (next.length === set.length) return set
    set = next
  }
}

/** Whose places are meant: an actor's, or those of one of its keys. Unlike a name, it has the whole key. */
const placeOf = ({ actor, key }: Pick<Wait, "actor" | "key">): string => key === undefined ? actor : `${actor}/${key}`

/** The same message waits for the same ask. */
export const identity = ({ ask, incarnation, message, thread }: Waiting): string =>
  `${thread}#${incarnation} ${message} ${ask.id}`

/** By its slot on the link from one thread to another: the message that a handler runs, and the one that it waits for. */
const handled = ({ sender, slot, thread }: Waiting): string => `${sender} ${thread} ${slot}`
const asked = ({ ask, thread }: Waiting): string => `${thread} ${ask.thread} ${ask.slot}`

/** An ask to fail, and the actors of the circle that it closes. */
export interface Closing {
  readonly waiting: Waiting
  readonly cycle: ReadonlyArray<string>
}

/**
 * The asks to fail: all that wait for a place and are part of a circle, the one that most actors wait for first.
 *
 * **Details**
 * - An ask that has started fails when the handler that it waits for does.
 * - A message outside of the circles that waits for one of them is not failed: it goes on once they are broken.
 */
export const closing = (stuck: ReadonlyArray<Waiting>): ReadonlyArray<Closing> => {
  const running = new Map(stuck.map((waiting) => [handled(waiting), [waiting]]))
  const places = Map.groupBy(stuck.filter(({ holdsPlace }) => holdsPlace), placeOf)
  const waitsFor = (waiting: Waiting): ReadonlyArray<Waiting> =>
    (waiting.ask.started ? running.get(asked(waiting)) : places.get(placeOf(waiting.ask))) ?? nobody
  return stuck.filter(({ ask }) => !ask.started).toSorted((a, b) => b.ask.depth - a.ask.depth).flatMap((waiting) => {
    const way = wayTo(waiting, waitsFor)
    return way.length === 0 ? [] : [{ waiting, cycle: [...way, named(waiting.ask.actor, waiting.ask.key)] }]
  })
}

const nobody: ReadonlyArray<Waiting> = []

/** The actors on the shortest way from what a message waits for back to that message; none if there is no such way. */
const wayTo = (goal: Waiting, waitsFor: (waiting: Waiting) => ReadonlyArray<Waiting>): ReadonlyArray<string> => {
  const before = new Map<Waiting, Waiting | undefined>()
  const queue: Array<Waiting> = []
  // Messages that wait for the same actor wait for the same list.
  const seen = new Set<ReadonlyArray<Waiting>>()
  const add = (list: ReadonlyArray<Waiting>, from: Waiting | undefined): void => {
    if (seen.has(list)) return
    seen.add(list)
    for (const waiting of list) {
      if (before.has(waiting)) continue
      before.set(waiting, from)
      queue.push(waiting)
    }
  }
  add(waitsFor(goal), undefined)
  for (const waiting of queue) {
    if (waiting === goal) return back(goal, before)
    add(waitsFor(waiting), waiting)
  }
  return []
}

const back = (goal: Waiting, before: ReadonlyMap<Waiting, Waiting | undefined>): ReadonlyArray<string> => {
  const way: Array<string> = []
  for (let at: Waiting | undefined = goal; at !== undefined; at = before.get(at)) way.unshift(named(at.actor, at.key))
  return way
}

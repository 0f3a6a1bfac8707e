/**
 * Finds deadlocks among the messages of all threads, as a pure function of what the threads report.
 *
 * A message is stuck if all asks that its handler waits for can't go on: either that ask runs, and is stuck itself; or it waits
 * for a place at an actor, or a key, all of whose places are taken by stuck messages; of an actor that has several instances, at
 * each of them.
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
  /** Where it holds a place. */
  readonly place: string
  /** The places that its ask waits for: one of them would do. */
  readonly needs: ReadonlyArray<string>
}

/** The places of an actor on one thread, or of one of its keys. */
const placeOf = (thread: string, { actor, key = "" }: { readonly actor: string; readonly key?: string }): string =>
  `${thread} ${actor} ${key}`

const waitingIn = ({ incarnation, thread, waiting }: Report): ReadonlyArray<Waiting> =>
  waiting.map((wait) => ({
    ...wait,
    thread,
    incarnation,
    place: placeOf(thread, wait),
    needs: wait.ask.candidates.map((candidate) => placeOf(candidate, wait.ask))
  }))

/** The messages that are stuck: of all that wait, the largest set in which each waits only for others of the set. */
export const stuck = (
  reports: ReadonlyArray<Report>,
  among: (waiting: Waiting) => boolean = () => true
): ReadonlyArray<Waiting> => {
  const full = new Map(
    reports.flatMap((report) => report.full.map((of) => [placeOf(report.thread, of), of.places]))
  )
  const all = reports.flatMap(waitingIn)
  let set = without(all, all.filter((waiting) => !among(waiting)))
  for (;;) {
    const running = new Set(set.map(handled))
    const held = Map.groupBy(set.filter(({ holdsPlace }) => holdsPlace), ({ place }) => place)
    const taken = new Set(
      Array.from(held.keys()).filter((place) => countMessages(held.get(place)) === full.get(place))
    )
    const next = without(
      set,
      set.filter(({ ask, needs, thread }) =>
        !(ask.started ? running.has(asked({ ask, thread })) : needs.every((place) => taken.has(place)))
      )
    )
    if (next.length === set.length) return set
    set = next
  }
}

/** Those of other messages: one that waits for several asks goes on if one of them does. */
const without = (all: ReadonlyArray<Waiting>, those: ReadonlyArray<Waiting>): ReadonlyArray<Waiting> => {
  const messages = new Set(those.map(handled))
  return messages.size === 0 ? all : all.filter((waiting) => !messages.has(handled(waiting)))
}

const countMessages = (waiting: ReadonlyArray<Waiting> = []): number => new Set(waiting.map(handled)).size

/** The same message waits for the same ask. */
export const identity = ({ ask, incarnation, message, thread }: Waiting): string =>
  `${thread}#${incarnation} ${message} ${ask.id}`

/** By its slot on the link from one thread to another: the message that a handler runs, and the one that it waits for. */
const handled = ({ sender, slot, thread }: Waiting): string => `${sender} ${thread} ${slot}`
const asked = ({ ask, thread }: Pick<Waiting, "ask" | "thread">): string => `${thread} ${ask.thread} ${ask.slot}`

/** An ask to fail, and the actors of the circle that it closes, with their keys. */
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
  const running = Map.groupBy(stuck, handled)
  const places = Map.groupBy(stuck.filter(({ holdsPlace }) => holdsPlace), ({ place }) => place)
  const waitsFor = (waiting: Waiting): ReadonlyArray<ReadonlyArray<Waiting>> =>
    waiting.ask.started
      ? [running.get(asked(waiting)) ?? nobody]
      : waiting.needs.map((place) => places.get(place) ?? nobody)
  return stuck.filter(({ ask }) => !ask.started).toSorted((a, b) => b.ask.depth - a.ask.depth).flatMap((waiting) => {
    const way = wayTo(waiting, waitsFor)
    return way.length === 0 ? [] : [{ waiting, cycle: [...way, nameOf(waiting.ask)] }]
  })
}

const nobody: ReadonlyArray<Waiting> = []
const nameOf = ({ actor, key }: Pick<Wait, "actor" | "key">): string => named(actor, key)

/** The actors on the shortest way from what a message waits for back to that message; none if there is no such way. */
const wayTo = (
  goal: Waiting,
  waitsFor: (waiting: Waiting) => ReadonlyArray<ReadonlyArray<Waiting>>
): ReadonlyArray<string> => {
  const before = new Map<Waiting, Waiting | undefined>()
  const queue: Array<Waiting> = []
  // Messages that wait for the same place wait for the same list.
  const seen = new Set<ReadonlyArray<Waiting>>()
  const add = (lists: ReadonlyArray<ReadonlyArray<Waiting>>, from: Waiting | undefined): void => {
    for (const list of lists) {
      if (seen.has(list)) continue
      seen.add(list)
      for (const waiting of list) {
        if (before.has(waiting)) continue
        before.set(waiting, from)
        queue.push(waiting)
      }
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
  for (let at: Waiting | undefined = goal; at !== undefined; at = before.get(at)) way.unshift(nameOf(at))
  return way
}

/**
 * Sees which handlers of this thread wait for which asks, and whether that blocks an actor: all its places are taken by handlers
 * that wait for asks, and more messages wait. That may be a deadlock, which only the supervisor can tell: it asks all threads. Each
 * key of a keyed actor has places of its own.
 */
import type * as Fiber from "effect/Fiber"
import type { Wait, Waits } from "../control/protocol.ts"
import type { Outgoing } from "../link/outgoing.ts"
import type { After } from "../loop/timeouts.ts"
import * as keyMessages from "../wire/keyMessages.ts"
import * as blockedWatch from "./blockedWatch.ts"
import type { Endpoint } from "./endpoint.ts"
import type { InFlight, InFlightMessage } from "./inFlight.ts"
import { KeyedMailbox } from "./keyedMailbox.ts"

/**
 * Makes the view of a thread's waits. It has no state but the numbers that it has given to messages, by which the supervisor names
 * them later. `onBlocked` is called when an actor has been blocked for a while.
 */
export const make = (options: {
  readonly endpoint: Endpoint
  readonly inFlight: InFlight
  readonly after: After
  /** With all handlers that wait for asks, those of other actors among them. */
  readonly onBlocked: (waits: Waits) => void
}) => {
  const { inFlight, endpoint } = options
  const ids = new WeakMap<object, number>()
  let last = 0
  const idOf = (one: object): number => {
    let id = ids.get(one)
    if (id === undefined) ids.set(one, id = ++last)
    return id
  }

  const report = (): Waits => {
    const all = waitersOf(endpoint, inFlight)
    return { full: fullOf(endpoint, all), waiting: all.map(toWait) }
  }

  const toWait = ({ ask: { actor, message, started, thread }, at, running }: Waiter): Wait => ({
    message: idOf(running.delivery),
    ...at,
    holdsPlace: running.delivery.holdsPlace,
    sender: running.delivery.sender,
    slot: running.delivery.request[1],
    ask: {
      id: idOf(message),
      actor,
      key: message.key,
      thread,
      slot: message.slot,
      started,
      depth: message.chain.length
    }
  })

  /** The asks for which something has to wait that is not started. */
  const blocked = (): ReadonlySet<Outgoing> => {
    if (!endpoint.hosts.some(mayBlock) && !endpoint.isQueueing()) return noAsk
    return blockingOf(endpoint, waitersOf(endpoint, inFlight))
  }

  endpoint.watchQueues(
    blockedWatch.make({ blocked, after: options.after, onBlocked: () => options.onBlocked(report()) })
  )

  return {
    report,
    /** Takes back the asks of a deadlock, unless they have started or were given up since; returns what fails them. */
    takeBack(asks: ReadonlyArray<{ readonly id: number; readonly cycle: ReadonlyArray<string> }>): () => void {
      const cycles = new Map(asks.map(({ cycle, id }) => [id, cycle]))
      const taken = endpoint.asks().flatMap(({ message, started }) => {
        const cycle = cycles.get(ids.get(message) ?? 0)
        return cycle === undefined || started ? [] : [message.onDeadlock(cycle)]
      })
      return () => taken.forEach((fail) => fail())
    }
  }
}

export type HostWaits = ReturnType<typeof make>

/** What a thread says that hosts nothing yet. */
export const none: Waits = { waiting: [], full: [] }

type Asked = ReturnType<Endpoint["asks"]>[number]
const noAsk: ReadonlySet<Outgoing> = new Set()

/** A handler that waits for an ask, and where it runs. */
interface Waiter {
  readonly running: InFlightMessage
  readonly ask: Asked
  readonly at: Pick<Wait, "actor" | "key">
}

/** The handlers that wait for an ask, and that ask. Nothing is known of the fibers that a handler has forked. */
const waitersOf = (endpoint: Endpoint, inFlight: InFlight): ReadonlyArray<Waiter> => {
  const asks = new Map<Fiber.Fiber<unknown, unknown>, Asked>()
  for (const ask of endpoint.asks()) if (ask.message.fiber !== undefined) asks.set(ask.message.fiber, ask)
  if (asks.size === 0) return []
  const running = inFlight.all(({ fiber }) => asks.has(fiber)).toSorted((a, b) => a.actor - b.actor)
  return running.flatMap((running): ReadonlyArray<Waiter> => {
    const ask = asks.get(running.fiber)
    const at = { actor: endpoint.hosts[running.actor]?.name ?? "", key: running.key }
    return ask === undefined || endsByItself(at, ask) ? [] : [{ running, ask, at }]
  })
}

/** The asks of handlers that take all places of an actor or a key for which messages wait, and those that wait at their sender. */
const blockingOf = (endpoint: Endpoint, all: ReadonlyArray<Waiter>): ReadonlySet<Outgoing> => {
  const blocking = Array.from(Map.groupBy(all, placeOf).values()).flatMap((waiters) => {
    const [first] = waiters
    const places = first && placesAt(endpoint, first.running)
    const held = waiters.filter(({ running }) => running.delivery.holdsPlace).length
    const isBlocked = places !== undefined && places.waiting > 0 && places.taken === held
    return waiters.filter(({ ask: { message } }) => message.slot < 0 || isBlocked)
  })
  return new Set(blocking.map(({ ask }) => ask.message))
}

/** Handlers of one actor have the same places, or those of one key. */
const placeOf = ({ at: { actor, key } }: Waiter): string => key === undefined ? actor : `${actor}/${key}`

/** Something may wait there for a place. */
const mayBlock = ({ mailbox }: Endpoint["hosts"][number]): boolean =>
  mailbox.size() > 0 && (mailbox instanceof KeyedMailbox || mailbox.isFull())

/** A stop interrupts what it waits for when its time is over, unless that is what waits for it. */
const endsByItself = ({ actor, key }: Waiter["at"], { actor: asked, message }: Asked): boolean =>
  message.key !== undefined && keyMessages.isStop(message) && (asked !== actor || message.key !== key)

/** The places where a message is handled, if all are taken. */
const placesAt = (
  { hosts }: Endpoint,
  { actor, key }: InFlightMessage
): { readonly taken: number; readonly waiting: number } | undefined => {
  const mailbox = hosts[actor]?.mailbox
  if (!(mailbox instanceof KeyedMailbox)) {
    return mailbox?.isFull() === true ? { taken: mailbox.running(), waiting: mailbox.size() } : undefined
  }
  const lane = mailbox.find(key ?? "")
  return lane !== undefined && lane.places > 0 && lane.running >= lane.places
    ? { taken: lane.running, waiting: lane.size }
    : undefined
}

/** The actors and keys that have no place left, of those at which handlers wait. */
const fullOf = (endpoint: Endpoint, all: ReadonlyArray<Waiter>): Waits["full"] =>
  Array.from(Map.groupBy(all, placeOf).values()).flatMap(([first]) => {
    // A message that waits for an instance may still go to another one, unless its key says to which it goes.
    if (first === undefined || (endpoint.isInstance && first.at.key === undefined)) return []
    const places = placesAt(endpoint, first.running)
    return places === undefined ? [] : [{ ...first.at, places: places.taken }]
  })

/**
 * Sees which handlers of this thread wait for which asks, and whether that blocks an actor or a key: all its places are taken by handlers
 * that wait for asks, and more messages wait. That may be a deadlock, which only the supervisor can tell: it asks all threads.
 */
import type { Wait, Waits } from "../control/protocol.ts"
import type { Outgoing } from "../link/outgoing.ts"
import type { After } from "../loop/timeouts.ts"
import * as blockedWatch from "./blockedWatch.ts"
import type { Endpoint } from "./endpoint.ts"
import type { InFlight } from "./inFlight.ts"
import { byPlace, type Waiting, waitingOn } from "./waiting.ts"

/**
 * Makes the view of a thread's waits. It has no state but the numbers that it has given to messages, by which the supervisor names
 * them later. `onBlocked` is called when an actor or a key has been blocked for a while.
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
    const all = waitingOn(endpoint, inFlight)
    return { full: byPlace(all).flatMap((here) => full(endpoint, here)), waiting: all.map(waitOf) }
  }

  const waitOf = ({ actor, ask, by, holdsPlace, key, sender, slot }: Waiting): Wait => ({
    message: idOf(by),
    actor: endpoint.hosts[actor]?.name ?? "",
    ...keyOf(key),
    holdsPlace,
    sender,
    slot,
    ask: {
      id: idOf(ask.message),
      actor: ask.actor,
      ...keyOf(ask.message.key),
      thread: ask.thread,
      candidates: ask.candidates,
      slot: ask.message.slot,
      started: ask.started,
      depth: ask.message.chain.length
    }
  })

  /** The asks for which something has to wait that is not started. */
  const blocked = (): ReadonlySet<Outgoing> => {
    if (!endpoint.hosts.some(({ mailbox }) => mailbox.size() > 0) && !endpoint.isQueueing()) return noAsk
    return new Set(
      byPlace(waitingOn(endpoint, inFlight)).flatMap((here) => {
        const asks = here.map(({ ask: { message } }) => message)
        return isBlocked(endpoint, here) ? asks : asks.filter(({ slot }) => slot < 0)
      })
    )
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

/** A handler that waits for nothing. */
const noAsk: ReadonlySet<Outgoing> = new Set()

const keyOf = (key: string | undefined): { readonly key?: string } => key === undefined ? {} : { key }

/** How many places an actor or a key has if none is free, and how many messages wait for one. What is being built has one place. */
const crowdOf = ({ hosts }: Endpoint, here: ReadonlyArray<Waiting>) => {
  const [first] = here
  const mailbox = first && hosts[first.actor]?.mailbox
  if (mailbox === undefined) return { taken: 0, waiting: 0 }
  const { taken, waiting } = mailbox.crowd(first?.key)
  return { taken: first?.isBuild === true ? 1 : taken, waiting }
}

/** The places of some handlers, if no other one of their actor or key is free. */
const full = (endpoint: Endpoint, here: ReadonlyArray<Waiting>): Waits["full"] => {
  const [first] = here
  const host = first && endpoint.hosts[first.actor]
  const places = crowdOf(endpoint, here).taken
  if (first === undefined || host === undefined || places === 0) return []
  return [{ actor: host.name, ...keyOf(first.key), places }]
}

/** Whether a message waits for a place of an actor or a key, all of which are held by handlers that wait. */
const isBlocked = (endpoint: Endpoint, here: ReadonlyArray<Waiting>): boolean => {
  const { taken, waiting } = crowdOf(endpoint, here)
  const held = new Set(here.filter(({ holdsPlace }) => holdsPlace).map(({ by }) => by))
  return waiting > 0 && taken > 0 && taken === held.size
}

/**
 * Sees which handlers of this thread wait for which asks, and whether that blocks an actor: all its places are taken by handlers
 * that wait for asks, and more messages wait. That may be a deadlock, which only the supervisor can tell: it asks all threads.
 */
import type * as Fiber from "effect/Fiber"
import type { Wait, Waits } from "../control/protocol.ts"
import type { Outgoing } from "../link/outgoing.ts"
import type { After } from "../loop/timeouts.ts"
import * as blockedWatch from "./blockedWatch.ts"
import type { Endpoint } from "./endpoint.ts"
import type { InFlight, InFlightMessage } from "./inFlight.ts"

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

  /** The handlers that wait for an ask, and that ask. Nothing is known of the fibers that a handler has forked. */
  const waiting = (): ReadonlyArray<readonly [InFlightMessage, Asked]> => {
    const all = endpoint.hosts.flatMap((_, actor) => inFlight.of(actor))
    if (all.length === 0) return []
    const asks = new Map<Fiber.Fiber<unknown, unknown>, Asked>()
    for (const ask of endpoint.asks()) if (ask.message.fiber !== undefined) asks.set(ask.message.fiber, ask)
    return all.flatMap((running): ReadonlyArray<readonly [InFlightMessage, Asked]> => {
      const ask = asks.get(running.fiber)
      return ask === undefined ? [] : [[running, ask]]
    })
  }

  const report = (): Waits => ({
    // A message that waits for an instance may still go to another one, so instances are never judged.
    full: endpoint.isInstance ?
      [] :
      endpoint.hosts.flatMap(({ mailbox, name }) =>
        mailbox.isFull() ? [{ actor: name, places: mailbox.running() }] : []
      ),
    waiting: waiting().map(([running, { actor, message, started, thread }]): Wait => ({
      message: idOf(running.delivery),
      actor: endpoint.hosts[running.actor]?.name ?? "",
      holdsPlace: running.delivery.holdsPlace,
      sender: running.delivery.sender,
      slot: running.delivery.request[1],
      ask: { id: idOf(message), actor, thread, slot: message.slot, started, depth: message.chain.length }
    }))
  })

  /** The asks for which something has to wait that is not started. */
  const blocked = (): ReadonlySet<Outgoing> => {
    const full = endpoint.hosts.flatMap(({ mailbox }, actor) => mailbox.isFull() && mailbox.size() > 0 ? [actor] : [])
    if (full.length === 0 && !endpoint.isQueueing()) return noAsk
    const all = waiting()
    const held = (actor: number): number =>
      all.filter(([running]) => running.actor === actor && running.delivery.holdsPlace).length
    const isBlocked = new Set(full.filter((actor) => endpoint.hosts[actor]?.mailbox.running() === held(actor)))
    const blocking = all.filter(([{ actor }, { message }]) => message.slot < 0 || isBlocked.has(actor))
    return new Set(blocking.map(([, { message }]) => message))
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

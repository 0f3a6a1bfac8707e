/**
 * Sees when an actor of this thread is blocked: all its places are taken by handlers that wait for asks, and more messages wait.
 * That may be a deadlock, which only the supervisor can say, who hears from all threads.
 *
 * It costs nothing while no message has to wait for a place, and a look a message that has.
 */
import type * as Fiber from "effect/Fiber"
import type { Wait, Waits } from "../control/protocol.ts"
import type { Outgoing } from "../link/outgoing.ts"
import type { After } from "../loop/timeouts.ts"
import type { Endpoint } from "./endpoint.ts"
import type { InFlight, InFlightMessage } from "./inFlight.ts"

/** An actor that is busy is not looked at for each message that waits; one that is still blocked at the next look may be stuck. */
const firstLookMillis = 4
const nextLookMillis = 4

export const make = (options: {
  readonly endpoint: Endpoint
  readonly inFlight: InFlight
  readonly after: After
  readonly onBlocked: () => void
}) => {
  const { after, inFlight, endpoint } = options
  const ids = new WeakMap<object, number>()
  let last = 0
  const idOf = (one: object): number => {
    let id = ids.get(one)
    if (id === undefined) ids.set(one, id = ++last)
    return id
  }

  /** The handlers that wait for an ask, and that ask. Nothing is known of the fibers that a handler has forked. */
  const waiting = (): ReadonlyArray<readonly [InFlightMessage, Asked]> => {
    const held = endpoint.hosts.flatMap((_, actor) => inFlight.of(actor))
    if (held.length === 0) return []
    const asks = new Map<Fiber.Fiber<unknown, unknown>, Asked>()
    for (const ask of endpoint.asks()) if (ask.message.fiber !== undefined) asks.set(ask.message.fiber, ask)
    return held.flatMap((hand): ReadonlyArray<readonly [InFlightMessage, Asked]> => {
      const ask = asks.get(hand.fiber)
      return ask === undefined ? [] : [[hand, ask]]
    })
  }

  const report = (): Waits => ({
    // A message that waits for an instance may still go to another one, so instances are never judged.
    full: endpoint.isInstance ?
      [] :
      endpoint.hosts.flatMap(({ mailbox, name }) =>
        mailbox.isFull() ? [{ actor: name, places: mailbox.running() }] : []
      ),
    waiting: waiting().map(([hand, { actor, message, started, thread }]): Wait => ({
      message: idOf(hand.delivery),
      actor: endpoint.hosts[hand.actor]?.name ?? "",
      holdsPlace: hand.delivery.holdsPlace,
      sender: hand.delivery.sender,
      slot: hand.delivery.request[1],
      ask: { id: idOf(message), actor, thread, slot: message.slot, started, depth: message.chain.length }
    }))
  })

  /** The asks for which something has to wait that is not started. */
  const blocked = (): ReadonlySet<Outgoing> => {
    const full = endpoint.hosts.flatMap(({ mailbox }, actor) => mailbox.isFull() && mailbox.size() > 0 ? [actor] : [])
    if (full.length === 0 && !endpoint.isQueueing()) return noAsk
    const all = waiting()
    const held = (actor: number): number =>
      all.filter(([hand]) => hand.actor === actor && hand.delivery.holdsPlace).length
    const isBlocked = new Set(full.filter((actor) => endpoint.hosts[actor]?.mailbox.running() === held(actor)))
    const blocking = all.filter(([{ actor }, { message }]) => message.slot < 0 || isBlocked.has(actor))
    return new Set(blocking.map(([, { message }]) => message))
  }

  let armed = false
  let againArmed = false
  const arm = (): void => {
    if (armed) againArmed = true
    else {
      armed = true
      after(firstLookMillis, { onDue: look })
    }
  }
  const look = (): void => {
    const before = blocked()
    if (before.size > 0) after(nextLookMillis, { onDue: () => lookAgain(before) })
    else rest()
  }
  const lookAgain = (before: ReadonlySet<Outgoing>): void => {
    const now = blocked()
    if (Array.from(now).some((ask) => before.has(ask))) options.onBlocked()
    rest()
  }
  const rest = (): void => {
    armed = false
    if (!againArmed) return
    againArmed = false
    arm()
  }
  endpoint.watchQueues(arm)

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

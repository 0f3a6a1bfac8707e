/**
 * The handlers of a thread that wait for asks, and the layers and keys that wait for one while they are built.
 */
import * as Context from "effect/Context"
import type * as Fiber from "effect/Fiber"
import type { Ask } from "../link/asks.ts"
import { CallChain } from "../link/callers.ts"
import { isStop } from "../wire/keyMessages.ts"
import * as branches from "./branches.ts"
import type { Endpoint } from "./endpoint.ts"
import type { InFlight, InFlightMessage } from "./inFlight.ts"

type AnyFiber = Fiber.Fiber<unknown, unknown>

/** A handler that waits for an ask, among others if it has branches; or what is built and waits for one. */
export interface Waiting {
  /** The message, or what builds. */
  readonly by: object
  readonly actor: number
  /** The key that handles it, or is built. */
  readonly key: string | undefined
  readonly isBuild: boolean
  readonly holdsPlace: boolean
  readonly sender: string
  readonly slot: number
  readonly ask: Ask
}

/** Those of each actor, and of each key, together. */
export const byPlace = (all: ReadonlyArray<Waiting>): ReadonlyArray<ReadonlyArray<Waiting>> =>
  Array.from(Map.groupBy(all, ({ actor, key }) => `${actor} ${key ?? ""}`).values())

/**
 * Lists what waits: handlers for an ask of their own, or for those of all their branches; layers and keys for an ask of their own.
 * Nothing is known of other fibers that a handler has forked.
 */
export const waitingOn = (endpoint: Endpoint, inFlight: InFlight): ReadonlyArray<Waiting> => {
  const asks = asksOf(endpoint)
  return asks.size === 0 ? [] : [...handlers(endpoint, inFlight, asks), ...builds(endpoint, asks)]
}

/** The asks by the fibers that wait for them and do nothing else. */
const asksOf = (endpoint: Endpoint): ReadonlyMap<AnyFiber, Ask> =>
  new Map(
    endpoint.asks().flatMap((ask): ReadonlyArray<readonly [AnyFiber, Ask]> =>
      ask.message.fiber === undefined ? [] : [[ask.message.fiber, ask]]
    )
  )

/** A stop interrupts what it waits for when its time is over, unless that is what waits for it. */
const endsByItself = (actor: string | undefined, key: string | undefined, { actor: asked, message }: Ask): boolean =>
  message.key !== undefined && isStop(message) && (asked !== actor || message.key !== key)

/** The handlers that run, each with the asks that it waits for. */
const handlers = (
  { hosts }: Endpoint,
  inFlight: InFlight,
  asks: ReadonlyMap<AnyFiber, Ask>
): ReadonlyArray<Waiting> => {
  const byCallers = Map.groupBy(asks.keys(), ({ context }) => Context.get(context, CallChain))
  const waitingFor = ({ delivery: { callers }, fiber }: InFlightMessage): ReadonlyArray<AnyFiber> => {
    if (asks.has(fiber)) return [fiber]
    const fibers = callers && byCallers.get(callers)
    return callers !== undefined && fibers !== undefined && branches.areAll(callers, fibers) ? fibers : []
  }
  const waiting = ({ actor, delivery, key }: InFlightMessage, fiber: AnyFiber): ReadonlyArray<Waiting> => {
    const ask = asks.get(fiber)
    if (ask === undefined || endsByItself(hosts[actor]?.name, key, ask)) return []
    const { holdsPlace, request, sender } = delivery
    return [{ by: delivery, actor, key, isBuild: false, holdsPlace, sender, slot: request[1], ask }]
  }
  return inFlight.all(({ delivery, fiber }) => asks.has(fiber) || delivery.callers !== undefined).toSorted((a, b) =>
    a.actor - b.actor
  )
    .flatMap((running) => waitingFor(running).flatMap((fiber) => waiting(running, fiber)))
}

/** The layers of actors, and the keys, that wait while they are built: what is sent to them waits until that is over. */
const builds = ({ building, hosts }: Endpoint, asks: ReadonlyMap<AnyFiber, Ask>): ReadonlyArray<Waiting> => {
  const waiting = (fiber: AnyFiber, actor: number, key: string | undefined): ReadonlyArray<Waiting> => {
    const ask = asks.get(fiber)
    return ask === undefined
      ? []
      : [{ by: fiber, actor, key, isBuild: true, holdsPlace: true, sender: "", slot: fiber.id, ask }]
  }
  const layers = building.all().flatMap(([fiber, { actor }]) =>
    actor === undefined || hosts[actor]?.isKeyed === true ? [] : waiting(fiber, actor, undefined)
  )
  const keys = hosts.flatMap(({ mailbox }, actor) =>
    mailbox.isKeyed
      ? Array.from(mailbox.crowded()).flatMap(({ holder, key }) =>
        holder?.state === "opening" && holder.fiber !== undefined ? waiting(holder.fiber, actor, key) : []
      )
      : []
  )
  return [...layers, ...keys]
}

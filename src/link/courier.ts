/**
 * Hands messages that the storage holds, or that came from another machine, to their actors, in the form in which they were
 * written, and returns what becomes of them.
 */
import * as Context from "effect/Context"
import type * as Actor from "../Actor.ts"
import type { SystemEvent } from "../SystemEvent.ts"
import { type Envelope, noChain, type SpanRef } from "../wire/frame.ts"
import { cloned } from "../wire/valueFormat.ts"
import type { Destination } from "./group.ts"
import { Outgoing, type Settlement } from "./outgoing.ts"
import * as parcels from "./parcel.ts"
import type { Parcel } from "./parcel.ts"
import type { Place } from "./place.ts"

import { placeOf } from "./rendezvous.ts"

export type { Parcel } from "./parcel.ts"

/** Hands messages over, for the storage. */
export interface Courier {
  /** The actors that this thread's import of the declaration knows, by name. */
  readonly actors: ReadonlyMap<string, Actor.Any>
  /** Sends a message, which waits for its actor if need be. `onSettled` is called exactly once. False: there is no such actor. */
  readonly send: (parcel: Parcel) => boolean
  /** Whether an actor runs now, on one of its instances; of one that may be on another machine nobody knows, so it counts as running. */
  readonly isRunning: (actor: string) => boolean
  /** Makes an event known to the system. */
  readonly publish: (event: SystemEvent) => void
}

/** The courier of a thread, in the context of its layers. */
export const Courier = Context.Service<Courier>("heddle/Courier")

/** A message of the cluster that is to be handed over. */
export interface Carried extends Omit<Parcel, "delivered" | "sender" | "headers"> {
  readonly kind: "ask" | "tell"
  readonly span: SpanRef | null
  readonly envelope: Envelope | undefined
  /** The thread that it is for, if it is not for a key. */
  readonly thread?: string
  /** A tell has a place in a mailbox, or will get one. */
  readonly onAccepted: () => void
}

/** Takes a message back, or interrupts its handler: says whether that may have started. `onSettled` is not called any more. */
export type TakeBack = () => "no" | "maybe"

/** Hands messages over, for the cluster. */
export interface Carrier {
  /** The actors that this thread's import of the declaration knows, by name. */
  readonly actors: ReadonlyMap<string, Actor.Any>
  /** The threads that host an actor. */
  readonly threadsOf: (actor: string) => ReadonlyArray<string>
  /** Sends a message. Nothing: there is no such actor. */
  readonly carry: (carried: Carried) => TakeBack | undefined
}

/** The carrier of the cluster's thread, in the context of its layers. */
export const Carrier = Context.Service<Carrier>("heddle/Carrier")

/** Makes the courier of a thread. Its arguments are those of its clients. */
export const make = (options: {
  readonly publish: (event: SystemEvent) => void
  readonly places: ReadonlyArray<Place>
  readonly destination: (place: Place) => Destination | undefined
  readonly instance: (thread: string) => Destination | undefined
  readonly clients: () => Context.Context<never>
}): Courier & Carrier => {
  const { clients, destination, instance, places, publish } = options
  const actors = new Map<string, Actor.Any>()
  const routes = new Map<string, Route>()
  for (const place of places) {
    for (const [index, actor] of place.actors.entries()) {
      if (routes.has(actor.actorName) || !("protocol" in actor)) continue
      actors.set(actor.actorName, actor)
      const threads = place.group === undefined
        ? [place.thread]
        : places.filter(({ group }) => group === place.group).map(({ thread }) => thread)
      const ofKey = (key: string): Destination | undefined => {
        const thread = threads[placeOf(key, threads.length)]
        return thread === undefined ? undefined : instance(thread)
      }
      const isRemote = place.remote?.includes(actor.actorName) === true
      const isKeyed = actor.keys !== undefined
      routes.set(actor.actorName, {
        index,
        threads,
        isRemote,
        to: isKeyed ? ofKey : () => destination(place),
        isRunning: () =>
          isRemote || (isKeyed
            ? threads.some((thread) => instance(thread)?.isRunning(index) === true)
            : destination(place)?.isRunning(index) === true)
      })
    }
  }
  return {
    actors,
    publish,
    isRunning: (actor) => routes.get(actor)?.isRunning() === true,
    send(parcel) {
      const route = routes.get(parcel.actor)
      if (route?.isRemote === true) {
        parcels.sendAway(clients(), parcel)
        return true
      }
      const outbox = route?.to(parcel.key)
      if (route === undefined || outbox === undefined) return false
      const isKeyed = actors.get(parcel.actor)?.keys !== undefined
      const { delivered, headers, sender } = parcel
      const envelope: Envelope = [sender, headers, delivered]
      outbox.send(new Sent({ ...parcel, ...untraced, envelope }, route.index, isKeyed ? parcel.key : undefined))
      return true
    },
    threadsOf: (actor) => routes.get(actor)?.threads ?? [],
    carry(carried) {
      const route = routes.get(carried.actor)
      const outbox = carried.thread === undefined ? route?.to(carried.key) : instance(carried.thread)
      if (route === undefined || outbox === undefined) return undefined
      const isForKey = actors.get(carried.actor)?.keys !== undefined && carried.thread === undefined
      const sent = new Sent(carried, route.index, isForKey ? carried.key : undefined)
      outbox.send(sent)
      return () => outbox.cancel(sent)
    }
  }
}

/** Where the messages of an actor go. */
interface Route {
  readonly index: number
  readonly threads: ReadonlyArray<string>
  /** It may be on another machine. */
  readonly isRemote: boolean
  readonly isRunning: () => boolean
  readonly to: (key: string) => Destination | undefined
}

/** What the storage sends is part of no trace, and nobody waits for its place in a mailbox. */
const untraced = { kind: "ask", span: null, onAccepted: (): void => {} } as const

/** A message on its way. It has no time limit of its own: it ends with its handler, with its actor, or when it is taken back. */
class Sent extends Outgoing {
  private readonly carried: Carried

  constructor(carried: Carried, index: number, key: string | undefined) {
    const { envelope, kind, span, tag, value } = carried
    super(kind, index, tag, { value, transfer: [], format: cloned, copies: [] }, noChain, span, envelope, key)
    this.carried = carried
  }

  onSettled(settlement: Settlement): void {
    this.carried.onSettled(settlement)
  }

  onAccepted(): void {
    this.carried.onAccepted()
  }

  onChunk(): void {}

  /** No actor waits for it, so it is part of no circle. */
  onDeadlock(): () => void {
    return () => {}
  }
}

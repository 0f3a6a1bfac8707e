/**
 * Hands messages that the storage holds to their actors, in the form in which they were stored, and returns what becomes of them.
 */
import * as Context from "effect/Context"
import type * as Actor from "../Actor.ts"
import type { SystemEvent } from "../SystemEvent.ts"
import type { Delivered } from "../wire/durable.ts"
import { noChain } from "../wire/frame.ts"
import { cloned } from "../wire/valueFormat.ts"
import type { Destination } from "./group.ts"
import { Outgoing, type Settlement } from "./outgoing.ts"
import type { Place } from "./place.ts"
import { placeOf } from "./rendezvous.ts"

/** A message that is to be handed over. */
export interface Parcel {
  readonly actor: string
  readonly tag: string
  /** The key that it is for; empty unless its actor is keyed. */
  readonly key: string
  /** Its payload as it crosses a link. */
  readonly value: unknown
  readonly sender: string
  readonly headers: Readonly<Record<string, string>>
  readonly delivered: Delivered
  readonly onSettled: (settlement: Settlement) => void
}

/** Hands messages over, for the storage. */
export interface Courier {
  /** The actors that this thread's import of the declaration knows, by name. */
  readonly actors: ReadonlyMap<string, Actor.Any>
  /** Sends a message, which waits for its actor if need be. `onSettled` is called exactly once. False: there is no such actor. */
  readonly send: (parcel: Parcel) => boolean
  /** Whether an actor runs now, on one of its instances. */
  readonly isRunning: (actor: string) => boolean
  /** Makes an event known to the system. */
  readonly publish: (event: SystemEvent) => void
}

/** The way to an actor, which has a place among those of its thread. */
interface Route {
  readonly index: number
  readonly to: (key: string) => Destination | undefined
  readonly isRunning: () => boolean
}

/** The courier of a thread, in the context of its layers. */
export const Courier = Context.Service<Courier>("heddle/Courier")

/** Makes the courier of a thread. Its arguments are those of its clients. */
export const make = (options: {
  readonly publish: (event: SystemEvent) => void
  readonly places: ReadonlyArray<Place>
  readonly destination: (place: Place) => Destination | undefined
  readonly instance: (thread: string) => Destination | undefined
}): Courier => {
  const { destination, instance, places, publish } = options
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
      routes.set(
        actor.actorName,
        actor.keys === undefined
          ? { index, to: () => destination(place), isRunning: () => destination(place)?.isRunning(index) === true }
          : {
            index,
            to: ofKey,
            isRunning: () => threads.some((thread) => instance(thread)?.isRunning(index) === true)
          }
      )
    }
  }
  return {
    actors,
    publish,
    isRunning: (actor) => routes.get(actor)?.isRunning() === true,
    send(parcel) {
      const route = routes.get(parcel.actor)
      const outbox = route?.to(parcel.key)
      if (route === undefined || outbox === undefined) return false
      const isKeyed = actors.get(parcel.actor)?.keys !== undefined
      outbox.send(new Sent(parcel, route.index, isKeyed ? parcel.key : undefined))
      return true
    }
  }
}

/** A message on its way from the storage. It has no time limit: it ends with its handler, or with its actor. */
class Sent extends Outgoing {
  private readonly parcel: Parcel

  constructor(parcel: Parcel, index: number, key: string | undefined) {
    const { delivered, headers, sender, tag, value } = parcel
    super("ask", index, tag, { value, transfer: [], format: cloned }, noChain, null, [sender, headers, delivered], key)
    this.parcel = parcel
  }

  onSettled(settlement: Settlement): void {
    this.parcel.onSettled(settlement)
  }

  onAccepted(): void {}

  onChunk(): void {}

  /** No actor waits for it, so it is part of no circle. */
  onDeadlock(): () => void {
    return () => {}
  }
}

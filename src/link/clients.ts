/**
 * The clients of all actors of the system, as one thread uses them.
 */
import type * as Actor from "../Actor.ts"
import * as ActorError from "../ActorError.ts"
import { loaded } from "../loop/once.ts"
import type { After } from "../loop/timeouts.ts"
import type { Building } from "./building.ts"
import * as client from "./client.ts"
import type { Extras } from "./extras.ts"
import type { Destination } from "./group.ts"
import type { Target } from "./method.ts"
import type { Origin } from "./middleware.ts"
import type { Place } from "./place.ts"

/**
 * Makes the client of each actor, by the key of its service.
 *
 * **Details**
 * - All instances of an actor have one client, which sends to the least busy of them.
 * - An actor of which this thread knows the name only has no client here: no code of the thread can use it.
 */
export const make = (options: {
  readonly places: ReadonlyArray<Place>
  /** Actors that this thread's import has, and no thread hosts. */
  readonly strangers: ReadonlyArray<Actor.Any>
  /** The outbox to a place, or to all instances that it is one of. */
  readonly destination: (place: Place) => Destination | undefined
  /** The outbox to one thread, even if it is one of several instances. */
  readonly instance: (thread: string) => Destination | undefined
  readonly building: Building
  readonly after: After
  /** The names of all actors. */
  readonly known: ReadonlyArray<string>
  readonly origin: Origin
  /** How the clients of keyed actors are made, if there are any. */
  readonly keyed: Extras["keyed"]
}): ReadonlyMap<string, unknown> => {
  const { building, known } = options

  const targetOf = (outbox: Destination, { group, thread }: Place, actor: number): Target => ({
    outbox,
    actor,
    obstacle(fiber, key) {
      // Another instance may be up.
      const why = group === undefined ? building.obstacle(fiber, thread, actor, key) : undefined
      return why === undefined ? undefined : new ActorError.NotRunning({ why, known })
    }
  })

  /** A keyed actor has a target for each instance of its thread: the key says which one. */
  const targetsOf = ({ group, thread }: Place, actor: number): ReadonlyArray<Target> =>
    (group === undefined
      ? [thread]
      : options.places.filter((place) => place.group === group).map(({ thread }) => thread))
      .flatMap((thread) => {
        const outbox = options.instance(thread)
        return outbox === undefined ? [] : [targetOf(outbox, { thread, actors: [] }, actor)]
      })

  const clientOf = (actor: Actor.Any, place: Place | undefined, index: number): [string, unknown] => {
    const { actorName, key, keys } = actor
    const remote = place?.remote?.includes(actorName) === true
    if (keys !== undefined) {
      const { makeClient } = loaded(options.keyed, "keyed actors")
      return [key, makeClient(actor, keys, place === undefined ? [] : targetsOf(place, index), options, remote)]
    }
    const outbox = place && options.destination(place)
    return [key, client.make(actor, outbox && place && targetOf(outbox, place, index), options, remote)]
  }

  return new Map([
    ...options.places.flatMap((place) =>
      place.actors.flatMap((actor, index): ReadonlyArray<[string, unknown]> =>
        "protocol" in actor ? [clientOf(actor, place, index)] : []
      )
    ),
    ...options.strangers.map((actor) => clientOf(actor, undefined, -1))
  ])
}

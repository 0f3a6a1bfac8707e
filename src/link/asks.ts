/**
 * The asks of a thread that are not answered, and the threads that may handle them.
 */
import type { Group } from "./group.ts"
import type { Outgoing } from "./outgoing.ts"
import type { Peer } from "./peer.ts"
import type { Place } from "./place.ts"

/** An ask that is not answered. */
export interface Ask {
  readonly message: Outgoing
  readonly started: boolean
  /** The actor that is asked. */
  readonly actor: string
  /** The thread that it was sent to; any instance of it while it waits in front of several. */
  readonly thread: string
  /** The threads that may handle it while it has not started. */
  readonly candidates: ReadonlyArray<string>
}

/** Lists the asks in all outboxes of a thread, and those that wait in front of several instances. */
export const list = (
  places: ReadonlyArray<Place>,
  peers: ReadonlyMap<string, Peer>,
  groups: ReadonlyMap<string | undefined, Group>
): ReadonlyArray<Ask> => {
  const members = Map.groupBy(places, ({ group }) => group)
  const threadsOf = (group: string): ReadonlyArray<string> => members.get(group)?.map(({ thread }) => thread) ?? []
  const lister = ({ actors, group, thread }: Place) => {
    const one = [thread]
    const any = group === undefined ? one : threadsOf(group)
    return (message: Outgoing, started: boolean): Ask => ({
      message,
      started,
      thread,
      actor: actors[message.actor]?.actorName ?? "",
      // A key has one place among the instances.
      candidates: message.key === undefined ? any : one
    })
  }
  const sent = places.flatMap((place) => {
    const asks = peers.get(place.thread)?.outbox.asks() ?? []
    const listed = lister(place)
    return asks.map(({ message, started }) => listed(message, started))
  })
  const waiting = Array.from(groups).flatMap(([name, group]) => {
    const [first] = members.get(name) ?? []
    const listed = first && lister(first)
    return listed === undefined ? [] : group.asks().map((message) => listed(message, false))
  })
  return [...sent, ...waiting]
}

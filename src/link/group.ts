/**
 * The outboxes to several instances of a thread, as a client sees them: as one.
 */
import type * as ActorError from "../ActorError.ts"
import type { After } from "../loop/timeouts.ts"
import { Instances } from "./instances.ts"
import type { Outbox } from "./outbox.ts"
import type { Outgoing } from "./outgoing.ts"
import type { Place } from "./place.ts"

/** Where a client sends its messages: the outbox to a thread, or those to several instances. */
export type Destination =
  & Pick<Outbox, "send" | "trySend" | "cancel" | "pull" | "isRunning" | "hasRun" | "mayBeLocal">
  & {
    /** The message was for an actor of this thread. */
    readonly isLocal: (message: Outgoing) => boolean
    /** It stands for several instances. */
    readonly isGroup: boolean
  }

/** The outboxes to all instances, as a client and its thread use them. */
export interface Group extends Destination {
  /** This thread ends: what waits is settled now. */
  readonly abandon: (reason: ActorError.Reason) => void
  /** The asks that wait for a place at any instance. */
  readonly asks: () => ReadonlyArray<Outgoing>
}

/**
 * Makes one destination of the outboxes to several instances.
 *
 * **Details**
 * - All instances host the same actors, in the same order. Each actor has a queue in front of all of them
 *   ([instances.ts](instances.ts)), which is made when the actor gets its first message.
 * - `after`: the timers of the thread. `onQueued` is called for each ask that has to wait.
 * - A message knows the instance that it was given to: cancel and pull go there.
 */
export const make = (outboxes: ReadonlyArray<Outbox>, after: After, onQueued = (): void => {}): Group => {
  const queues: Array<Instances> = []
  const queueOf = (actor: number): Instances => queues[actor] ??= new Instances(actor, members, after, onQueued)
  const outboxOf = (message: Outgoing): Outbox | undefined => outboxes[message.instance]

  const members = outboxes.map((outbox) =>
    outbox.join({
      onChange: () => queues.forEach((queue) => queue.onChange()),
      onPlace: (actor) => queues[actor]?.onPlace(),
      onReturned: (actor, messages) => queueOf(actor).onReturned(messages)
    })
  )

  return {
    send: (message) => queueOf(message.actor).send(message),
    trySend: (message) => queueOf(message.actor).trySend(message),
    cancel(message) {
      if (message.slot >= 0) return outboxOf(message)?.cancel(message) ?? "maybe"
      message.cancelled = true
      queueOf(message.actor).remove(message)
      return message.mayHaveRun(true)
    },
    pull: (message, count, read) => outboxOf(message)?.pull(message, count, read),
    isRunning: (actor) => outboxes.some((outbox) => outbox.isRunning(actor)),
    hasRun: (actor) => outboxes.some((outbox) => outbox.hasRun(actor)),
    isLocal: (message) => outboxOf(message)?.isLocal() ?? false,
    mayBeLocal: outboxes.some(({ mayBeLocal }) => mayBeLocal),
    isGroup: true,
    abandon: (reason) => queues.forEach((queue) => queue.dismiss(reason)),
    // Of an actor that has got no message yet there is no queue.
    asks: () => queues.flatMap((queue) => queue.asks())
  }
}

/** Makes those of all threads that have several instances, by the name of their declaration. */
export const makeAll = (
  places: ReadonlyArray<Place>,
  outboxOf: (thread: string) => Outbox | undefined,
  after: After,
  onQueued: () => void
): ReadonlyMap<string | undefined, Group> =>
  new Map(
    Array.from(
      Map.groupBy(places.filter(({ group }) => group !== undefined), ({ group }) => group),
      ([name, instances]) => [name, make(instances.flatMap(({ thread }) => outboxOf(thread) ?? []), after, onQueued)]
    )
  )

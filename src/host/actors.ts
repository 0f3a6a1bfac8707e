/**
 * The actors of one thread: loaded and built in their order, stopped in the reverse.
 */
import * as Effect from "effect/Effect"
import type * as Actor from "../Actor.ts"
import type { Mailboxes } from "../control/protocol.ts"
import { inFlatContext } from "./flatContext.ts"
import type { Failure, HostContext, Stop } from "./hostContext.ts"
import * as instance from "./instance.ts"

/** The actors of one incarnation of a thread. */
export interface Actors {
  /** Builds all; fails with the first that can't be built. */
  readonly start: Effect.Effect<Mailboxes, Failure>
  /** Completes when an actor that had started can't go on. */
  readonly failed: Effect.Effect<Failure>
  /** Stops all that have started; of the time to drain each gets its part. */
  readonly stop: (how: Stop) => Effect.Effect<void>
}

/** Imports the modules that implement the actors; nothing is built yet. */
export const load = (
  lazies: ReadonlyArray<Actor.Lazy<unknown, unknown>>
): Effect.Effect<ReadonlyArray<instance.Implemented>, Failure> => Effect.forEach(lazies, instance.load)

/** Makes the actors of a thread. None is built before `start`; those that have started are stopped by `stop`, the last one first. */
export const make = (host: HostContext, implemented: ReadonlyArray<instance.Implemented>): Actors => {
  const started: Array<instance.Instance> = []
  return {
    // The context is given once for all actors: to merge contexts is to copy them, and it has the clients of all actors.
    start: Effect.gen(function*() {
      for (const [index, one] of implemented.entries()) {
        const actor = yield* instance.start(host, index, one)
        started.push(actor)
        yield* actor.ready
      }
      return host.endpoint.selfReady()
    }).pipe(inFlatContext, Effect.provideContext(host.services)),
    failed: Effect.suspend(() => Effect.raceAllFirst(started.map((actor) => actor.failed))),
    stop: ({ drainMillis, ...how }) => {
      const part = { ...how, drainMillis: drainMillis / Math.max(1, started.length) }
      return Effect.forEach(started.toReversed(), (actor) => actor.stop(part), { discard: true })
    }
  }
}

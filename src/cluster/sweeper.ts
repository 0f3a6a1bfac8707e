/**
 * Closes the keys of this machine that it holds no longer.
 */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type { Membership } from "../actor/membership.ts"
import type { Carrier } from "../link/courier.ts"
import * as delivery from "./delivery.ts"
import * as places from "./places.ts"

/** Parts that are given up within this time are swept together. */
const togetherMillis = 5

/** How long a thread may take to say which keys are awake, and a key to close; then its thread is restarted. */
const awakeMillis = 2000
const stopMillis = 5000

/** How many keys are closed at a time. */
const atOnce = 64

/** Makes what closes keys. */
export const make = (
  carrier: Carrier,
  { restart, spec }: Pick<Membership, "restart" | "spec">
) => {
  let waiting = new Map<string, Deferred.Deferred<void>>()

  /** Closes the awake keys of the parts that are wanted. */
  const sweep = Effect.fnUntraced(function*(isWanted: (part: string) => boolean) {
    for (const actor of spec.spread) {
      const keys = yield* delivery.awake(carrier, actor, awakeMillis)
      const ended = yield* Effect.forEach(
        keys.filter((key) => isWanted(places.ofKey(key))),
        (key) => delivery.stopKey(carrier, actor, key, stopMillis),
        { concurrency: atOnce }
      )
      if (ended.every((one) => one)) continue
      yield* Effect.logWarning(`keys of ${actor} did not close within ${stopMillis} ms; its threads are restarted`)
      yield* Effect.forEach(carrier.threadsOf(actor), restart, { discard: true }).pipe(Effect.ignore)
    }
  })

  const sweepWaiting = Effect.gen(function*() {
    yield* Effect.sleep(togetherMillis)
    const batch = waiting
    waiting = new Map()
    yield* sweep((part) => batch.has(part)).pipe(
      Effect.ensuring(Effect.sync(() => batch.forEach((done) => Deferred.doneUnsafe(done, Exit.void))))
    )
  })

  return {
    /** Closes all keys that are awake. */
    all: sweep(() => true),
    /** Closes those of a part. */
    close: (part: string): Effect.Effect<void> =>
      Effect.suspend(() => {
        const known = waiting.get(part)
        if (known !== undefined) return Deferred.await(known)
        const isFirst = waiting.size === 0
        const done = Deferred.makeUnsafe<void>()
        waiting.set(part, done)
        return isFirst ? Effect.andThen(sweepWaiting, Deferred.await(done)) : Deferred.await(done)
      })
  }
}

export type Sweeper = ReturnType<typeof make>

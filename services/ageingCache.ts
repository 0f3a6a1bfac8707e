/**
 * A cache whose entries age by the monotonic clock. Those of Effect's `Cache` expire by the wall clock: set back by an
 * hour, it would keep each entry an hour longer.
 */
import * as Cache from "effect/Cache"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Monotonic from "./monotonic.ts"

interface Known<A, E> {
  readonly exit: Exit.Exit<A, E>
  readonly staleAt: Monotonic.Moment
}

/**
 * Makes a cache; the result looks a key up.
 *
 * **Details**
 * - `millisToLive`: for how long the answer or the failure of a lookup is kept; 0 for not at all. Those who ask for the
 *   same key during a lookup share it.
 * - `capacity`: from this number of keys on, the one that nobody has asked for longest is forgotten.
 */
export const make = <Key, A, E, R>(
  lookup: (key: Key) => Effect.Effect<A, E, R>,
  options: { readonly capacity: number; readonly millisToLive: (exit: Exit.Exit<A, E>) => number }
): Effect.Effect<(key: Key) => Effect.Effect<A, E>, never, R> => {
  const look = Effect.fnUntraced(function*(key: Key) {
    const exit = yield* Effect.exit(lookup(key))
    const known: Known<A, E> = { exit, staleAt: Monotonic.plus(yield* Monotonic.now, options.millisToLive(exit)) }
    return known
  })
  const timeToLive = (looked: Exit.Exit<Known<A, E>>) =>
    Exit.isSuccess(looked) && options.millisToLive(looked.value.exit) > 0 ? "Infinity" : 0
  return Effect.map(
    Cache.makeWith(look, { capacity: options.capacity, timeToLive }),
    (cache) =>
      Effect.fnUntraced(function*(key: Key) {
        const known = yield* Cache.getSuccess(cache, key)
        if (Option.isSome(known) && known.value.staleAt <= (yield* Monotonic.now)) {
          yield* Cache.invalidateWhen(cache, key, (other) => other === known.value)
        }
        const { exit } = yield* Cache.get(cache, key)
        return yield* exit
      })
  )
}

/** Runs the effect at most once in `millis`, and gives everybody who asks meanwhile what came of it. */
export const shared = <A, E, R>(
  effect: Effect.Effect<A, E, R>,
  millis: number
): Effect.Effect<Effect.Effect<A, E>, never, R> =>
  Effect.map(make(() => effect, { capacity: 1, millisToLive: () => millis }), (get) => get("only"))

/**
 * Fencing tokens: numbers that grow with each holding of a place, by which a resource can refuse who has held it before.
 */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import type { SqlError } from "effect/sql/SqlError"

/** How soon it is tried again to get one. A machine whose session has ended leaves meanwhile. */
const again = Schedule.spaced("100 millis")

/**
 * Makes what gives tokens to places, until the scope closes. Places that this machine gets at the same time have the same one: `next` is
 * asked once all of them are held, and nobody else has held one of them in between.
 */
export const make = Effect.fnUntraced(function*(next: Effect.Effect<number, SqlError>) {
  const scope = yield* Effect.scope
  let waiting: Deferred.Deferred<number> | undefined
  return Effect.suspend((): Effect.Effect<number> => {
    if (waiting !== undefined) return Deferred.await(waiting)
    const own = Deferred.makeUnsafe<number>()
    waiting = own
    const asked = Effect.suspend(() => {
      waiting = undefined
      return Effect.orDie(Effect.retry(next, { schedule: again }))
    })
    return Effect.yieldNow.pipe(
      Effect.andThen(asked),
      Deferred.into(own),
      Effect.forkIn(scope),
      Effect.andThen(Deferred.await(own))
    )
  })
})

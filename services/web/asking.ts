/** Asks the other services, again and again, and puts their silence in words. */
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { Actor } from "heddle"
import type { ActorError } from "heddle/ActorError"
import { type Check, within } from "heddle/Dashboard"

/** What came of an ask; `why` says why there is no value. */
export type Answer<A> = { readonly value: A; readonly why: null } | { readonly value: null; readonly why: string }

/** How long an actor has to answer. */
export const askLimit = "500 millis"

/** Asks within `limit` and puts silence in words. */
export const answered = (who: string, limit: Duration.Input) => <A>(ask: Effect.Effect<A, ActorError>) =>
  Effect.match(within(who, limit)(ask), {
    onSuccess: (value): Answer<A> => ({ value, why: null }),
    onFailure: ({ detail }): Answer<A> => ({ value: null, why: detail })
  })

/** The last answer of an actor that is asked once a second, and whether it did answer: one that is stuck is noticed here. */
export interface Asked<A> {
  readonly last: () => Answer<A>
  readonly check: () => Check
}

/** Asks an actor once a second for as long as the dashboard lives. */
export const keepAsking = <A>(actor: string, ask: Effect.Effect<A, ActorError>) =>
  Effect.gen(function*() {
    let last: Answer<A> = { value: null, why: `${actor} was not asked yet` }
    yield* answered(actor, askLimit)(ask).pipe(
      Effect.map((answer) => {
        last = answer
      }),
      Effect.andThen(Effect.sleep("1 second")),
      Effect.forever,
      Actor.background
    )
    const asked: Asked<A> = {
      last: () => last,
      check: () => ({ name: actor, actor, ok: last.why === null, detail: last.why ?? "ok" })
    }
    return asked
  })

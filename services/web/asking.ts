/**
 * Asks other actors with a short limit, so that a sick one costs this server a wait it can afford and no more.
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { ActorError } from "heddle/ActorError"

/** Somebody this server asked did not answer, or not in time. Asking again later is fine; `detail` says who and why. */
export class Unavailable extends Schema.TaggedError<Unavailable>()("Unavailable", {
  detail: Schema.String
}, { httpApiStatus: 503 }) {
  override get message(): string {
    return this.detail
  }
}

/** Turns silence within `limit` and each `ActorError` into `Unavailable`; declared errors pass. */
export const within = (who: string, limit: Duration.Input) => <A, E, R>(ask: Effect.Effect<A, E | ActorError, R>) =>
  ask.pipe(
    Effect.timeoutOrElse({
      duration: limit,
      orElse: () => Effect.fail(new Unavailable({ detail: `${who} did not answer within ${describe(limit)}` }))
    }),
    Effect.catchIf(isActorError, (error) => Effect.fail(new Unavailable({ detail: error.message })))
  )

/** What came of an ask; `why` says why there is no value. */
export type Answer<A> = { readonly value: A; readonly why: null } | { readonly value: null; readonly why: string }

/** Asks within `limit` and puts silence in words. */
export const answered = (who: string, limit: Duration.Input) => <A>(ask: Effect.Effect<A, ActorError>) =>
  Effect.match(within(who, limit)(ask), {
    onSuccess: (value): Answer<A> => ({ value, why: null }),
    onFailure: ({ detail }): Answer<A> => ({ value: null, why: detail })
  })

const isActorError = (error: unknown): error is ActorError =>
  typeof error === "object" && error !== null && "_tag" in error && error._tag === "ActorError"

const describe = (limit: Duration.Input): string => `${Duration.toMillis(Duration.fromInputUnsafe(limit))} ms`

/**
 * Asks other actors with a short limit, so that a sick one costs the server a wait that it can afford and no more.
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { ActorError } from "../ActorError.ts"

/**
 * Somebody whom the server asked did not answer, or not in time; status 503. Asking again later is fine; `detail` says who and
 * why.
 *
 * @since 0.1.0
 * @category errors
 */
export class Unavailable extends Schema.TaggedError<Unavailable>()("Unavailable", {
  detail: Schema.String
}, { httpApiStatus: 503 }) {
  override get message(): string {
    return this.detail
  }
}

/**
 * Turns silence within `limit` and each `ActorError` into `Unavailable`; declared errors pass. `who` names whom the effect asks.
 *
 * @since 0.1.0
 * @category asking
 */
export const within = (who: string, limit: Duration.Input) => <A, E, R>(ask: Effect.Effect<A, E | ActorError, R>) =>
  ask.pipe(
    Effect.timeoutOrElse({
      duration: limit,
      orElse: () => Effect.fail(new Unavailable({ detail: `${who} did not answer within ${describe(limit)}` }))
    }),
    Effect.catchIf(isActorError, (error) => Effect.fail(new Unavailable({ detail: error.message })))
  )

const isActorError = (error: unknown): error is ActorError =>
  typeof error === "object" && error !== null && "_tag" in error && error._tag === "ActorError"

const describe = (limit: Duration.Input): string => `${Duration.toMillis(Duration.fromInputUnsafe(limit))} ms`

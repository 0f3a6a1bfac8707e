/**
 * The dead letters of the storage: durable messages whose retries are spent.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { storageThread } from "../actor/storageActor.ts"
import { Actors } from "../control/actors.ts"
import * as deadLetters from "../socket/deadLetters.ts"
import { type Failed, LetterView } from "../socket/request.ts"
import { CallFailed, hasProtocol } from "./directory.ts"

/** Those that are kept; `isKept` is false in a system without storage. */
export const Letters = Schema.Struct({ isKept: Schema.Boolean, letters: Schema.Array(LetterView) })
export type Letters = typeof Letters.Type

/** Which dead letters are meant: of these numbers, of an actor, or all. */
export const Selection = Schema.Struct({
  actor: Schema.NullOr(Schema.String),
  numbers: Schema.NullOr(Schema.Array(Schema.Number))
})
type Selection = typeof Selection.Type

/** What the dashboard does with dead letters. */
export interface LetterBox {
  readonly list: Effect.Effect<Letters, CallFailed>
  /** Has them run again; completes with how many. */
  readonly repeat: (selection: Selection) => Effect.Effect<number, CallFailed>
  /** Forgets them; completes with how many. */
  readonly drop: (selection: Selection) => Effect.Effect<number, CallFailed>
}

/** The latest so many. */
const limit = 100

const asked = <A>(effect: Effect.Effect<A, Failed>): Effect.Effect<A, CallFailed> =>
  Effect.mapError(effect, ({ kind, message }) => new CallFailed({ kind, message }))

/** Finds the storage of the system. */
export const make: Effect.Effect<LetterBox> = Effect.contextWith((context: Context.Context<never>) => {
  const places = Context.getOrElse(context, Actors, () => [])
  const isKept = places.some(({ thread }) => thread === storageThread)
  const stored: deadLetters.Stored = {
    topology: {
      storage: isKept ? {} : undefined,
      threads: places.map(({ actors }) => ({ actors: actors.filter(hasProtocol).map((actor) => ({ actor })) }))
    },
    running: { services: context }
  }
  return Effect.succeed({
    list: isKept
      ? Effect.map(asked(deadLetters.list(stored, { actor: null, limit })), (letters) => ({ isKept, letters }))
      : Effect.succeed({ isKept, letters: [] }),
    repeat: (selection) => asked(deadLetters.repeat(stored, selection)),
    drop: (selection) => asked(deadLetters.drop(stored, selection))
  })
})

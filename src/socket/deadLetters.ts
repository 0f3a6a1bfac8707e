/**
 * The dead letters of a system's storage, for those outside.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as Actor from "../Actor.ts"
import { storageActor, type StoredLetter } from "../actor/storageActor.ts"
import * as codec from "../wire/codec.ts"
import * as json from "../wire/json.ts"
import * as stored from "../wire/stored.ts"
import { CodecIssue } from "../wire/translator.ts"
import { type Failed, failed, type LetterView } from "./request.ts"

/** A system that may have a storage, and the clients of its actors. */
export interface Stored {
  readonly topology: {
    readonly storage?: object | undefined
    readonly threads: ReadonlyArray<{ readonly actors: ReadonlyArray<{ readonly actor: Actor.Any }> }>
  }
  readonly running: { readonly services: Context.Context<never> }
}

/** Which dead letters are meant. */
interface Selection {
  readonly actor: string | null
  readonly numbers: ReadonlyArray<number> | null
}

/** The client of the storage. */
const storageOf = ({ running, topology }: Stored) =>
  topology.storage === undefined
    ? Effect.fail(failed("wrong", "the system declares no storage, so it has no durable messages"))
    : Effect.succeed(Context.getUnsafe(running.services, storageActor()))

const refused = ({ message }: { readonly message: string }): Failed => failed("refused", message)

/** The latest dead letters, with their payloads as JSON. */
export const list = Effect.fnUntraced(function*(
  operated: Stored,
  given: { readonly actor: string | null; readonly limit: number }
): Effect.fn.Return<ReadonlyArray<LetterView>, Failed> {
  const storage = yield* storageOf(operated)
  const actors = new Map(
    operated.topology.threads.flatMap(({ actors }) => actors.map(({ actor }) => [actor.actorName, actor]))
  )
  const letters = yield* Effect.mapError(storage.DeadLetters({ ...given, numbers: null }), refused)
  return letters.map((letter) => viewOf(letter, actors.get(letter.actor)))
})

/** Has dead letters run again. */
export const repeat = (operated: Stored, selection: Selection) =>
  Effect.flatMap(
    storageOf(operated),
    (storage) =>
      Effect.flatMap(Effect.mapError(storage.Repeat(selection), refused), (found) => checked(selection, found))
  )

/** Forgets dead letters. */
export const drop = (operated: Stored, selection: Selection) =>
  Effect.flatMap(
    storageOf(operated),
    (storage) => Effect.flatMap(Effect.mapError(storage.Drop(selection), refused), (found) => checked(selection, found))
  )

/** Of numbers that name no dead letter it says which; the others were taken. */
const checked = ({ numbers }: Selection, found: ReadonlyArray<number>): Effect.Effect<number, Failed> => {
  const missing = numbers?.filter((number) => !found.includes(number)) ?? []
  if (missing.length === 0) return Effect.succeed(found.length)
  const others = found.length === 0 ? "" : ` The others (${found.join(", ")}) were.`
  return Effect.fail(failed("wrong", `there is no dead letter ${missing.join(", ")}.${others}`))
}

const viewOf = (letter: StoredLetter, actor: Actor.Any | undefined): LetterView => {
  const { form: _form, payload: _payload, ...view } = letter
  const shown = payloadOf(letter, actor)
  return { ...view, ...shown === undefined ? {} : { payload: shown } }
}

/** What a message said, what is redacted masked; nothing if it does not fit its schema any more. */
const payloadOf = ({ form, message, payload }: StoredLetter, actor: Actor.Any | undefined): unknown => {
  const rpc = actor?.protocol.requests.get(message)
  const read = stored.read(payload, form)
  if (rpc === undefined || read instanceof CodecIssue) return undefined
  const value = codec.make(new Map([[message, rpc]])).get(message)?.payload.decode(read.value)
  if (value === undefined || value instanceof CodecIssue) return undefined
  const shown = json.make(rpc)?.showPayload(value)
  return shown === undefined || shown instanceof CodecIssue ? undefined : shown.json
}

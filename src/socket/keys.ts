/**
 * The keys of keyed actors, for those outside of the process: how they are, and orders to one of them.
 */
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type * as Actor from "../Actor.ts"
import * as ActorError from "../ActorError.ts"
import * as keyMessages from "../wire/keyMessages.ts"
import { actorOf, keyOf, type Reachable } from "./calls.ts"
import { type Failed, failed } from "./request.ts"

/** A key as a person has written it. */
export interface Named {
  readonly actor: string
  readonly key: string
}

/** All keys of an actor of which anything is known, and the machines that don't say. */
export const list = Effect.fnUntraced(function*(operated: Reachable, name: string) {
  const actor = yield* keyedActor(operated, name)
  const client = clientOf(operated.running.services, actor)
  if (client === undefined) return yield* unreachable(name)
  return yield* Effect.orDie(decode(yield* Effect.mapError(client["~keys"], failedOf)))
})

/** Opens a key, or closes it for good. */
export const order = Effect.fnUntraced(function*(operated: Reachable, what: "wake" | "stop", named: Named) {
  const actor = yield* keyedActor(operated, named.actor)
  const client = clientOf(operated.running.services, actor)
  const key = yield* keyOf(named.actor, actor.keys, named.key)
  if (client === undefined) return yield* unreachable(named.actor)
  yield* Effect.mapError(client[what](key), failedOf)
  return {}
})

const decode = Schema.decodeUnknownEffect(Schema.Array(Schema.Union([keyMessages.KeyView, keyMessages.Missing])))

const unreachable = (actor: string): Effect.Effect<never, Failed> =>
  Effect.fail(failed("refused", `${actor} can't be reached from here`))

/** Finds a keyed actor. */
const keyedActor = (operated: Reachable, name: string) =>
  Effect.flatMap(actorOf(operated, { actor: name }), (actor) =>
    isKeyed(actor)
      ? Effect.succeed(actor)
      : Effect.fail(failed("wrong", `${name} is not keyed: it has no keys`)))

type KeyedActor = Actor.Any & { readonly keys: NonNullable<Actor.Any["keys"]> }

const isKeyed = (actor: Actor.Any): actor is KeyedActor => actor.keys !== undefined

/** What a keyed actor's client has besides the clients of its keys. */
interface Client extends Pick<Actor.KeyedClient<unknown, unknown, never>, "wake" | "stop"> {
  readonly "~keys": Effect.Effect<unknown, unknown>
}

const clientOf = (services: Context.Context<never>, { key }: Actor.Any): Client | undefined => {
  const client: unknown = services.mapUnsafe.get(key)
  return isClient(client) ? client : undefined
}

const isClient = (client: unknown): client is Client =>
  typeof client === "object" && client !== null && "~keys" in client && "wake" in client && "stop" in client

/** The order could not be carried out, whatever became of its message. */
const failedOf = (error: unknown): Failed =>
  failed("refused", ActorError.isActorError(error) ? error.message : String(error))

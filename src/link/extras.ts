/**
 * The parts of links that only some systems need: for keys, durable messages and instances. They are loaded where the declaration has
 * what needs them, before any link is made, because a thread's start is mostly the loading of its modules.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as Rpc from "effect/rpc/Rpc"
import type * as Actor from "../Actor.ts"
import { once, onceIf } from "../loop/once.ts"
import { hasSchemas } from "../wire/codec.ts"
import { Durable } from "../wire/durable.ts"
import type * as group from "./group.ts"
import type { HeldKeys } from "./heldKeys.ts"
import type * as keyedClient from "./keyedClient.ts"
import type { SendDurable, SendRemote } from "./middleware.ts"
import type { WaitingList } from "./outgoing.ts"
import { keysOf, type Place } from "./place.ts"

/** What is loaded. */
export interface Extras {
  /** For keyed actors: their clients, and the keys whose messages wait here. */
  readonly keyed: {
    readonly makeClient: typeof keyedClient.make
    readonly holdKeys: (queue: WaitingList) => HeldKeys
  } | undefined
  /** For threads with several instances. */
  readonly makeGroups: typeof group.makeAll | undefined
  /** For durable messages, and for actors and keys on other machines. */
  readonly sendDurable: SendDurable | undefined
  readonly sendRemote: SendRemote | undefined
}

/** For a system without keys, durable messages and instances. */
export const none: Extras = { keyed: undefined, makeGroups: undefined, sendDurable: undefined, sendRemote: undefined }

const keyed = once(async () => {
  const [{ make }, { HeldKeys }] = await Promise.all([import("./keyedClient.ts"), import("./heldKeys.ts")])
  return { makeClient: make, holdKeys: (queue: WaitingList) => new HeldKeys(queue) }
})
const makeGroups = once(async () => (await import("./group.ts")).makeAll)
const sendDurable = once(async () => (await import("./durableCall.ts")).send)
const sendRemote = once(async () => (await import("./clusterCall.ts")).send)

/** Loads what the links to these places need, and the clients of actors that nobody hosts. */
export const load = (
  places: ReadonlyArray<Place>,
  strangers: ReadonlyArray<Actor.Any> = []
): Effect.Effect<Extras> => {
  const actors = [...places.flatMap(({ actors }) => actors), ...strangers]
  return Effect.all({
    keyed: onceIf(actors.some((actor) => keysOf(actor) !== undefined), keyed),
    makeGroups: onceIf(places.some(({ group }) => group !== undefined), makeGroups),
    sendDurable: onceIf(actors.some(hasDurable), sendDurable),
    sendRemote: onceIf(places.some(({ remote }) => remote !== undefined), sendRemote)
  })
}

const hasDurable = (actor: Place["actors"][number]): boolean =>
  "protocol" in actor && Array.from(actor.protocol.requests.values()).some(isDurable)

const isDurable = (rpc: Rpc.Any): boolean => hasSchemas(rpc) && Context.get(rpc.annotations, Durable) !== undefined

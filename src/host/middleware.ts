/**
 * The actor's side of a message that has middleware: each of them wraps the handler, as in `effect/rpc`'s `RpcServer`, the
 * first one closest to it. None is ever left out.
 */
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Headers from "effect/http/Headers"
import * as Rpc from "effect/rpc/Rpc"
import type { RequestId } from "effect/rpc/RpcMessage"
import * as Actor from "../Actor.ts"
import * as ActorError from "../ActorError.ts"
import * as ExitCause from "../ExitCause.ts"
import type { Delivery } from "../link/delivery.ts"
import { hasMiddleware } from "../link/middleware.ts"

/** What a handler and its middleware are told of a message. */
export interface Metadata {
  readonly client: Rpc.ServerClient
  readonly requestId: RequestId
  readonly rpc: Rpc.AnyWithProps
  readonly payload: unknown
  readonly headers: Headers.Headers
}

/** `effect/rpc`'s `RpcMiddleware`, whose types only its own service knows. */
type Middleware = (effect: Effect.Effect<unknown, unknown>, metadata: Metadata) => Effect.Effect<unknown, unknown>

/** Runs a handler inside the middleware of its message. */
export interface Guard {
  readonly metadata: (delivery: Delivery, requestId: RequestId) => Metadata
  readonly wrap: (handler: Effect.Effect<unknown, unknown>, metadata: Metadata) => Effect.Effect<unknown, unknown>
}

/** The guard of a message, if it has middleware. Throws when the layer that implements the actor provides none. */
export const guard = (actor: string, rpc: Rpc.Any, context: Context.Context<never>): Guard | undefined => {
  if (!hasMiddleware(rpc)) return undefined
  const chain = Array.from(rpc.middlewares, ({ key }): Middleware => {
    const middleware = context.mapUnsafe.get(key)
    if (isMiddleware(middleware)) return middleware
    throw new Error(
      `the message ${rpc._tag} has the middleware "${key}", and no layer provides it; write ` +
        `${actor}.toLayer(...).pipe(Layer.provide(a layer of ${key}))`
    )
  })
  const clients = new Map<string, Rpc.ServerClient>()
  const clientOf = (sender: string): Rpc.ServerClient => {
    let client = clients.get(sender)
    if (client === undefined) clients.set(sender, client = makeClient(sender))
    return client
  }
  return {
    metadata({ payload, request: [, , , , , , , envelope] }, requestId) {
      const [sender, headers] = envelope ?? [unknownSender, {}]
      return { client: clientOf(sender), requestId, rpc, payload, headers: Headers.fromInput(headers) }
    },
    wrap: (handler, metadata) =>
      chain.reduce((inner, middleware) => Effect.suspend(() => middleware(inner, metadata)), handler)
  }
}

/** Why the middleware of a message did not let it through. */
export const rejected = (error: unknown): ActorError.Reason => {
  const { message, name } = ExitCause.describe(error)
  return new ActorError.Rejected({ handled: "no", detail: message === "" ? name : `${name}: ${message}` })
}

/** Its sender runs a version of the protocol that has no middleware. */
const unknownSender = "unknown"

/** The sender as `effect/rpc` shows it to middleware. */
const makeClient = (sender: string): Rpc.ServerClient => {
  const client = new Rpc.ServerClient(0)
  // There clients are numbered connections; an actor's clients have names.
  Object.defineProperty(client, "id", { value: sender })
  return client.annotate(Actor.Sender, sender)
}

const isMiddleware = (value: unknown): value is Middleware => typeof value === "function"

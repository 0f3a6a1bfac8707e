/**
 * How each message of an actor's protocol is handled: its handler, and what stands before it.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Headers from "effect/http/Headers"
import * as Rpc from "effect/rpc/Rpc"
import { RequestId } from "effect/rpc/RpcMessage"
import type * as Actor from "../Actor.ts"
import { inOrder } from "../wire/protocol.ts"
import type { Handled } from "./handlerResult.ts"
import { type Guard, guard, type Metadata } from "./middleware.ts"

/** How one message is handled. */
export interface Plan {
  /** `Actor.Message`, for errors. */
  readonly request: string
  readonly rpc: Rpc.Any
  readonly handler: Rpc.Handler<string>["handler"]
  /** The middleware that decides whether the handler is called. */
  readonly guard: Guard | undefined
}

/** Plans the messages of an actor, in the order of its protocol. Throws when the layer provides no middleware for one. */
export const makePlans = (
  { actorName, protocol }: Actor.Any,
  { handlers }: Actor.Behavior,
  context: Context.Context<never>
): ReadonlyArray<Plan> =>
  inOrder(protocol.requests).map((rpc): Plan => {
    const given: Partial<Rpc.Handler<string>> | undefined = handlers.mapUnsafe.get(rpc.key)
    return {
      request: `${actorName}.${rpc._tag}`,
      rpc,
      handler: given?.handler ??
        (() => Effect.die(new Error(`${actorName}.toLayer has no handler for ${rpc._tag}; add one`))),
      guard: guard(actorName, rpc, context)
    }
  })

/** The context that the actor's layer was built in; `toLayer` gives all handlers the same. */
export const contextOf = ({ protocol }: Actor.Any, { handlers }: Actor.Behavior): Context.Context<never> => {
  const [rpc] = protocol.requests.values()
  const first: Rpc.Handler<string> | undefined = rpc && handlers.mapUnsafe.get(rpc.key)
  return first?.context ?? Context.empty()
}

/** Messages without middleware have no client of their own: `effect/rpc` handlers that ask for one get the same. */
const client = new Rpc.ServerClient(0)

/** What the handler of a message without middleware learns about it. */
export const metadataOf = ({ rpc }: Plan, requestId: number) => ({
  client,
  requestId: RequestId(requestId),
  headers: Headers.empty,
  rpc
})

/** Calls a handler: that of a key if there are `handlers`, else the plan's own. If it throws, that is a defect, as if its effect had died. */
export const call = (
  { handler, rpc }: Plan,
  payload: unknown,
  metadata: Metadata | ReturnType<typeof metadataOf>,
  handlers?: Readonly<Record<string, Plan["handler"]>>
): Handled => {
  try {
    return handlers === undefined ? handler(payload, metadata) : (handlers[rpc._tag] ?? handler)(payload, metadata)
  } catch (defect) {
    return Effect.die(defect)
  }
}

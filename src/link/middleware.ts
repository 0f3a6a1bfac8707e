/**
 * The caller's side of a message that has middleware: its envelope says who sends it and carries the headers, and the
 * client's parts of its middleware, where the thread has them, see it before it is sent.
 *
 * ```text
 *   call --> client's part of the last middleware --> ... of the first --> sent --> the actor's middleware --> its handler
 * ```
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import * as Headers from "effect/http/Headers"
import type * as Rpc from "effect/rpc/Rpc"
import { RequestId } from "effect/rpc/RpcMessage"
import * as Actor from "../Actor.ts"
import { loaded } from "../loop/once.ts"
import type { Durability } from "../wire/durable.ts"
import type { Envelope, SpanRef } from "../wire/frame.ts"
import type { Method, Options } from "./method.ts"

/** Where a thread's messages come from. */
export interface Origin {
  /** Sends what no actor sends. */
  readonly thread: string
  /** What the layers of the thread and the system provide: the client's parts of middleware are among it. */
  services: Context.Context<never>
  /** The clients of all actors: durable messages are sent to the storage. */
  readonly clients: () => Context.Context<never>
  /** How durable messages are sent, if this thread knows any. */
  readonly sendDurable: SendDurable | undefined
  /** How messages to other machines are sent, if this thread knows any. */
  readonly sendRemote: SendRemote | undefined
}

/** A message to the storage or to another machine, once the client's parts of its middleware have seen it. */
export interface Given {
  readonly input: unknown
  readonly options: Options | undefined
  /** How much of the call's time is left. */
  readonly millis: number
  readonly envelope?: Envelope
}

/** Sends a durable message into the storage. */
export type SendDurable = (
  method: Method,
  durability: Durability,
  origin: Origin,
  given: Given
) => Effect.Effect<unknown, unknown>

/** Sends a message to the machine that holds its actor or key. */
export type SendRemote = (method: Method, origin: Origin, given: Given) => Effect.Effect<unknown, unknown>

/** Sends a message as one whose actor or key may be on another machine. */
export const sendRemote: SendRemote = (method, origin, given) =>
  Effect.suspend(() => loaded(origin.sendRemote, "several machines")(method, origin, given))

/** Sends a message as one that is durable. */
export const sendDurable = (
  method: Method,
  durability: Durability,
  origin: Origin,
  given: Given
): Effect.Effect<unknown, unknown> =>
  Effect.suspend(() => loaded(origin.sendDurable, "durable messages")(method, durability, origin, given))

/** A message on its way through the client's parts of its middleware. */
export interface Request {
  readonly _tag: "Request"
  readonly id: RequestId
  readonly tag: string
  readonly payload: unknown
  readonly headers: Headers.Headers
  readonly discard?: true
  readonly traceId?: string
  readonly spanId?: string
  readonly sampled?: boolean
}

/** `Effect/rpc`'s `RpcMiddlewareClient`, whose types only its own middleware knows. */
type Part = (options: {
  readonly rpc: Rpc.AnyWithProps
  readonly request: Request
  readonly next: (request: Request) => Effect.Effect<unknown, unknown>
}) => Effect.Effect<unknown, unknown>

/** The key of `RpcClient.CurrentHeaders`, which `RpcClient.withHeaders` sets; that module brings HTTP and sockets along. */
export const CurrentHeaders = Context.Reference<Headers.Headers>("effect/rpc/RpcClient/CurrentHeaders", {
  defaultValue: () => Headers.empty
})

let requests = 0

/**
 * The middleware of one message, where it is sent from.
 *
 * **Details**
 * - `parts` are looked up for each call: the layers of the thread may be built after its clients.
 * - The headers of a message are those of `RpcClient.withHeaders` around the call, as the parts change them.
 */
export class Interceptor {
  private readonly actor: string
  private readonly rpc: Rpc.AnyWithProps
  readonly origin: Origin

  constructor(actor: string, rpc: Rpc.AnyWithProps, origin: Origin) {
    this.actor = actor
    this.rpc = rpc
    this.origin = origin
  }

  /** The client's parts that this thread has, in the order of the middleware. Throws when one is missing that must be there. */
  parts(): ReadonlyArray<Part> {
    const { services } = this.origin
    return Array.from(this.rpc.middlewares).flatMap(({ key, requiredForClient }) => {
      const part = services.mapUnsafe.get(`${key}/Client`)
      if (isPart(part)) return [part]
      if (!requiredForClient) return []
      throw new Error(
        `thread "${this.origin.thread}" can't send ${this.actor}.${this.rpc._tag}: it has no client's part of the ` +
          `middleware "${key}". Provide RpcMiddleware.layerClient(${key}, ...) by the layer of the thread or the system`
      )
    })
  }

  /** Says who sends the message, as far as this is an actor, and has the headers as plain texts. */
  envelope(fiber: Fiber.Fiber<unknown, unknown>, headers = fiber.getRef(CurrentHeaders)): Envelope {
    const sender = Context.getOrUndefined(fiber.context, Actor.Current)?.actor ?? this.origin.thread
    // A copy of texts: what an untyped program puts there must not spoil the messages that are posted with this one.
    return [sender, Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]))]
  }

  /** The message as the client's parts see it. */
  request(
    fiber: Fiber.Fiber<unknown, unknown>,
    given: { readonly payload: unknown; readonly span: SpanRef | null; readonly discard: boolean }
  ): Request {
    const { discard, payload, span } = given
    return {
      _tag: "Request",
      id: RequestId(requests++),
      tag: this.rpc._tag,
      payload,
      headers: fiber.getRef(CurrentHeaders),
      ...(discard ? { discard } : {}),
      ...(span === null ? {} : { traceId: span[0], spanId: span[1], sampled: span[2] })
    }
  }

  /** Passes a message from part to part; `send` is what the innermost one goes on with. */
  through(
    fiber: Fiber.Fiber<unknown, unknown>,
    parts: ReadonlyArray<Part>,
    request: Request,
    send: (payload: unknown, envelope: Envelope) => Effect.Effect<unknown, unknown>
  ): Effect.Effect<unknown, unknown> {
    const { rpc } = this
    const pass = (request: Request, index: number): Effect.Effect<unknown, unknown> => {
      const part = parts[index]
      return part === undefined
        ? send(request.payload, this.envelope(fiber, request.headers))
        : Effect.suspend(() => part({ rpc, request, next: (request) => pass(request, index - 1) }))
    }
    return pass(request, parts.length - 1)
  }
}

/** The middleware of a message, if it has any. */
export const intercept = (actor: string, rpc: Rpc.Any | undefined, origin: Origin): Interceptor | undefined =>
  rpc !== undefined && hasMiddleware(rpc) ? new Interceptor(actor, rpc, origin) : undefined

/** Whether anything stands before the handler of a message. */
export const hasMiddleware = (rpc: Rpc.Any): rpc is Rpc.AnyWithProps =>
  "middlewares" in rpc && rpc.middlewares instanceof Set && rpc.middlewares.size > 0

const isPart = (value: unknown): value is Part => typeof value === "function"

/**
 * A method of an actor's client: what all of its calls share, and how a payload is checked before it is sent.
 */
import * as Duration from "effect/Duration"
import * as Exit from "effect/Exit"
import type * as Fiber from "effect/Fiber"
import type * as Actor from "../Actor.ts"
import * as ActorError from "../ActorError.ts"
import type { After } from "../loop/timeouts.ts"
import type * as codec from "../wire/codec.ts"
import type { SpanRef } from "../wire/frame.ts"
import { CodecIssue, type Encoded } from "../wire/translator.ts"
import type { CallSites } from "./callSites.ts"
import type { Destination } from "./group.ts"

/** Where an actor is, seen from this thread. */
export interface Target {
  readonly outbox: Destination
  /** The actor's index on its thread. */
  readonly actor: number
  /** Why a fiber must not wait for the actor. */
  readonly obstacle: (
    fiber: Fiber.Fiber<unknown, unknown> | undefined,
    key: string | undefined
  ) => ActorError.Reason | undefined
}

/** Sends one message of an actor. */
export interface Method {
  readonly actor: string
  readonly message: codec.MessageCodec
  readonly target: Target
  /** How long a call waits that sets no timeout itself. */
  readonly timeoutMillis: number
  readonly after: After
  failure(reason: ActorError.Reason): ActorError.ActorError
  /** The key that its messages are for, of a keyed actor. */
  readonly key: string | undefined
  /** Its actor may be on another machine: its messages go through the cluster. */
  readonly remote?: boolean
  /** Where its calls come from. */
  readonly sites: CallSites
}

/** The options of a call: a tell if `discard` is set. */
export type Options = Actor.DurableCallOptions<boolean>

/** The longest timeout that Node's timers can wait for. A call that may take longer gets no timer. */
export const longestTimerMillis = 2 ** 31 - 1

/** The timeout of a call in milliseconds. */
export const timeoutOf = ({ timeoutMillis }: Method, options: Options | undefined): number =>
  options?.timeout === undefined ? timeoutMillis : Duration.toMillis(options.timeout)

/** Checks and encodes a payload. `borrows`: large byte arrays may stay the sender's until the message is posted. */
export const prepare = ({ message }: Method, input: unknown, borrows = false): Encoded | CodecIssue => {
  if (message.constructsNothing) return message.payload.encode(input, borrows)
  const value = message.construct(input)
  return value instanceof CodecIssue ? value : message.payload.encode(value, borrows)
}

/** Fails a call whose payload does not match its schema: the sender's own mistake. */
export const unsendable = (
  method: Method,
  { text }: CodecIssue
): Exit.Exit<never, ActorError.ActorError> =>
  Exit.fail(method.failure(
    new ActorError.NotSendable({ handled: "no", detail: `the payload does not match its schema (${text}).` })
  ))

/** Fails a call that is the sender's own mistake. */
export const refuse = (method: Method, { text }: CodecIssue): Exit.Exit<never, ActorError.ActorError> =>
  Exit.fail(method.failure(new ActorError.NotSendable({ handled: "no", detail: `${text}.` })))

/** Why the options of a call don't fit its message, if they don't: only a durable one can be delayed. */
export const misplaced = ({ message }: Method, options: Options | undefined): CodecIssue | undefined =>
  options?.after === undefined || message.durable !== undefined
    ? undefined
    : new CodecIssue(`after: only a durable message can be delayed; declare ${message.tag} by Actor.durable`)

/** The span that a fiber is in, as it crosses to the actor's thread. */
export const spanOf = (fiber: Fiber.Fiber<unknown, unknown> | undefined): SpanRef | null => {
  const span = fiber?.cache.span
  return span === undefined ? null : [span.traceId, span.spanId, span.sampled]
}

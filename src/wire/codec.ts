/**
 * Checks and translates the messages of a protocol where they enter and leave an actor, within one thread as well. The
 * values of one schema are translated by [translator.ts](translator.ts).
 */
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Rpc from "effect/rpc/Rpc"
import * as RpcSchema from "effect/rpc/RpcSchema"
import * as Schema from "effect/Schema"
import type * as SchemaAST from "effect/SchemaAST"
import { some } from "../values/ast.ts"
import * as clonable from "../values/clonable.ts"
import { NotClonable } from "../values/notClonable.ts"
import { type Durability, Durable } from "./durable.ts"
import { Idempotent } from "./idempotent.ts"
import { inOrder } from "./protocol.ts"
import { CodecIssue, issueOf, nothing, type Translator, translatorOf } from "./translator.ts"

/** Why what one side has checked is not what the other side expects. */
export const versionsDiffer = "Caller and actor run different versions of the protocol: restart the one that is older."

/** The elements of a stream that cross together. */
export type Elements = readonly [unknown, ...Array<unknown>]

/** The translators of one message. */
export interface MessageCodec {
  readonly tag: string
  /** Its position in the protocol, in the order that all sides agree on. */
  readonly index: number
  readonly stream: boolean
  /** It may run twice. */
  readonly idempotent: boolean
  /** How it is kept in the storage, if it is. */
  readonly durable: Durability | undefined
  /** Fills in what the schema constructs by default and checks the rest: the value, or a `CodecIssue`. */
  readonly construct: (input: unknown) => unknown
  /** The schema fills in nothing, so what `construct` checks `payload.encode` checks as well. */
  readonly constructsNothing: boolean
  readonly payload: Translator
  /** Of a stream it has no value. */
  readonly success: Translator
  readonly elements: Translator<Elements>
  readonly error: Translator
}

/** The messages of a protocol by tag, in the order of their declaration. */
export type ProtocolCodec = ReadonlyMap<string, MessageCodec>

/**
 * Makes the translators of all messages of a protocol. A request without schemas has none.
 */
export const make = (requests: ReadonlyMap<string, Rpc.Any>): ProtocolCodec => {
  const order = inOrder(requests)
  return new Map(
    Array.from(requests.values()).filter(hasSchemas).map((rpc) => [rpc._tag, makeMessage(rpc, order.indexOf(rpc))])
  )
}

export const hasSchemas = (rpc: Rpc.Any): rpc is Rpc.AnyWithProps => "payloadSchema" in rpc

/** The codec of one message. */
const makeMessage = (rpc: Rpc.AnyWithProps, index: number): MessageCodec => {
  const stream = RpcSchema.isStreamSchema(rpc.successSchema) ? rpc.successSchema : undefined
  return {
    tag: rpc._tag,
    index,
    stream: stream !== undefined,
    idempotent: stream === undefined && Context.get(rpc.annotations, Idempotent),
    durable: Context.get(rpc.annotations, Durable),
    construct: construct(rpc.payloadSchema),
    constructsNothing: !some(rpc.payloadSchema.ast, constructs),
    payload: translatorOf(rpc.payloadSchema),
    success: stream === undefined ? translatorOf(rpc.successSchema) : nothing,
    elements: stream === undefined ? noStream : translatorOf(Schema.NonEmptyArray(stream.success)),
    error: translatorOf(errorOf(rpc))
  }
}

/** Whether a schema makes a value of what is given for it: a class of its fields, or what is left out. */
const constructs = (ast: SchemaAST.AST): boolean =>
  ast.context?.constructorDefault !== undefined || ast.annotations?.["~constructor"] !== undefined

/**
 * Looks for messages with values that can't cross.
 *
 * **Gotchas**
 * - Throws: an actor with such a message is no actor.
 */
export const check = (actor: string, requests: ReadonlyMap<string, Rpc.Any>): void => {
  for (const rpc of requests.values()) {
    if (!hasSchemas(rpc)) continue
    const stream = RpcSchema.isStreamSchema(rpc.successSchema) ? rpc.successSchema : undefined
    checkSchema(`the payload of ${actor}.${rpc._tag}`, rpc.payloadSchema)
    checkSchema(
      `${stream === undefined ? "the answer" : "an element"} of ${actor}.${rpc._tag}`,
      stream?.success ?? rpc.successSchema
    )
    checkSchema(`the error of ${actor}.${rpc._tag}`, errorOf(rpc))
  }
}

/** Refuses a schema whose values can't cross; `what` says whose it is. */
export const checkSchema = (what: string, schema: Schema.Constraint): void => {
  try {
    clonable.check(schema.ast)
  } catch (error) {
    if (!(error instanceof NotClonable)) throw error
    const { at, problem } = error
    throw new TypeError(`${what}${at === "" ? "" : `, at ${at}`}: ${problem}`, { cause: error })
  }
}

/** All errors that a message can fail with, those of its stream and its middleware among them, as in `Rpc.exitSchema`. */
export const errorOf = (rpc: Rpc.AnyWithProps): Schema.Top => {
  const errors = new Set([rpc.errorSchema, ...Array.from(rpc.middlewares, ({ error }) => error)])
  if (RpcSchema.isStreamSchema(rpc.successSchema)) errors.add(rpc.successSchema.error)
  const [error = Schema.Never, ...others] = Array.from(errors).filter(({ ast }) => ast._tag !== "Never")
  return others.length === 0 ? error : Schema.Union([error, ...others])
}

/** The translator of a stream that can't be. */
const noStream: Translator<Elements> = {
  encode: () => new CodecIssue("it is no stream"),
  decode: () => new CodecIssue("it is no stream"),
  changes: () => true
}

/** Stands in for a message that the protocol does not have; nothing of it is ever translated. */
export const unknownMessage: MessageCodec = {
  tag: "",
  index: -1,
  stream: false,
  idempotent: false,
  durable: undefined,
  construct: (input) => input,
  constructsNothing: true,
  payload: nothing,
  success: nothing,
  elements: noStream,
  error: nothing
}

/** Makes the function that fills in defaults and builds classes. */
const construct = (schema: Schema.Top) => (input: unknown): unknown => {
  const result = withoutServices(schema).makeEffect(input)
  const exit = Exit.isExit(result) ? result : Effect.runSyncExit(result)
  return Exit.isSuccess(exit) ? exit.value : issueOf(Cause.squash(exit.cause))
}

/** `Actor.Service` admits only messages whose schemas need no services; a `Schema.Top` has forgotten that. */
export const withoutServices = <A>(schema: Schema.Schema<A>) => schema as Schema.Codec<A, unknown>

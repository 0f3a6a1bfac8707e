/**
 * Checks and translates the messages of a protocol where they enter and leave an actor, within one thread as well.
 *
 * Values cross by structured clone. What that would spoil crosses in another form ([clonable.ts](../values/clonable.ts)), so classes,
 * errors and `Option`s arrive as what they were. Nothing that can change is shared with the sender
 * ([snapshot.ts](../values/snapshot.ts)). Each schema is compiled once, on first use.
 */
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Fiber from "effect/Fiber"
import type * as Rpc from "effect/rpc/Rpc"
import * as RpcSchema from "effect/rpc/RpcSchema"
import * as Scheduler from "effect/Scheduler"
import * as Schema from "effect/Schema"
import * as SchemaJITCompiler from "effect/schema/SchemaJITCompiler"
import * as SchemaAST from "effect/SchemaAST"
import * as SchemaIssue from "effect/SchemaIssue"
import * as SchemaParser from "effect/SchemaParser"
import * as Transferable from "effect/workers/Transferable"
import type { Transferable as NodeTransferable } from "node:worker_threads"
import { detach, some } from "../values/ast.ts"
import * as clonable from "../values/clonable.ts"
import * as settling from "../values/settle.ts"
import { moveFrom, Moving, Unsendable } from "../values/snapshot.ts"
import { inOrder } from "./protocol.ts"
import * as layout from "./valueFormat.ts"

/** Something in its form for the wire. */
export interface Encoded {
  readonly value: unknown
  /** What must move rather than be copied. */
  readonly transfer: ReadonlyArray<NodeTransferable>
  /** How it lies in a batch. */
  readonly how: layout.Layout
}

/** What a schema has to say against a value. It stands where the result would be, because a `Result` for each costs. */
export class Complaint {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

/** Why what one side has checked is not what the other side expects. */
export const versionsDiffer = "Caller and actor run different versions of the protocol: restart the one that is older."

/** Both directions of one schema. */
export interface Translator<A = unknown> {
  /** `borrows`: many bytes may stay the sender's until the message is posted. */
  readonly encode: (value: unknown, borrows?: boolean) => Encoded | Complaint
  readonly decode: (wire: unknown) => A | Complaint
  /** Values are something else on their way. If not, what was encoded in this very thread need not be decoded. */
  readonly changes: () => boolean
}

/** The elements of a stream that cross together. */
export type Elements = readonly [unknown, ...Array<unknown>]

/** The translators of one message. */
export interface MessageCodec {
  readonly tag: string
  /** Its position in the protocol, in the order that all sides agree on. */
  readonly index: number
  readonly stream: boolean
  /** Fills in what the schema constructs by default and checks the rest: the value, or a `Complaint`. */
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

export const make = (requests: ReadonlyMap<string, Rpc.Any>): ProtocolCodec => {
  const order = inOrder(requests)
  return new Map(
    Array.from(requests.values()).filter(hasSchemas).map((rpc) => [rpc._tag, makeMessage(rpc, order.indexOf(rpc))])
  )
}

const hasSchemas = (rpc: Rpc.Any): rpc is Rpc.AnyWithProps => "payloadSchema" in rpc

const makeMessage = (rpc: Rpc.AnyWithProps, index: number): MessageCodec => {
  const stream = RpcSchema.isStreamSchema(rpc.successSchema) ? rpc.successSchema : undefined
  return {
    tag: rpc._tag,
    index,
    stream: stream !== undefined,
    construct: construct(rpc.payloadSchema),
    constructsNothing: !some(rpc.payloadSchema.ast, constructs),
    payload: translator(rpc.payloadSchema),
    success: stream === undefined ? translator(rpc.successSchema) : nothing,
    elements: stream === undefined ? noStream : translator(Schema.NonEmptyArray(stream.success)),
    error: translator(errorOf(rpc))
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
    if (!(error instanceof clonable.Refusal)) throw error
    const path = error.path.map((name) => `[${JSON.stringify(name)}]`).join("")
    throw new TypeError(`${what}${path === "" ? "" : `, at ${path}`}: ${error.problem}`, { cause: error })
  }
}

/** All errors that a message can fail with, those of its stream and its middleware among them, as in `Rpc.exitSchema`. */
const errorOf = (rpc: Rpc.AnyWithProps): Schema.Top => {
  const errors = new Set([rpc.errorSchema, ...Array.from(rpc.middlewares, ({ error }) => error)])
  if (RpcSchema.isStreamSchema(rpc.successSchema)) errors.add(rpc.successSchema.error)
  const [error = Schema.Never, ...others] = Array.from(errors).filter(({ ast }) => ast._tag !== "Never")
  return others.length === 0 ? error : Schema.Union([error, ...others])
}

/** What has no value, such as the end of a stream. */
export const nothing: Translator = {
  encode: () => noValue,
  decode: () => undefined,
  changes: () => true
}

/** The translator of a stream that can't be. */
const noStream: Translator<Elements> = {
  encode: () => new Complaint("it is no stream"),
  decode: () => new Complaint("it is no stream"),
  changes: () => true
}

/** Stands in for a message that the protocol does not have; nothing of it is ever translated. */
export const unknownMessage: MessageCodec = {
  tag: "",
  index: -1,
  stream: false,
  construct: (input) => input,
  constructsNothing: true,
  payload: nothing,
  success: nothing,
  elements: noStream,
  error: nothing
}

const none: ReadonlyArray<NodeTransferable> = []

export const noValue: Encoded = { value: undefined, transfer: none, how: layout.plain }

/** No elements of a stream. */
export const noElements: Encoded = { value: [], transfer: none, how: layout.make({ each: "plain" }) }

/** Translates the values of one schema. */
export const translator = <A>(schema: Schema.Schema<A>): Translator<A> => {
  let compiled: Translator<A> | undefined
  return {
    encode: (value, borrows) => (compiled ??= compileOrComplain(schema)).encode(value, borrows),
    decode: (wire) => (compiled ??= compileOrComplain(schema)).decode(wire),
    changes: () => (compiled ??= compileOrComplain(schema)).changes()
  }
}

/** A schema that was not there when its actor was defined may still turn out to be one that can't cross. */
const compileOrComplain = <A>(schema: Schema.Schema<A>): Translator<A> => {
  try {
    return compile(schema)
  } catch (error) {
    const complained = complaint(error)
    return { encode: () => complained, decode: () => complained, changes: () => true }
  }
}

/** The same schema, compiled where code may be generated. The program's own schema, and what else uses it, is not touched. */
const compiled = (ast: SchemaAST.AST): SchemaAST.AST => {
  const own = detach(ast)
  SchemaJITCompiler.enable(own)
  SchemaJITCompiler.enable(SchemaAST.flip(own))
  return own
}

/** How a schema crosses. */
interface Crossing<A> {
  readonly codec: Schema.Codec<A, unknown>
  readonly encoded: SchemaAST.AST
  /** A value is something else on its way. */
  readonly changes: boolean
}

const crossing = <A>(schema: Schema.Schema<A>, mover: clonable.Mover): Crossing<A> => {
  const ast = compiled(clonable.derive(schema.ast, mover))
  const encoded = SchemaAST.toEncoded(ast)
  return { codec: Schema.make(ast), encoded, changes: encoded !== SchemaAST.toType(ast) }
}

const compile = <A>(schema: Schema.Schema<A>): Translator<A> => {
  const simple = crossing(schema, "encoder")
  const hidden = settling.hidesMoves(simple.codec.ast, simple.encoded)
  const { changes, codec, encoded } = hidden ? crossing(schema, "effect") : simple
  const ways = { keeping: settling.make(encoded), borrowing: settling.makeBorrowing(encoded) }
  const how = layout.make(layout.describe(encoded))
  const decodeSync = SchemaParser.decodeUnknownSync(codec)
  return {
    encode: changes ? collecting(codec, ways, how) : checking(codec, ways, how),
    decode(wire) {
      try {
        return decodeSync(wire)
      } catch (error) {
        return complaint(error)
      }
    },
    changes: () => changes
  }
}

/** How a message gets bytes of its own. */
interface Ways {
  readonly keeping: settling.Settle | undefined
  readonly borrowing: settling.Settle | undefined
}

/** Encodes what is the same on its way. */
const checking = (
  codec: Schema.Codec<unknown, unknown>,
  ways: Ways,
  how: layout.Layout
): Translator["encode"] => {
  const encode = SchemaParser.encodeUnknownSync(codec)
  return (value, borrows = false) => {
    const settle = borrows ? ways.borrowing : ways.keeping
    try {
      const wire = encode(value)
      return settle === undefined ? { value: wire, transfer: none, how } : settled(settle, wire, none, how)
    } catch (error) {
      return complaint(error)
    }
  }
}

const settled = (
  settle: settling.Settle,
  wire: unknown,
  asked: ReadonlyArray<unknown>,
  how: layout.Layout
): Encoded => {
  const moving = new Moving(asked)
  const value = settle(wire, moving)
  return { value, transfer: moving.all, how }
}

/** Copies the bytes that a message has borrowed, because it is not posted at once. */
export const own = (encoded: Encoded): Encoded => {
  const { transfer, value } = encoded
  const copy = (part: unknown): unknown =>
    part instanceof Uint8Array && part.byteLength >= moveFrom && !transfer.some((moved) => moved === part.buffer)
      ? new Uint8Array(part)
      : part
  if (value instanceof Uint8Array) return { ...encoded, value: copy(value) }
  // Only a struct's fields are borrowed.
  if (typeof value !== "object" || value === null || Object.getPrototypeOf(value) !== Object.prototype) return encoded
  return { ...encoded, value: Object.fromEntries(Object.entries(value).map(([name, part]) => [name, copy(part)])) }
}

/** Takes what must move of the message that is just being encoded. */
const collector = Transferable.makeCollectorUnsafe()
const forkCollecting = Effect.runForkWith(
  Context.make(Transferable.Collector, collector).pipe(Context.add(Scheduler.PreventSchedulerYield, true))
)

/** Encodes by codecs, which may say by an effect that something must move. */
const collecting = (
  codec: Schema.Codec<unknown, unknown>,
  ways: Ways,
  how: layout.Layout
): Translator["encode"] => {
  const encode = SchemaParser.encodeUnknownEffect(codec)
  return (value, borrows = false) => {
    const settle = borrows ? ways.borrowing : ways.keeping
    try {
      const encoded = encode(value)
      // Not `runSyncExit`, which makes a context each time. That is as dear as all else here.
      const exit = Exit.isExit(encoded) ? encoded : atOnce(forkCollecting(encoded))
      const asked = collector.readUnsafe().length === 0 ? none : collector.clearUnsafe()
      if (exit instanceof Complaint) return exit
      if (Exit.isFailure(exit)) return complaint(Cause.squash(exit.cause))
      if (settle === undefined) return { value: exit.value, transfer: none, how }
      return settled(settle, exit.value, asked, how)
    } catch (error) {
      return complaint(error)
    }
  }
}

/** What a fiber has come to already. Else it ends here, before it has anything moved that is another message's. */
const atOnce = <A, E>(fiber: Fiber.Fiber<A, E>): Exit.Exit<A, E> | Complaint => {
  const exit = fiber.pollUnsafe()
  if (exit !== undefined) return exit
  fiber.interruptUnsafe()
  return new Complaint("it is encoded asynchronously, which a message can't wait for")
}

const construct = (schema: Schema.Top) => (input: unknown): unknown => {
  const result = withoutServices(schema).makeEffect(input)
  const exit = Exit.isExit(result) ? result : Effect.runSyncExit(result)
  return Exit.isSuccess(exit) ? exit.value : complaint(Cause.squash(exit.cause))
}

const complaint = (error: unknown): Complaint => {
  if (error instanceof Unsendable) return new Complaint(error.describe())
  const issue = error instanceof Error && SchemaIssue.isIssue(error.cause) ? error.cause : error
  if (SchemaIssue.isIssue(issue)) return new Complaint(new Schema.SchemaError(issue).message)
  // What a schema's own code has thrown.
  if (issue instanceof Error && Cause.isCause(issue.cause)) return complaint(Cause.squash(issue.cause))
  return new Complaint(issue instanceof Error ? issue.message : String(issue))
}

/** `Actor.Service` admits only messages whose schemas need no services; a `Schema.Top` has forgotten that. */
const withoutServices = <A>(schema: Schema.Schema<A>) => schema as Schema.Codec<A, unknown>

/**
 * Checks and translates the messages of a protocol where they enter and leave a thread.
 *
 * Values cross in the JSON form of their schema, so classes, errors, `Option`s and dates arrive as what they were.
 * What a schema marks as `Transferable` moves instead of being copied. Each schema is compiled once, on first use.
 */
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Fiber from "effect/Fiber"
import * as Record from "effect/Record"
import type * as Rpc from "effect/rpc/Rpc"
import * as RpcSchema from "effect/rpc/RpcSchema"
import * as Scheduler from "effect/Scheduler"
import * as Schema from "effect/Schema"
import * as SchemaAST from "effect/SchemaAST"
import * as SchemaIssue from "effect/SchemaIssue"
import * as SchemaParser from "effect/SchemaParser"
import * as Transferable from "effect/workers/Transferable"
import { MessagePort, type Transferable as NodeTransferable } from "node:worker_threads"
import * as ActorError from "../ActorError.ts"
import * as layout from "./layout.ts"

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
  readonly encode: (value: unknown) => Encoded | Complaint
  readonly decode: (wire: unknown) => A | Complaint
}

/** The elements of a stream that cross together. */
export type Elements = readonly [unknown, ...Array<unknown>]

/** The translators of one message. */
export interface MessageCodec {
  readonly tag: string
  /** Its position in the protocol. */
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

export const make = (requests: ReadonlyMap<string, Rpc.Any>): ProtocolCodec =>
  new Map(Array.from(requests.values()).filter(hasSchemas).map((rpc, index) => [rpc._tag, makeMessage(rpc, index)]))

const hasSchemas = (rpc: Rpc.Any): rpc is Rpc.AnyWithProps => "payloadSchema" in rpc

const makeMessage = (rpc: Rpc.AnyWithProps, index: number): MessageCodec => {
  const stream = RpcSchema.isStreamSchema(rpc.successSchema) ? rpc.successSchema : undefined
  const payload = crossing(rpc.payloadSchema)
  return {
    tag: rpc._tag,
    index,
    stream: stream !== undefined,
    construct: construct(rpc.payloadSchema),
    constructsNothing: !some(
      payload.schema.ast,
      (ast) => ast._tag === "Declaration" || ast.context?.constructorDefault !== undefined
    ),
    payload: translator(payload),
    success: stream === undefined ? translator(crossing(rpc.successSchema)) : nothing,
    elements: stream === undefined ? noStream : translator(crossings(crossing(stream.success))),
    error: translator({ schema: errorOf(rpc), moved: nothingMoves })
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
  decode: () => undefined
}

/** The translator of a stream that can't be. */
const noStream: Translator<Elements> = {
  encode: () => new Complaint("it is no stream"),
  decode: () => new Complaint("it is no stream")
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

const reasonCodec = Schema.toCodecJson(ActorError.Reason)
const encodeReasonJson = Schema.encodeSync(reasonCodec)
const decodeReasonJson = Schema.decodeUnknownSync(reasonCodec)

/** A reason in the form for the wire; within one thread it passes as it is. */
export const encodeReason = (local: boolean, reason: ActorError.Reason): Encoded =>
  local ? plain(reason) : { value: encodeReasonJson(reason), transfer: none, how: layout.json }

export const decodeReason = (local: boolean, wire: unknown): ActorError.Reason =>
  local && isReason(wire) ? wire : decodeReasonJson(wire)

const isReason = Schema.is(ActorError.Reason)

const none: ReadonlyArray<NodeTransferable> = []

export const noValue: Encoded = { value: undefined, transfer: none, how: layout.plain }

/** No elements of a stream. */
export const noElements: Encoded = { value: [], transfer: none, how: layout.make({ each: "plain" }) }

/** A value that passes as it is, within one thread. */
export const plain = (value: unknown): Encoded => ({ value, transfer: none, how: layout.cloned })

const translator = <A>({ moved, schema }: Crossing<A>): Translator<A> => {
  let compiled: Translator<A> | undefined
  const compile = (): Translator<A> => {
    const codec = Schema.toCodecJson(withoutServices(schema))
    const decode = SchemaParser.decodeUnknownSync(codec)
    return {
      encode: encoder(codec, moved),
      decode(wire) {
        try {
          return decode(wire)
        } catch (error) {
          return complaint(error)
        }
      }
    }
  }
  return {
    encode: (value) => (compiled ??= compile()).encode(value),
    decode: (wire) => (compiled ??= compile()).decode(wire)
  }
}

const encoder = (codec: Schema.Codec<unknown, unknown>, moved: Crossing["moved"]): Translator["encode"] => {
  const encoded = SchemaAST.toEncoded(codec.ast)
  // What a schema lets through as it is may be more than JSON.
  const how = layout.make(layout.describe(encoded, some(encoded, isOpaque) ? "cloned" : "json"))
  if (some(encoded, (ast) => isOpaque(ast) && ast !== bytes.ast)) return collecting(codec, how, moved)
  const encode = SchemaParser.encodeUnknownSync(codec)
  return (value) => {
    try {
      const wire = encode(value)
      return { value: wire, transfer: moved(wire), how }
    } catch (error) {
      return complaint(error)
    }
  }
}

/** Takes what must move of the message that is just being encoded. */
const collector = Transferable.makeCollectorUnsafe()
const forkCollecting = Effect.runForkWith(
  Context.make(Transferable.Collector, collector).pipe(Context.add(Scheduler.PreventSchedulerYield, true))
)

/** Encodes what may have parts that say by an effect that they must move. */
const collecting = (
  codec: Schema.Codec<unknown, unknown>,
  how: layout.Layout,
  moved: Crossing["moved"]
): Translator["encode"] => {
  const encode = SchemaParser.encodeUnknownEffect(codec)
  return (value) => {
    const encoded = encode(value)
    // Not `runSyncExit`, which makes a context each time. That is as dear as all else here.
    const exit = Exit.isExit(encoded) ? encoded : atOnce(forkCollecting(encoded))
    const collected = collector.clearUnsafe().filter(isNodeTransferable)
    if (exit instanceof Complaint) return exit
    if (Exit.isFailure(exit)) return complaint(Cause.squash(exit.cause))
    return { value: exit.value, transfer: [...collected, ...moved(exit.value)], how }
  }
}

/** What a fiber has come to already. Else it ends here, before it has anything moved that is another message's. */
const atOnce = <A, E>(fiber: Fiber.Fiber<A, E>): Exit.Exit<A, E> | Complaint => {
  const exit = fiber.pollUnsafe()
  if (exit !== undefined) return exit
  fiber.interruptUnsafe()
  return new Complaint("it is encoded asynchronously, which a message can't wait for")
}

/** Bytes that cross as they are; JSON would make base64 of them. */
const bytes = Schema.Any.check(Schema.makeFilter((value) => value instanceof Uint8Array, { expected: "Uint8Array" }))

/** What a schema lets through as it is. */
const isOpaque = (ast: SchemaAST.AST): boolean => ast._tag === "Any" || ast._tag === "Declaration"

/** A schema as it crosses, and what of an encoded value must move. */
interface Crossing<A = unknown> {
  readonly schema: Schema.Schema<A>
  readonly moved: (encoded: unknown) => ReadonlyArray<NodeTransferable>
}

/**
 * Lets bytes cross as they are, where they are all that a schema describes or a field of a plain struct.
 * `Transferable.Uint8Array` says by an effect what moves, which costs as much as all else of a message: so it is done here.
 */
const crossing = (schema: Schema.Top): Crossing => {
  if (isBytes(schema)) return { schema: bytes, moved: moves(schema) ? (encoded) => buffers([encoded]) : nothingMoves }
  if (!isPlainStruct(schema)) return { schema, moved: nothingMoves }
  const fields = Object.entries(schema.fields)
  if (!fields.some(([, field]) => isBytes(field))) return { schema, moved: nothingMoves }
  const names = fields.filter(([, field]) => moves(field)).map(([name]) => name)
  const moved = (encoded: unknown) => isRecord(encoded) ? buffers(names.map((name) => encoded[name])) : none
  return {
    schema: schema.mapFields(Record.map((field) => isBytes(field) ? bytes : field)),
    moved: names.length === 0 ? nothingMoves : moved
  }
}

/** Elements of a stream, together. */
const crossings = ({ moved, schema }: Crossing): Crossing<Elements> => ({
  schema: Schema.NonEmptyArray(schema),
  moved: moved === nothingMoves ? moved : (encoded) => Array.isArray(encoded) ? encoded.flatMap(moved) : none
})

const moves = (schema: Schema.Constraint): boolean => schema === Transferable.Uint8Array
const isBytes = (schema: Schema.Constraint): boolean => schema === Schema.Uint8Array || moves(schema)

const nothingMoves = (): ReadonlyArray<NodeTransferable> => none

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null

const buffers = (views: ReadonlyArray<unknown>): ReadonlyArray<NodeTransferable> => {
  const all: Array<NodeTransferable> = []
  for (const view of views) if (view instanceof Uint8Array && view.buffer instanceof ArrayBuffer) all.push(view.buffer)
  return all
}

const isPlainStruct = (schema: Schema.Top): schema is Schema.Struct<Schema.Struct.Fields> =>
  "fields" in schema && schema.ast._tag === "Objects" && schema.ast.checks === undefined &&
  schema.ast.encoding === undefined

/** Whether a schema holds a node of some kind, anywhere. */
const some = (root: SchemaAST.AST, is: (ast: SchemaAST.AST) => boolean): boolean => {
  const seen = new Set<SchemaAST.AST>()
  const holds = (ast: SchemaAST.AST): boolean => {
    if (seen.has(ast)) return false
    seen.add(ast)
    if (is(ast)) return true
    switch (ast._tag) {
      case "Objects":
        return ast.propertySignatures.some(({ type }) => holds(type)) ||
          ast.indexSignatures.some(({ type }) => holds(type))
      case "Arrays":
        return ast.elements.some(holds) || ast.rest.some(holds)
      case "Union":
        return ast.types.some(holds)
      case "Suspend":
        return holds(ast.thunk())
      default:
        return false
    }
  }
  return holds(root)
}

const construct = (schema: Schema.Top) => (input: unknown): unknown => {
  const result = withoutServices(schema).makeEffect(input)
  const exit = Exit.isExit(result) ? result : Effect.runSyncExit(result)
  return Exit.isSuccess(exit) ? exit.value : complaint(Cause.squash(exit.cause))
}

const complaint = (error: unknown): Complaint => {
  const issue = error instanceof Error && SchemaIssue.isIssue(error.cause) ? error.cause : error
  if (SchemaIssue.isIssue(issue)) return new Complaint(new Schema.SchemaError(issue).message)
  return new Complaint(issue instanceof Error ? issue.message : String(issue))
}

const isNodeTransferable = (value: unknown): value is NodeTransferable =>
  value instanceof ArrayBuffer || value instanceof MessagePort

/** `Actor.Service` admits only messages whose schemas need no services; a `Schema.Top` has forgotten that. */
const withoutServices = <A>(schema: Schema.Schema<A>) => schema as Schema.Codec<A, unknown>

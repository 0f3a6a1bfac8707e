/**
 * Translates the values of one schema to their form for the wire and back, within one thread as well.
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
import * as Scheduler from "effect/Scheduler"
import * as Schema from "effect/Schema"
import * as SchemaJITCompiler from "effect/schema/SchemaJITCompiler"
import * as SchemaAST from "effect/SchemaAST"
import * as SchemaIssue from "effect/SchemaIssue"
import * as SchemaParser from "effect/SchemaParser"
import * as Transferable from "effect/workers/Transferable"
import type { Transferable as NodeTransferable } from "node:worker_threads"
import { detach } from "../values/ast.ts"
import * as clonable from "../values/clonable.ts"
import { NotClonable } from "../values/notClonable.ts"
import * as settling from "../values/settle.ts"
import { moveFrom, Moving } from "../values/snapshot.ts"
import * as valueFormat from "./valueFormat.ts"

/** A value in its form for the wire. */
export interface Encoded {
  readonly value: unknown
  /** What must move rather than be copied. */
  readonly transfer: ReadonlyArray<NodeTransferable>
  /** How it lies in a batch. */
  readonly format: valueFormat.ValueFormat
  /** The memory of large copies that were made for it. */
  readonly copies: ReadonlyArray<ArrayBuffer>
}

/** Why a value does not match a schema. It stands where the result would be, because a `Result` for each costs. */
export class CodecIssue {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

/**
 * Both directions of one schema.
 *
 * **Details**
 * - Neither throws: what does not match is a `CodecIssue`.
 * - What `encode` returns shares nothing that can change with the value, unless it borrows.
 */
export interface Translator<A = unknown> {
  /** `borrows`: many bytes may stay the sender's until the message is posted. */
  readonly encode: (value: unknown, borrows?: boolean) => Encoded | CodecIssue
  readonly decode: (wire: unknown) => A | CodecIssue
  /** Values are something else on their way. If not, what was encoded in this very thread need not be decoded. */
  readonly changes: () => boolean
}

const none: ReadonlyArray<never> = []

/** The wire form of no value. */
export const noValue: Encoded = { value: undefined, transfer: none, format: valueFormat.plain, copies: none }

/** No elements of a stream. */
export const noElements: Encoded = {
  value: [],
  transfer: none,
  format: valueFormat.make({ each: "plain" }),
  copies: none
}

/** What has no value, such as the end of a stream. */
export const nothing: Translator = {
  encode: () => noValue,
  decode: () => undefined,
  changes: () => true
}

/**
 * Makes the translator of a schema, which is compiled when it is used first.
 *
 * **Details**
 * - Of a schema that can't cross, it makes a translator that refuses all values. `codec.check` finds most of them earlier.
 */
export const translatorOf = <A>(schema: Schema.Schema<A>): Translator<A> => {
  let compiled: Translator<A> | undefined
  return {
    encode: (value, borrows) => (compiled ??= compileOrRefuse(schema)).encode(value, borrows),
    decode: (wire) => (compiled ??= compileOrRefuse(schema)).decode(wire),
    changes: () => (compiled ??= compileOrRefuse(schema)).changes()
  }
}

/** A schema that was not there when its actor was defined may still turn out to be one that can't cross. */
const compileOrRefuse = <A>(schema: Schema.Schema<A>): Translator<A> => {
  try {
    return compile(schema)
  } catch (error) {
    const issue = issueOf(error)
    return { encode: () => issue, decode: () => issue, changes: () => true }
  }
}

/** The same schema, compiled where code may be generated. The program's own schema, and what else uses it, is not touched. */
const compiled = (ast: SchemaAST.AST): SchemaAST.AST => {
  const own = detach(ast)
  SchemaJITCompiler.enable(own)
  SchemaJITCompiler.enable(SchemaAST.flip(own))
  return own
}

/** A schema in the form in which its values cross. */
interface WireSchema<A> {
  readonly codec: Schema.Codec<A, unknown>
  readonly encoded: SchemaAST.AST
  /** A value is something else on its way. */
  readonly changes: boolean
}

const wireSchema = <A>(schema: Schema.Schema<A>, mover: clonable.Mover): WireSchema<A> => {
  const ast = compiled(clonable.derive(schema.ast, mover))
  const encoded = SchemaAST.toEncoded(ast)
  return { codec: Schema.make(ast), encoded, changes: encoded !== SchemaAST.toType(ast) }
}

/** Derives the clonable form of a schema and compiles both directions. */
const compile = <A>(schema: Schema.Schema<A>): Translator<A> => {
  const simple = wireSchema(schema, "encoder")
  const hidden = settling.hidesMoves(simple.codec.ast, simple.encoded)
  const { changes, codec, encoded } = hidden ? wireSchema(schema, "effect") : simple
  const ways = { keeping: settling.make(encoded), borrowing: settling.makeBorrowing(encoded) }
  const format = valueFormat.make(valueFormat.describe(encoded))
  const decodeSync = SchemaParser.decodeUnknownSync(codec)
  return {
    encode: changes ? collecting(codec, ways, format) : checking(codec, ways, format),
    decode(wire) {
      try {
        return decodeSync(wire)
      } catch (error) {
        return issueOf(error)
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
  format: valueFormat.ValueFormat
): Translator["encode"] => {
  const encode = SchemaParser.encodeUnknownSync(codec)
  return (value, borrows = false) => {
    const settle = borrows ? ways.borrowing : ways.keeping
    try {
      const wire = encode(value)
      return settle === undefined
        ? { value: wire, transfer: none, format, copies: none }
        : settled(settle, wire, none, format)
    } catch (error) {
      return issueOf(error)
    }
  }
}

/** Gives an encoded value bytes of its own, and collects what moves. */
const settled = (
  settle: settling.Settle,
  wire: unknown,
  asked: ReadonlyArray<unknown>,
  format: valueFormat.ValueFormat
): Encoded => {
  const moving = new Moving(asked)
  const value = settle(wire, moving)
  return { value, transfer: moving.all, format, copies: moving.copies ?? none }
}

/**
 * Copies the bytes that a message has borrowed, because it is not posted at once.
 *
 * **Details**
 * - Only a message that is bytes, and the fields of a struct, are borrowed; so only those are looked at.
 */
export const copyBorrowed = (encoded: Encoded): Encoded => {
  const { transfer, value } = encoded
  const copies = Array.from(encoded.copies)
  const copy = (part: unknown): unknown => {
    if (
      !(part instanceof Uint8Array) || part.byteLength < moveFrom || transfer.some((moved) => moved === part.buffer)
    ) {
      return part
    }
    const own = new Uint8Array(part)
    copies.push(own.buffer)
    return own
  }
  if (value instanceof Uint8Array) return { ...encoded, value: copy(value), copies }
  // Only a struct's fields are borrowed.
  if (typeof value !== "object" || value === null || Object.getPrototypeOf(value) !== Object.prototype) return encoded
  const fields = Object.fromEntries(Object.entries(value).map(([name, part]) => [name, copy(part)]))
  return { ...encoded, value: fields, copies }
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
  format: valueFormat.ValueFormat
): Translator["encode"] => {
  const encode = SchemaParser.encodeUnknownEffect(codec)
  return (value, borrows = false) => {
    const settle = borrows ? ways.borrowing : ways.keeping
    try {
      const encoded = encode(value)
      // Not `runSyncExit`, which makes a context each time. That is as dear as all else here.
      const exit = Exit.isExit(encoded) ? encoded : atOnce(forkCollecting(encoded))
      const asked = collector.readUnsafe().length === 0 ? none : collector.clearUnsafe()
      if (exit instanceof CodecIssue) return exit
      if (Exit.isFailure(exit)) return issueOf(Cause.squash(exit.cause))
      if (settle === undefined) return { value: exit.value, transfer: none, format, copies: none }
      return settled(settle, exit.value, asked, format)
    } catch (error) {
      return issueOf(error)
    }
  }
}

/** What a fiber has come to already. Else it ends here, before it has anything moved that is another message's. */
const atOnce = <A, E>(fiber: Fiber.Fiber<A, E>): Exit.Exit<A, E> | CodecIssue => {
  const exit = fiber.pollUnsafe()
  if (exit !== undefined) return exit
  fiber.interruptUnsafe()
  return new CodecIssue("it is encoded asynchronously, which a message can't wait for")
}

/** What a schema, or its own code, has thrown, in words. */
export const issueOf = (error: unknown): CodecIssue => {
  if (error instanceof NotClonable) return new CodecIssue(error.describe())
  const issue = error instanceof Error && SchemaIssue.isIssue(error.cause) ? error.cause : error
  if (SchemaIssue.isIssue(issue)) return new CodecIssue(new Schema.SchemaError(issue).message)
  // What a schema's own code has thrown.
  if (issue instanceof Error && Cause.isCause(issue.cause)) return issueOf(Cause.squash(issue.cause))
  return new CodecIssue(issue instanceof Error ? issue.message : String(issue))
}

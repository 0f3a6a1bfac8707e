/**
 * The keys of a keyed actor as texts: the same text for keys that are equal by their schema, and back again.
 *
 * ```text
 *   Schema.String         "lobby"                   lobby
 *   Schema.Int            7                         7
 *   a struct              { room: 1, guild: "g" }   {"guild":"g","room":1}
 * ```
 *
 * A key that its schema encodes to a text is that text. Any other is the JSON of what its schema encodes it to, its fields in
 * alphabetical order.
 */
import * as Schema from "effect/Schema"
import * as SchemaAST from "effect/SchemaAST"
import * as SchemaParser from "effect/SchemaParser"
import { isMasked } from "../values/masked.ts"
import { checkSchema } from "./codec.ts"
import { type CodecIssue, issueOf } from "./translator.ts"

/** Both directions of the keys of one actor. */
export interface KeyCodec {
  readonly schema: Schema.Top
  readonly encode: (key: unknown) => string | CodecIssue
  readonly decode: (text: string) => unknown
  /** Reads a key that a person has written, in which a field that the schema does not know is a misspelt one. */
  readonly read: (text: string) => unknown
}

type Compiled = Omit<KeyCodec, "schema">

/**
 * Makes the codec of the keys of an actor. It is compiled at its first use, as those of messages are.
 *
 * **Gotchas**
 * - Throws if values of the schema can't cross threads, or are secret.
 */
export const make = (actor: string, schema: Schema.Codec<unknown, unknown>): KeyCodec => {
  checkSchema(`the key of ${actor}`, schema)
  if (isMasked(schema.ast)) {
    throw new TypeError(`the key of ${actor} is in logs, errors and events: no part of it can be Redacted`)
  }
  let compiled: Compiled | undefined
  const own = () => compiled ??= compile(schema)
  return {
    schema,
    encode: (key) => own().encode(key),
    decode: (text) => own().decode(text),
    read: (text) => own().read(text)
  }
}

const strict = { errors: "all", onExcessProperty: "error" } as const

/** Makes what turns the keys of a schema into texts, and back. */
const compile = (schema: Schema.Codec<unknown, unknown>): Compiled => {
  const codec = Schema.toCodecJson(schema)
  const isText = isOfText(SchemaAST.toEncoded(codec.ast))
  const encode = SchemaParser.encodeUnknownSync(codec)
  const parse = SchemaParser.decodeUnknownSync(codec)
  const decode = (text: string, options?: SchemaAST.ParseOptions): unknown => {
    try {
      return parse(isText ? text : JSON.parse(text), options)
    } catch (error) {
      return issueOf(error)
    }
  }
  const isPlain = isText && isPlainText(codec.ast)
  return {
    encode(key) {
      if (isPlain && typeof key === "string") return key
      try {
        const encoded: unknown = encode(key)
        return isText && typeof encoded === "string" ? encoded : canonical(encoded)
      } catch (error) {
        return issueOf(error)
      }
    },
    decode: (text) => decode(text),
    read: (text) => decode(text, strict)
  }
}

/** Whether every text is a value, and its own form. */
const isPlainText = ({ _tag, checks, encoding }: SchemaAST.AST): boolean =>
  _tag === "String" && checks === undefined && encoding === undefined

/** Whether all values are texts. */
const isOfText = (ast: SchemaAST.AST): boolean => {
  switch (ast._tag) {
    case "String":
    case "TemplateLiteral":
      return true
    case "Literal":
      return typeof ast.literal === "string"
    case "Union":
      return ast.types.length > 0 && ast.types.every(isOfText)
    default:
      return false
  }
}

/** JSON in which equal values look the same, whatever the order of their fields. */
const canonical = (value: unknown): string => {
  const text = JSON.stringify(value, (_, part: unknown) => isPlain(part) ? sorted(part) : part)
  // What JSON has no form for.
  if (text === undefined) throw new TypeError(`a key can't be ${String(value)}`)
  return text
}

const isPlain = (part: unknown): part is Readonly<Record<string, unknown>> =>
  typeof part === "object" && part !== null && !Array.isArray(part)

const sorted = (record: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> =>
  Object.fromEntries(Object.entries(record).toSorted(([a], [b]) => a < b ? -1 : 1))

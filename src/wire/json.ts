/**
 * The messages of a protocol as JSON, for people and programs outside the process.
 *
 * What is redacted is masked on its way out. A field that the schema does not know is an error: it is a misspelt one.
 */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Rpc from "effect/rpc/Rpc"
import * as RpcSchema from "effect/rpc/RpcSchema"
import * as Schema from "effect/Schema"
import * as thrown from "../base/thrown.ts"
import { masked } from "../values/masked.ts"
import { estimate } from "../values/size.ts"
import { errorOf, hasSchemas, withoutServices } from "./codec.ts"
import { CodecIssue, issueOf } from "./translator.ts"

/** A message as JSON, in both directions. */
export interface JsonCodec {
  readonly isStream: boolean
  /** Reads a payload; `undefined` is no payload. */
  readonly payload: (json: unknown) => { readonly value: unknown } | CodecIssue
  readonly showPayload: Show
  /** Of a stream, an element. */
  readonly showSuccess: Show
  readonly showError: Show
}

/** Writes a value as JSON; nothing for a value that is none. */
export type Show = (value: unknown) => { readonly json?: unknown } | CodecIssue

/** The JSON of a message. */
export const make = (rpc: Rpc.Any): JsonCodec | undefined => {
  if (!hasSchemas(rpc)) return undefined
  const stream = RpcSchema.isStreamSchema(rpc.successSchema) ? rpc.successSchema : undefined
  return {
    isStream: stream !== undefined,
    payload: reader(rpc.payloadSchema),
    showPayload: shower(rpc.payloadSchema),
    showSuccess: shower(stream?.success ?? rpc.successSchema),
    showError: shower(errorOf(rpc))
  }
}

const isNothing = ({ ast }: Schema.Top): boolean => ast._tag === "Void" || ast._tag === "Undefined"

const isEmpty = (json: unknown): boolean =>
  json === undefined || json === null ||
  (typeof json === "object" && !Array.isArray(json) && Object.keys(json).length === 0)

const strict = { errors: "all", onExcessProperty: "error" } as const

/** Makes what reads the values of a schema from JSON. */
const reader = (schema: Schema.Top): JsonCodec["payload"] => {
  if (isNothing(schema)) {
    return (json) => isEmpty(json) ? { value: undefined } : new CodecIssue("the message has no payload")
  }
  const decode = Schema.decodeUnknownEffect(withoutServices(Schema.toCodecJson(schema)), strict)
  const construct = withoutServices(schema)
  return (json) => {
    const given = json === undefined ? {} : json
    const decoded = settled(decode(given))
    if (!(decoded instanceof CodecIssue)) return decoded
    // What the schema would fill in for a caller in the program, it fills in here as well.
    const made = settled(construct.makeEffect(given, { parseOptions: strict }))
    if (!(made instanceof CodecIssue)) return made
    // The way that finds less wrong is the one that was meant.
    return made.text.length < decoded.text.length ? made : decoded
  }
}

/** Makes what writes the values of a schema as JSON. It is compiled for the first value. */
export const shower = (schema: Schema.Top): Show => {
  let compiled: Show | undefined
  return (value) => (compiled ??= compile(schema))(value)
}

/** At most this much of a value is shown, and nothing of one that would be costly to write. */
const mostBytes = 4096
const mostBytesWritten = 256 * 1024

/** A value as a short text of JSON. */
export const text = (show: Show, value: unknown): string => {
  try {
    if (estimate(value) > mostBytesWritten) return `more than ${mostBytesWritten} bytes`
    const shown = show(value)
    if (shown instanceof CodecIssue) return thrown.cut(`can't be shown: ${shown.text}`, mostBytes)
    return "json" in shown ? thrown.cut(JSON.stringify(shown.json), mostBytes) : "nothing"
  } catch (error) {
    return thrown.cut(`can't be shown: ${thrown.describe(error).message}`, mostBytes)
  }
}

/** Makes what shows the values of a schema as JSON, with secrets masked. */
const compile = (schema: Schema.Top): Show => {
  if (isNothing(schema)) return () => ({})
  const encode = Schema.encodeUnknownEffect(
    withoutServices(Schema.toCodecJson(Schema.make<Schema.Top>(masked(schema.ast))))
  )
  return (value) => {
    const encoded = settled(encode(value))
    return encoded instanceof CodecIssue ? encoded : encoded.value === undefined ? {} : { json: encoded.value }
  }
}

/** What an effect of a schema comes to at once. */
const settled = <A>(effect: Effect.Effect<A, unknown>): { readonly value: A } | CodecIssue => {
  const exit = Effect.runSyncExit(effect)
  return Exit.isSuccess(exit) ? { value: exit.value } : issueOf(Cause.squash(exit.cause))
}

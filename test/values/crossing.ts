/** What becomes of values that cross: over a real port between two threads' ends, and within one thread. */
import type * as Schema from "effect/Schema"
import { DatabaseSync } from "node:sqlite"
import { MessageChannel, receiveMessageOnPort } from "node:worker_threads"
import { Writer } from "../../src/wire/batch.ts"
import { Reader } from "../../src/wire/batchReader.ts"
import * as disk from "../../src/wire/stored.ts"
import { CodecIssue, translatorOf } from "../../src/wire/translator.ts"

const { port1, port2 } = new MessageChannel()
port1.unref()
port2.unref()
const writer = new Writer()
const reader = new Reader()

const database = new DatabaseSync(":memory:").prepare("SELECT ? AS bytes")

const accepted = <A>(result: A | CodecIssue): A => {
  if (result instanceof CodecIssue) throw new Error(result.text)
  return result
}

/** What arrives of a value on another thread. */
export const across = (schema: Schema.Constraint, value: unknown): unknown => {
  const translator = translatorOf(asCodec(schema))
  const { format, transfer, value: encoded } = accepted(translator.encode(value))
  if (!writer.add(["done", 1, "success", encoded], format, transfer)) throw new Error("it can't be written")
  const { moved, parts } = writer.take()
  port1.postMessage(parts, [...moved, ...transfer])
  let arrived: unknown
  reader.read(receiveMessageOnPort(port2)?.message, (frame) => {
    arrived = frame[3]
  })
  return accepted(translator.decode(arrived))
}

/** What arrives of a value that a storage has kept, and another process has read. */
export const stored = (schema: Schema.Constraint, value: unknown): unknown => {
  const translator = translatorOf(asCodec(schema))
  const bytes = accepted(disk.write(accepted(translator.encode(value)).value))
  const kept = database.get(bytes)?.["bytes"]
  if (!(kept instanceof Uint8Array)) throw new Error("the database has returned no bytes")
  const { value: read } = accepted(disk.read(kept, disk.version))
  port1.postMessage(read)
  return accepted(translator.decode(receiveMessageOnPort(port2)?.message))
}

/** What arrives of a value on the same thread. */
export const within = (schema: Schema.Constraint, value: unknown): unknown => {
  const translator = translatorOf(asCodec(schema))
  const { value: encoded } = accepted(translator.encode(value))
  return translator.changes() ? accepted(translator.decode(encoded)) : encoded
}

/** Why a value is not sent. */
export const complaintOf = (schema: Schema.Constraint, value: unknown): string => {
  const encoded = translatorOf(asCodec(schema)).encode(value)
  return encoded instanceof CodecIssue ? encoded.text : "accepted"
}

const asCodec = (schema: Schema.Constraint) => schema as Schema.Codec<unknown, unknown>

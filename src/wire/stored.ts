/**
 * Values as bytes that outlive the process: what a translator has encoded, in V8's own form, which keeps all that structured
 * clone carries, `undefined`, `-0` and NaN among it.
 *
 * V8 reads what earlier versions of it have written. The version here is that of what lies around it.
 */
import { Deserializer, Serializer } from "node:v8"
import { CodecIssue } from "./translator.ts"

/** The version of the form in which `write` writes. */
export const version = 1

/** A value as bytes, or why it can't be written. */
export const write = (value: unknown): Uint8Array<ArrayBuffer> | CodecIssue => {
  try {
    const serializer = new Serializer()
    serializer.writeHeader()
    serializer.writeValue(value)
    return new Uint8Array(serializer.releaseBuffer())
  } catch (error) {
    return new CodecIssue(`what it holds can't be written to disk: ${error instanceof Error ? error.message : error}`)
  }
}

/** The most bytes of a message, or of an answer, that the storage keeps: databases take no more than about four times as many. */
export const mostBytes = 256 * 1024 * 1024

/** Bytes that the storage can keep, or why it can't. */
export const bounded = <Bytes extends Uint8Array>(bytes: Bytes | CodecIssue, most = mostBytes): Bytes | CodecIssue =>
  bytes instanceof CodecIssue || bytes.length <= most
    ? bytes
    : new CodecIssue(
      `it has ${bytes.length} bytes, and what is durable may have ${most}; write it to a file, and send its name`
    )

/** The value of bytes that `write` of a version has written, or why they can't be read. */
export const read = (bytes: Uint8Array, writtenBy: number): { readonly value: unknown } | CodecIssue => {
  if (writtenBy !== version) {
    return new CodecIssue(`it was written in form ${writtenBy}, and this heddle reads form ${version} only`)
  }
  try {
    const deserializer = new Deserializer(bytes)
    deserializer.readHeader()
    return { value: deserializer.readValue() }
  } catch (error) {
    return new CodecIssue(
      `its bytes can't be read: ${error instanceof Error ? error.message : error}. A later Node may have written them`
    )
  }
}

/** What most texts have none of. */
// oxlint-disable-next-line no-control-regex
const special = /["\\\u0000-\u001f\ud800-\udfff]/

/** A text as any database can keep it: without NUL, and without halves of surrogate pairs. */
export const escape = (text: string): string => special.test(text) ? JSON.stringify(text).slice(1, -1) : text

/** The inverse of `escape`. */
export const unescape = (escaped: string): string => {
  if (!escaped.includes("\\")) return escaped
  const text: unknown = JSON.parse(`"${escaped}"`)
  return String(text)
}

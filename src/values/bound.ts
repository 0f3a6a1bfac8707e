/**
 * Values that Node clones for another thread, and can't write down for another process: a `Blob`, a key, a compiled module of
 * WebAssembly.
 *
 * Some of them V8 writes down all the same, in a form that nobody can read; so they are noted when they are cloned.
 */
import { types } from "node:util"

const bound = new WeakSet<object>()
let someAre = false

/** Notes what was cloned, if it can't leave its process. */
export const note = (cloned: object): void => {
  if (isWritten(cloned)) return
  bound.add(cloned)
  someAre = true
}

/** What V8 writes down by itself. */
const isWritten = (value: object): boolean =>
  types.isRegExp(value) || types.isBoxedPrimitive(value) || types.isNativeError(value) ||
  (ArrayBuffer.isView(value) && !types.isSharedArrayBuffer(value.buffer))

/** A part of a message that can't leave its process; nothing if all of it can. */
export const find = (message: unknown): object | undefined => someAre ? findIn(message, new Set()) : undefined

const findIn = (value: unknown, seen: Set<object>): object | undefined => {
  if (typeof value !== "object" || value === null || seen.has(value)) return undefined
  if (bound.has(value)) return value
  seen.add(value)
  for (const part of partsOf(value)) {
    const found = findIn(part, seen)
    if (found !== undefined) return found
  }
  return undefined
}

const partsOf = (value: object): Iterable<unknown> => {
  if (ArrayBuffer.isView(value)) return []
  if (types.isMap(value)) return [...value.keys(), ...value.values()]
  if (types.isSet(value)) return value
  return types.isNativeError(value) ? [value.cause] : Object.values(value)
}

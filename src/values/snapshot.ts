/**
 * Copies what an encoded value holds that can change or may not be cloned, so that a message is what it was when it was sent,
 * on another thread and on the same one, and posting it can't fail.
 *
 * Encoding builds structs, arrays, maps and sets itself. What it passes on as it is is copied here: dates, bytes, and whatever
 * `Schema.Unknown` admits. Bytes that a schema marks as transferable are not copied when they can move.
 */
import { types } from "node:util"
import { isMarkedAsUntransferable, type Transferable } from "node:worker_threads"
import * as bound from "./bound.ts"
import { typedArrays } from "./carried.ts"
import { NotClonable, ofPart } from "./notClonable.ts"

const nothing: ReadonlySet<unknown> = new Set()

/** What one message moves. */
export class Moving {
  /** What the schema says must move. */
  readonly asked: ReadonlySet<unknown>
  /** What of it is moved. */
  readonly all: Array<Transferable> = []
  /** The memory of large copies, of which nobody else knows: the message can give it back. */
  copies: Array<ArrayBuffer> | undefined

  constructor(asked: ReadonlyArray<unknown>) {
    this.asked = asked.length === 0 ? nothing : new Set(asked)
    for (const one of this.asked) if (!(one instanceof ArrayBuffer) && isTransferable(one)) this.all.push(one)
  }

  /** Moves a buffer instead of copying it, if that may be. */
  take(buffer: ArrayBuffer): boolean {
    if (!canMove(buffer)) return false
    if (!this.all.includes(buffer)) this.all.push(buffer)
    return true
  }
}

/** Nothing else can stand in a list of what moves; Node says so if it can't. */
const isTransferable = (value: unknown): value is Transferable => typeof value === "object" && value !== null

/** Memory that is shared by many (the pool of `Buffer`), or that somebody goes on with (a resizable buffer), stays. */
const canMove = (buffer: ArrayBuffer): boolean =>
  buffer.byteLength > 0 && !buffer.resizable && !isMarkedAsUntransferable(buffer)

/** Bytes that shall move: a view of all of its buffer moves with it, any other is copied, so that its neighbours stay. */
export const moveBytes = (value: unknown, moving: Moving): unknown => {
  if (!(value instanceof Uint8Array)) return snapshot(value, moving)
  const { buffer, byteLength } = value
  const whole = buffer instanceof ArrayBuffer && byteLength === buffer.byteLength
  if (!whole || !moving.take(buffer)) return copyOf(value, moving)
  return Object.getPrototypeOf(value) === Uint8Array.prototype ? value : new Uint8Array(buffer)
}

/** Exactly the bytes of a view, in memory of their own, unless they move. A `Buffer` is a view, too. */
export const copyBytes = (value: unknown, moving: Moving): unknown => {
  if (!(value instanceof Uint8Array)) return value
  return moving.asked.has(value.buffer) ? moveBytes(value, moving) : copyOf(value, moving)
}

/**
 * From this number of bytes on it costs less to copy them and move the copy than to have them cloned, which copies them twice.
 */
export const moveFrom = 8192

/** Leaves many bytes where they are, for a message that is posted at once: posting copies them. */
export const borrowBytes = (value: unknown, moving: Moving): unknown => {
  if (!(value instanceof Uint8Array) || value.byteLength < moveFrom) return copyBytes(value, moving)
  return value.buffer instanceof ArrayBuffer && !value.buffer.resizable ? value : copyBytes(value, moving)
}

/** The bytes of a view, in memory of their own. */
const copyOf = (view: Uint8Array, moving: Moving): Uint8Array => {
  expectAttached(view.buffer)
  const copy = new Uint8Array(view)
  if (copy.byteLength >= moveFrom) (moving.copies ??= []).push(copy.buffer)
  return copy
}

const expectAttached = (buffer: ArrayBufferLike): void => {
  if (buffer instanceof ArrayBuffer && buffer.detached) {
    throw new NotClonable("the bytes have been moved away by another message")
  }
}

/** A copy of a date. It holds nothing else, so nothing has to be remembered of it, as a snapshot would do. */
export const copyDate: typeof snapshot = (value, moving) =>
  types.isDate(value) && Object.getPrototypeOf(value) === Date.prototype ? new Date(value) : snapshot(value, moving)

/**
 * A copy of anything that structured clone would carry whole.
 *
 * **Details**
 * - Plain objects, arrays, maps, sets, dates, errors and bytes are copied here; what else there is, by structured clone.
 * - Throws `NotClonable`, with the path: functions, symbols, instances of classes, bytes that have been moved away, and what is
 *   more than 500 levels deep.
 */
export const snapshot = (value: unknown, moving: Moving): unknown => {
  switch (typeof value) {
    case "object":
      return value === null ? null : new Copying(moving).copy(value)
    case "function":
    case "symbol":
      throw new NotClonable(`a ${typeof value} can't be sent`)
    default:
      return value
  }
}

/** So many holes of an array are looked at, one by one. */
const mostHoles = 100_000

/** What is deeper may be too deep for being cloned, which must not fail any more. */
const mostLevels = 500

/** The copying of one value. What it holds twice, or holds itself, is so in the copy. */
class Copying {
  private readonly copies = new Map<object, unknown>()
  private depth = 0
  private readonly moving: Moving

  constructor(moving: Moving) {
    this.moving = moving
  }

  copy(value: object): unknown {
    const known = this.copies.get(value)
    if (known !== undefined) return known
    const prototype: unknown = Object.getPrototypeOf(value)
    if (Array.isArray(value)) return this.array(value, prototype)
    if (isPlain(prototype)) return this.record(value)
    const copied = this.native(value, prototype)
    this.copies.set(value, copied)
    return copied
  }

  /** A part of the value, one level deeper. */
  private part(value: unknown, key: PropertyKey): unknown {
    if (++this.depth > mostLevels) throw new NotClonable(`it is more than ${mostLevels} levels deep`)
    try {
      if (typeof value === "object" && value !== null) return this.copy(value)
      return snapshot(value, this.moving)
    } catch (error) {
      throw this.depth < mostLevels ? ofPart(key, error) : error
    } finally {
      this.depth--
    }
  }

  /** An array, with its holes. */
  private array(value: ReadonlyArray<unknown>, prototype: unknown): unknown {
    if (prototype !== Array.prototype && !isForeign(prototype, "Array")) throw instance(prototype)
    const copied: Array<unknown> = []
    this.copies.set(value, copied)
    // What is not there is not there in the copy.
    copied.length = value.length
    for (let index = 0, holes = 0; index < value.length; index++) {
      if (index in value) copied[index] = this.part(value[index], index)
      else if (++holes > mostHoles) return this.sparse(value, copied, index)
    }
    return copied
  }

  /** The rest of an array that is mostly holes. */
  private sparse(value: ReadonlyArray<unknown>, copied: Array<unknown>, from: number): unknown {
    for (const key of Object.keys(value)) {
      const index = Number(key)
      if (index >= from && index < value.length) copied[index] = this.part(value[index], index)
    }
    return copied
  }

  /** A plain object, with the fields that structured clone would carry. */
  private record(value: object): unknown {
    const copied: Record<string, unknown> = {}
    this.copies.set(value, copied)
    for (const symbol of Object.getOwnPropertySymbols(value)) {
      if (Object.prototype.propertyIsEnumerable.call(value, symbol)) {
        throw new NotClonable(`a property named by ${String(symbol)} can't be sent`)
      }
    }
    for (const [key, inner] of Object.entries(value)) {
      const part = this.part(inner, key)
      if (key === "__proto__") define(copied, key, part)
      else copied[key] = part
    }
    return copied
  }

  /** An object of a class that structured clone knows. */
  private native(value: object, prototype: unknown): unknown {
    if (ArrayBuffer.isView(value)) return this.view(value, prototype)
    if (value instanceof ArrayBuffer) return this.buffer(value)
    if (types.isMap(value) && prototype === Map.prototype) return this.map(value)
    if (types.isSet(value) && prototype === Set.prototype) return this.set(value)
    if (types.isDate(value) && prototype === Date.prototype) return new Date(value)
    if (types.isNativeError(value)) return this.error(value, prototype)
    return this.moving.asked.has(value) ? value : clone(value, prototype)
  }

  private map(value: ReadonlyMap<unknown, unknown>): unknown {
    const copied = new Map<unknown, unknown>()
    this.copies.set(value, copied)
    let index = 0
    for (const [key, inner] of value) {
      copied.set(this.part(key, index), this.part(inner, typeof key === "string" ? key : index))
      index++
    }
    return copied
  }

  private set(value: ReadonlySet<unknown>): unknown {
    const copied = new Set<unknown>()
    this.copies.set(value, copied)
    for (const inner of value) copied.add(this.part(inner, copied.size))
    return copied
  }

  /** Memory, which moves if the message asks for it. */
  private buffer(value: ArrayBuffer): unknown {
    expectAttached(value)
    return this.moving.asked.has(value) && this.moving.take(value) ? value : value.slice(0)
  }

  /** A typed array or a `DataView`, with its part of the memory only. */
  private view(view: ArrayBufferView, prototype: unknown): unknown {
    const { buffer, byteLength, byteOffset } = view
    if (!(buffer instanceof ArrayBuffer)) return clone(view, prototype)
    expectAttached(buffer)
    const View = prototype === Buffer.prototype ? Uint8Array : views.find((View) => View.prototype === prototype)
    if (View === undefined) return clone(view, prototype)
    const whole = byteLength === buffer.byteLength
    if (whole && this.moving.asked.has(buffer) && this.moving.take(buffer)) return new View(buffer)
    return new View(buffer.slice(byteOffset, byteOffset + byteLength))
  }

  /** Structured clone knows some kinds of errors by their message, stack and cause. One with fields of its own is a class. */
  private error(error: Error, prototype: unknown): unknown {
    const Kind = errors.find(({ prototype: its }) => its === prototype)
    if (Kind === undefined) return clone(error, prototype)
    if (Object.keys(error).length > 0) throw instance(prototype, `${error.name} with fields of its own`)
    const copied = new Kind(error.message)
    this.copies.set(error, copied)
    Object.defineProperty(copied, "stack", { value: error.stack, writable: true, configurable: true })
    if (!Object.hasOwn(error, "cause")) return copied
    const cause = this.part(error.cause, "cause")
    return Object.defineProperty(copied, "cause", { value: cause, writable: true, configurable: true })
  }
}

const views: ReadonlyArray<new(buffer: ArrayBuffer) => ArrayBufferView> = [...typedArrays, DataView]
const errors = [Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError] as const

const define = (record: object, key: string, value: unknown): void =>
  void Object.defineProperty(record, key, { value, writable: true, enumerable: true, configurable: true })

/** Objects without a class, also those of another realm. */
const isPlain = (prototype: unknown): boolean =>
  prototype === Object.prototype || prototype === null || isForeign(prototype, "Object")

const isForeign = (prototype: unknown, name: string): boolean => {
  if (typeof prototype !== "object" || prototype === null) return false
  const above: unknown = Object.getPrototypeOf(prototype)
  if (name === "Object" ? above !== null : !isPlain(above)) return false
  const { constructor } = prototype
  return typeof constructor === "function" && constructor.name === name && Object.hasOwn(prototype, "constructor")
}

/** What Node can clone is of the same class afterwards; of all else only the fields would be left. */
const clone = (value: object, prototype: unknown): unknown => {
  let cloned: unknown
  try {
    cloned = structuredClone(value)
  } catch (error) {
    throw new NotClonable(error instanceof Error ? error.message : String(error))
  }
  if (typeof cloned !== "object" || cloned === null || Object.getPrototypeOf(cloned) !== prototype) {
    throw instance(prototype)
  }
  bound.note(cloned)
  return cloned
}

const instance = (prototype: unknown, name?: string): NotClonable => {
  const constructor = typeof prototype === "object" && prototype !== null ? prototype.constructor : undefined
  const of = name ?? (typeof constructor === "function" && constructor.name !== "" ? constructor.name : "a class")
  return new NotClonable(`an instance of ${of} can't be sent as plain data; give it a schema of its own`)
}

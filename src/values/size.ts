/**
 * How much memory a value takes, roughly: enough to bound what a stream sends ahead of its reader.
 *
 * Bytes and texts count in full. Of a long list, a `Map` or a `Set` a few members stand for all.
 */

/** The size of a number, a reference or an empty object. */
const cellBytes = 8
/** The most objects that one estimate visits; each further one counts as a cell. */
const mostValues = 256
/** The number of members that stand for all members of a list. */
const samples = 16

/**
 * Estimates the size of a value in bytes.
 *
 * **Details**
 * - Numbers, texts, and records of those take a fast path. Of other values at most 256 objects are looked at.
 */
export const estimate = (value: unknown): number => {
  if (typeof value === "number") return cellBytes
  if (typeof value === "string") return cellBytes + value.length
  if (!isRecord(value)) return new Estimate().of(value)
  return flatSize(value) ?? new Estimate().of(value)
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype

/** The size of a record of numbers and texts, which most elements are; of any other record there is none. */
const flatSize = (record: Readonly<Record<string, unknown>>): number | undefined => {
  let bytes = cellBytes
  for (const key in record) {
    const member = record[key]
    if (typeof member === "string") bytes += member.length
    else if (typeof member !== "number") return undefined
    bytes += 2 * cellBytes
  }
  return bytes
}

const largest = 2n ** 512n

/** The bytes of an integer; those of a small one count as none. */
const bytesOf = (integer: bigint): number =>
  integer < largest && integer > -largest ? 0 : Math.ceil(integer.toString(16).length / 2)

/** One estimate. Each object counts once. */
class Estimate {
  private left = mostValues
  private readonly seen = new Set<object>()

  of(value: unknown): number {
    if (typeof value === "string") return cellBytes + value.length
    if (typeof value === "bigint") return 2 * cellBytes + bytesOf(value)
    if (typeof value !== "object" || value === null) return cellBytes
    if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer || value instanceof SharedArrayBuffer) {
      return cellBytes + value.byteLength
    }
    return this.left > 0 && !this.seen.has(value) ? this.members(value) : cellBytes
  }

  /** An object that is looked into. */
  private members(value: object): number {
    this.left--
    this.seen.add(value)
    if (Array.isArray(value)) return cellBytes + this.list(value, value.length)
    if (value instanceof Map) return cellBytes + this.list(firstOf(value), value.size)
    if (value instanceof Set) return cellBytes + this.list(firstOf(value), value.size)
    if (typeof Blob === "function" && value instanceof Blob) return cellBytes + value.size
    let bytes = cellBytes
    for (const member of Object.values(value)) bytes += cellBytes + this.of(member)
    return bytes
  }

  /** Members that lie evenly apart stand for the rest. */
  private list(members: ReadonlyArray<unknown>, count: number): number {
    if (members.length === 0) return 0
    const step = Math.max(1, Math.ceil(members.length / samples))
    let bytes = 0
    let looked = 0
    for (let at = 0; at < members.length; at += step, looked++) bytes += cellBytes + this.of(members[at])
    return (bytes / looked) * count
  }
}

/** As many members as are looked at. */
const firstOf = (members: Iterable<unknown>): ReadonlyArray<unknown> => {
  const first: Array<unknown> = []
  for (const member of members) {
    if (first.push(member) === samples) break
  }
  return first
}

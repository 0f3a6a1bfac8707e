/**
 * How much memory a value takes, roughly: enough to bound what a stream sends ahead of its reader.
 *
 * Bytes and texts count in full. Of a long list, a `Map` or a `Set` a few members stand for all.
 */

/** What a number, a reference or an empty object counts. */
const cellBytes = 8
/** So many values are looked at; what lies beyond them counts as a cell each. */
const mostValues = 256
/** So many members of a list stand for all of them. */
const samples = 16

/** Estimates the size of a value in bytes. */
export const estimate = (value: unknown): number => {
  if (typeof value === "number") return cellBytes
  if (typeof value === "string") return cellBytes + value.length
  return new Estimate().of(value)
}

class Estimate {
  private left = mostValues
  private readonly seen = new Set<object>()

  of(value: unknown): number {
    if (typeof value === "string") return cellBytes + value.length
    if (typeof value === "bigint") return cellBytes * 2
    if (typeof value !== "object" || value === null) return cellBytes
    if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer || value instanceof SharedArrayBuffer) {
      return cellBytes + value.byteLength
    }
    if (this.left <= 0 || this.seen.has(value)) return cellBytes
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

const firstOf = (members: Iterable<unknown>): ReadonlyArray<unknown> => {
  const first: Array<unknown> = []
  for (const member of members) {
    if (first.push(member) === samples) break
  }
  return first
}

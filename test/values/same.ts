/** Whether two values are the same in all that a program can tell: kinds, keys that are there, -0, NaN, undefined. */
export const same = (one: unknown, other: unknown): boolean => {
  if (Object.is(one, other)) return true
  if (typeof one !== "object" || typeof other !== "object" || one === null || other === null) return false
  if (Object.getPrototypeOf(one) !== Object.getPrototypeOf(other)) return false
  if (one instanceof Map && other instanceof Map) return same([...one], [...other])
  if (one instanceof Set && other instanceof Set) return same([...one], [...other])
  if (one instanceof Date && other instanceof Date) return Object.is(one.getTime(), other.getTime())
  if (one instanceof RegExp && other instanceof RegExp) return String(one) === String(other)
  if (one instanceof URL && other instanceof URL) return one.href === other.href
  if (ArrayBuffer.isView(one) && ArrayBuffer.isView(other)) {
    return Buffer.from(one.buffer, one.byteOffset, one.byteLength).equals(
      Buffer.from(other.buffer, other.byteOffset, other.byteLength)
    )
  }
  const keys = Object.keys(one)
  if (keys.length !== Object.keys(other).length) return false
  if (one instanceof Error && other instanceof Error && one.message !== other.message) return false
  return keys.every((key) => Object.hasOwn(other, key) && same(Reflect.get(one, key), Reflect.get(other, key)))
}

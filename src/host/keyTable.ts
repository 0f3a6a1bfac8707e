/**
 * A table of things by their keys. A pure data structure.
 *
 * A message for a key has to find its lane, and with thousands of keys each step of that comes from memory. A `Map` compares texts
 * one by one, on average two of them; here the hashes of all keys lie together, and one text is compared.
 *
 * ```text
 *   hash of the key ---> place ---> the same hash? ---> the same key? ---> found
 *                          ^              |                   |
 *                          +-- next one --+-------------------+     until a place is empty
 * ```
 *
 * The hash depends on a number that nobody knows, which changes when too many keys are in each other's way: so nobody can choose keys
 * that are.
 */

const smallest = 16
/** So many places of others may lie between a key and where its hash says. */
const farthest = 256

/** Things by their keys. */
export class KeyTable<A extends { readonly key: string }> {
  private items: Array<A | undefined> = emptyPlaces(smallest)
  private hashes = new Int32Array(smallest)
  private count = 0
  private seed = newSeed()

  /** How many things it has. */
  get size(): number {
    return this.count
  }

  /** The thing with a key. */
  get(key: string): A | undefined {
    return this.items[this.find(key, this.hashOf(key))]
  }

  /** Adds a thing whose key the table does not have. */
  add(item: A): void {
    if (this.count * 2 >= this.items.length) this.rebuild(this.items.length * 2)
    this.count++
    // Twice as many places for a few keys in a row are few; for keys that somebody has chosen another hash helps.
    while (!this.place(item, this.hashOf(item.key))) this.reseed()
  }

  /** Takes out the thing with a key. */
  delete(key: string): void {
    let hole = this.find(key, this.hashOf(key))
    const { hashes, items } = this
    if (items[hole] === undefined) return
    const mask = items.length - 1
    // What lies behind it and would rather lie before moves up.
    for (let next = (hole + 1) & mask; items[next] !== undefined; next = (next + 1) & mask) {
      const hash = hashes[next] ?? 0
      if (((next - hash) & mask) < ((next - hole) & mask)) continue
      items[hole] = items[next]
      hashes[hole] = hash
      hole = next
    }
    items[hole] = undefined
    this.count--
    if (items.length > smallest && this.count * 8 < items.length) this.rebuild(items.length / 2)
  }

  /** All things, in no order. None may be added or deleted meanwhile. */
  *values(): IterableIterator<A> {
    for (const item of this.items) if (item !== undefined) yield item
  }

  /** Where the thing with a key is, or the empty place where it would be. */
  private find(key: string, hash: number): number {
    const { hashes, items } = this
    const mask = items.length - 1
    for (let at = hash & mask;; at = (at + 1) & mask) {
      const item = items[at]
      if (item === undefined || (hashes[at] === hash && item.key === key)) return at
    }
  }

  /** Puts a thing into an empty place; false if that is too far from where its hash says. */
  private place(item: A, hash: number): boolean {
    const { hashes, items } = this
    const mask = items.length - 1
    let at = hash & mask
    for (let steps = 0; items[at] !== undefined; at = (at + 1) & mask) if (++steps > farthest) return false
    items[at] = item
    hashes[at] = hash
    return true
  }

  private reseed(): void {
    this.seed = newSeed()
    this.rebuild(this.items.length)
  }

  /** Puts all things into a table of another size, or by another hash. */
  private rebuild(length: number): void {
    const all = Array.from(this.values())
    do {
      this.items = emptyPlaces(length)
      this.hashes = new Int32Array(length)
    } while (!all.every((item) => this.place(item, this.hashOf(item.key)) || this.changeSeed()))
  }

  private changeSeed(): boolean {
    this.seed = newSeed()
    return false
  }

  /** 32 bits of a key (FNV-1a, from a start that nobody knows). */
  private hashOf(key: string): number {
    let hash = this.seed
    for (let at = 0; at < key.length; at++) hash = Math.imul(hash ^ key.charCodeAt(at), 0x01000193)
    return hash ^ (hash >>> 15)
  }
}

const newSeed = (): number => Math.trunc(Math.random() * 2 ** 32) | 0

/** Filled, because an array with holes is read by way of its prototype. */
const emptyPlaces = <A>(length: number): Array<A | undefined> => Array.from({ length }, () => undefined)

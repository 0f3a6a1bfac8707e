/**
 * A first-in, first-out queue over an array. Instead of moving all items at each step it gives up the front of its array now and
 * then: when more than 256 places, and more than half of all, are empty.
 */
export class Queue<A> {
  private items: Array<A | undefined> = []
  private head = 0

  /** How many items there are. */
  get size(): number {
    return this.items.length - this.head
  }

  /** Adds an item at the end. */
  push(item: A): void {
    this.items.push(item)
  }

  /** The first item. */
  peek(): A | undefined {
    return this.items[this.head]
  }

  /** The item at a position from the front. */
  at(index: number): A | undefined {
    return this.items[this.head + index]
  }

  /** All items, in order. */
  toArray(): ReadonlyArray<A> {
    return this.items.slice(this.head).filter((item) => item !== undefined)
  }

  /** Whether some item is meant. */
  some(isMeant: (item: A) => boolean): boolean {
    return this.items.some((item) => item !== undefined && isMeant(item))
  }

  /** Takes the first item out. */
  shift(): A | undefined {
    if (this.size === 0) return undefined
    const item = this.items[this.head]
    this.items[this.head++] = undefined
    if (this.head > 256 && this.head * 2 > this.items.length) {
      this.items = this.items.slice(this.head)
      this.head = 0
    }
    return item
  }

  /** Takes out everything that is not to be kept. */
  keep(isKept: (item: A) => boolean): void {
    this.items = this.items.slice(this.head).filter((item) => item !== undefined && isKept(item))
    this.head = 0
  }

  /** Takes everything out. */
  clear(): ReadonlyArray<A> {
    const all = this.toArray()
    this.items = []
    this.head = 0
    return all
  }
}

/**
 * A queue over an array, which gives up its front now and then instead of moving everything at each step.
 */
export class Queue<A> {
  private items: Array<A | undefined> = []
  private head = 0

  get size(): number {
    return this.items.length - this.head
  }

  push(item: A): void {
    this.items.push(item)
  }

  peek(): A | undefined {
    return this.items[this.head]
  }

  /** The item at a position from the front. */
  at(index: number): A | undefined {
    return this.items[this.head + index]
  }

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
    const all = this.items.slice(this.head).filter((item) => item !== undefined)
    this.items = []
    this.head = 0
    return all
  }
}

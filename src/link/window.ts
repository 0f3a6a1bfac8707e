/**
 * How far the producer of a stream may be ahead of its reader: in elements, as many as the reader has asked for, and in
 * bytes.
 *
 * ```text
 *   elements:  |-- read --|--------- sent, not read ---------|-- may be sent --|
 *                         |  their bytes: less than 1 MiB,   |  if so
 *                         |  but for the last of them        |
 * ```
 */
import { Queue } from "../loop/queue.ts"
import { estimate } from "../values/size.ts"

/** An element is sent while those that the reader has not read yet are smaller than this, all together. */
const defaultAheadBytes = 2 ** 20

/** The producer's side of a stream's window. */
export class Window {
  /** Elements that the reader has asked for and not got. */
  private credit = 0
  private aheadBytes = 0
  /** The sizes of the elements that were sent and not read. */
  private readonly sizes = new Queue<number>()
  private readonly mostAheadBytes: number

  constructor(mostAheadBytes = defaultAheadBytes) {
    this.mostAheadBytes = mostAheadBytes
  }

  get isOpen(): boolean {
    return this.credit > 0 && this.aheadBytes < this.mostAheadBytes
  }

  /** The reader has read `read` elements, and takes `count` more. */
  grant(count: number, read: number): void {
    this.credit += count
    for (let n = 0; n < read; n++) this.aheadBytes -= this.sizes.shift() ?? 0
  }

  /** Takes the elements from `from` on that may be sent now; says where they end. */
  take(values: ReadonlyArray<unknown>, from: number): number {
    let to = from
    while (to < values.length && this.isOpen) {
      const bytes = estimate(values[to++])
      this.credit--
      this.aheadBytes += bytes
      this.sizes.push(bytes)
    }
    return to
  }
}

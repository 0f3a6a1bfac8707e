/**
 * How far the producer of a stream may be ahead of its reader: in elements, as many as the reader has asked for, and in
 * bytes.
 *
 * ```text
 *   elements:  |-- read --|------ sent, not read ------|-- may be sent --|
 *                         |  fewer bytes than 1 MiB,   |
 *                         |  except for the last one   |
 * ```
 */
import { Queue } from "../loop/queue.ts"
import { estimate } from "../values/size.ts"

/** The producer sends the next element only while the unread elements together are smaller than this. */
const defaultAheadBytes = 2 ** 20

/** Small elements are counted together until they fill this part of the window: to count each by itself costs more. */
const groupsPerWindow = 256

/** Elements that were sent one after the other. Their bytes are ahead of the reader until it has read all of them. */
interface Group {
  unread: number
  bytes: number
}

/** The producer's side of a stream's window. */
export class Window {
  /** Called when the reader takes more. */
  onGrant = (): void => {}
  /** Elements that the reader has asked for and not got. */
  private credit = 0
  private aheadBytes = 0
  private readonly groups = new Queue<Group>()
  private newest: Group | undefined
  private readonly mostAheadBytes: number

  constructor(mostAheadBytes = defaultAheadBytes) {
    this.mostAheadBytes = mostAheadBytes
  }

  /** Whether an element may be sent now. */
  get isOpen(): boolean {
    return this.credit > 0 && this.aheadBytes < this.mostAheadBytes
  }

  /** The reader has read `read` elements, and takes `count` more. */
  grant(count: number, read: number): void {
    this.credit += count
    this.forget(read)
    this.onGrant()
  }

  /** Takes the elements that may be sent now, beginning at index `from`, and returns the index after the last of them. */
  take(values: ReadonlyArray<unknown>, from: number): number {
    let to = from
    while (to < values.length && this.isOpen) {
      const bytes = estimate(values[to++])
      this.credit--
      this.aheadBytes += bytes
      this.add(bytes)
    }
    return to
  }

  private forget(read: number): void {
    let left = read
    for (let oldest = this.groups.peek(); oldest !== undefined && left > 0; oldest = this.groups.peek()) {
      if (oldest.unread > left) {
        oldest.unread -= left
        return
      }
      left -= oldest.unread
      this.aheadBytes -= oldest.bytes
      this.groups.shift()
      if (oldest === this.newest) this.newest = undefined
    }
  }

  private add(bytes: number): void {
    if (this.newest !== undefined && this.newest.bytes < this.mostAheadBytes / groupsPerWindow) {
      this.newest.unread++
      this.newest.bytes += bytes
    } else this.groups.push(this.newest = { unread: 1, bytes })
  }
}

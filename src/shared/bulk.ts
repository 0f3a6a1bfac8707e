/**
 * Large bytes on their way from one process to another: in a part of the file of the shared memory, because a socket holds few of
 * them at a time.
 *
 * ```text
 *   sender --- put ---> |  a  |  b  |    free    | --- take, in the same order ---> receiver, which counts what it has taken
 * ```
 *
 * Nobody maps that part: it is written and read as a file, which is faster than V8 copies shared memory, and needs no `node:ffi`.
 */
import { readSync, writeSync } from "node:fs"

/** The part of the file that one direction of a link has. Only pages that were written to take memory. */
export const bulkBytes = 4 * 2 ** 20

/** Fewer bytes than this go faster by the socket. */
export const leastBytes = 32 * 2 ** 10

/** Where the part of one direction begins, and how many values its receiver has taken. */
export interface Part {
  readonly fd: number
  readonly offset: number
  readonly taken: Int32Array
}

/** Bytes that the receiver has not taken yet. */
interface Span {
  readonly from: number
  readonly to: number
}

/** The sender's end. */
export class Sending {
  private readonly part: Part
  /** What is not taken yet, the oldest first. */
  private readonly spans: Array<Span> = []
  /** How many were put, as the receiver counts what it takes. */
  private count: number

  constructor(part: Part) {
    this.part = part
    this.count = Atomics.load(part.taken, 0)
  }

  /** Puts bytes there, and returns where; undefined if there is no room. */
  put(bytes: Uint8Array): number | undefined {
    this.forget()
    const from = this.roomFor(bytes.byteLength)
    if (from === undefined || !this.write(bytes, from)) return undefined
    this.spans.push({ from, to: from + bytes.byteLength })
    this.count = (this.count + 1) | 0
    return from
  }

  /** The last that were put are not sent after all. */
  undo(count: number): void {
    this.spans.length -= count
    this.count = (this.count - count) | 0
  }

  private forget(): void {
    const untaken = (this.count - Atomics.load(this.part.taken, 0)) | 0
    this.spans.splice(0, this.spans.length - untaken)
  }

  /** What is free: all, or what lies between the youngest and the oldest. */
  private roomFor(bytes: number): number | undefined {
    const oldest = this.spans[0]
    const youngest = this.spans.at(-1)
    if (oldest === undefined || youngest === undefined) return bytes <= bulkBytes ? 0 : undefined
    if (youngest.from < oldest.from) return youngest.to + bytes <= oldest.from ? youngest.to : undefined
    if (youngest.to + bytes <= bulkBytes) return youngest.to
    return bytes <= oldest.from ? 0 : undefined
  }

  private write(bytes: Uint8Array, from: number): boolean {
    const { fd, offset } = this.part
    try {
      return writeSync(fd, bytes, 0, bytes.byteLength, offset + from) === bytes.byteLength
    } catch {
      // The system has no memory for it, or somebody has closed the descriptor: there is the socket.
      return false
    }
  }
}

/** The receiver's end. */
export class Receiving {
  private readonly part: Part

  constructor(part: Part) {
    this.part = part
  }

  /** Takes the next bytes, which lie where their sender says. */
  take(from: number, length: number): ArrayBuffer {
    const { fd, offset, taken } = this.part
    const bytes = Buffer.allocUnsafeSlow(length)
    const read = readSync(fd, bytes, 0, length, offset + from)
    if (read !== length) throw new Error(`${length} bytes of a message can't be read: there are ${read}`)
    Atomics.add(taken, 0, 1)
    return bytes.buffer
  }
}

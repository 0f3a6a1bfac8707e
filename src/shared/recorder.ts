/**
 * The last records that a thread has logged, in shared memory: others read them while it hangs, and after its death, whatever it
 * died of.
 *
 * ```text
 *   Int32: head, tail     positions that count up, and wrap around at 2 ** 32
 *   records               from tail to head, round and round: length in bytes (4 bytes), UTF-8
 * ```
 *
 * Only the thread writes. It moves the tail before it overwrites what was there, and the head after it has written: what lies
 * between them is whole at any time, even if the thread dies in the middle.
 */
import { type Allocate, inProcess } from "./memory.ts"

const [head, tail] = [0, 1]
const headerBytes = 8
/** A power of two, so that positions may wrap around. */
const bytes = 64 * 1024
const lengthBytes = 4
/** A record that is longer is cut. */
const mostBytes = 4096

/** Allocates the recorder of a thread. */
export const allocate = (allocate: Allocate = inProcess): SharedArrayBuffer => allocate(headerBytes + bytes)

export type Recorder = ReturnType<typeof make>

/** What a reader got, and where it goes on. */
export interface Read {
  readonly records: ReadonlyArray<string>
  readonly position: number
}

/** Opens a recorder. */
export const make = (memory: SharedArrayBuffer) => {
  const marks = new Int32Array(memory, 0, 2)
  const data = new Uint8Array(memory, headerBytes)
  const at = (position: number): number => position & (bytes - 1)

  const put = (position: number, content: Uint8Array): void => {
    const from = at(position)
    const first = content.subarray(0, bytes - from)
    data.set(first, from)
    if (first.length < content.length) data.set(content.subarray(first.length), 0)
  }

  const take = (position: number, length: number): Buffer => {
    const from = at(position)
    const first = data.slice(from, Math.min(bytes, from + length))
    return first.length === length ? Buffer.from(first) : Buffer.concat([first, data.slice(0, length - first.length)])
  }

  const lengthAt = (position: number): number => take(position, lengthBytes).readInt32LE()

  const since = (from: number | undefined): Read => {
    const end = Atomics.load(marks, head)
    const first = Atomics.load(marks, tail)
    const records: Array<{ readonly position: number; readonly text: string }> = []
    let position = from === undefined || ((from - first) | 0) < 0 ? first : from
    while (((end - position) | 0) > 0) {
      const length = lengthAt(position)
      // The writer has overtaken the reader.
      if (length < 0 || length > mostBytes) break
      records.push({ position, text: take((position + lengthBytes) | 0, length).toString() })
      position = (position + lengthBytes + length) | 0
    }
    const oldest = Atomics.load(marks, tail)
    const whole = records.filter(({ position }) => ((position - oldest) | 0) >= 0)
    return { records: whole.map(({ text }) => text), position: end }
  }

  return {
    /** Adds a record, in the place of the oldest ones if there is no room. */
    write(record: string): void {
      const content = Buffer.from(record).subarray(0, mostBytes)
      const from = marks[head] ?? 0
      const end = (from + lengthBytes + content.length) | 0
      let oldest = marks[tail] ?? 0
      while (((end - oldest) | 0) > bytes) oldest = (oldest + lengthBytes + lengthAt(oldest)) | 0
      Atomics.store(marks, tail, oldest)
      const length = Buffer.alloc(lengthBytes)
      length.writeInt32LE(content.length)
      put(from, length)
      put((from + lengthBytes) | 0, content)
      Atomics.store(marks, head, end)
    },
    /** The records that are there, the oldest first; of many, the last `most`. */
    read: (most: number): ReadonlyArray<string> => since(undefined).records.slice(-most),
    /** The records after a position that an earlier call has returned, or all that are there; and the position after them. */
    since
  }
}

/**
 * The messages of a thread whose handlers go on, in the part of its status block that is theirs. Only the thread writes
 * it; main reads it when the thread has died.
 *
 * ```text
 *   per message, up to 16: Int32: actor, message, sender, nothing; then for all of them Float64: since when
 *   the key of each, and that of the message whose handler runs, if they are for keys
 * ```
 */
import * as keyText from "./keyText.ts"

const most = 16
const keysAt = most * (4 * 4 + 8)

/** The size of this part. */
export const bytes = keysAt + (most + 1) * keyText.bytes

/** A message whose handler goes on, all by their positions; since when by the clock that the threads of a process share. */
export interface Entry {
  readonly actor: number
  readonly message: number
  readonly sender: number
  readonly sinceMillis: number
  /** Of a keyed actor; of any other it means nothing. */
  readonly key: string
}

export class HandledMessages {
  /** Actor, message and sender of each; the actor is 0 where there is no message, else one more than its position. */
  private readonly numbers: Int32Array
  private readonly since: Float64Array
  private readonly keys: keyText.KeyTexts
  /** Which entries are taken, one bit each. Only the thread itself takes any. */
  private taken = 0

  constructor(memory: SharedArrayBuffer, offset: number) {
    this.numbers = new Int32Array(memory, offset, most * 4)
    this.since = new Float64Array(memory, offset + most * 4 * 4, most)
    this.keys = new keyText.KeyTexts(memory, offset + keysAt, most + 1)
  }

  /** Notes for which key the message is whose handler runs. */
  noteKey(key: string): void {
    this.keys.write(most, key)
  }

  /** The key that was noted last. */
  readKey(): string {
    return this.keys.read(most)
  }

  /** Notes a message whose handler goes on. Returns the number of its entry, -1 if there are too many of them. */
  enter(actor: number, message: number, sender: number, sinceMillis: () => number, key?: string): number {
    const free = ~this.taken & (2 ** most - 1)
    if (free === 0) return -1
    const entry = 31 - Math.clz32(free & -free)
    this.taken |= 1 << entry
    this.since[entry] = sinceMillis()
    if (key !== undefined) this.keys.write(entry, key)
    this.numbers[entry * 4 + 1] = message
    this.numbers[entry * 4 + 2] = sender
    this.numbers[entry * 4] = actor + 1
    return entry
  }

  /** The handler of a message has ended. */
  leave(entry: number): void {
    if (entry < 0) return
    this.taken &= ~(1 << entry)
    this.numbers[entry * 4] = 0
  }

  /** The messages whose handlers go on, and since when. */
  entries(): ReadonlyArray<Entry> {
    return Array.from(this.since, (sinceMillis, entry): Entry => ({
      actor: Atomics.load(this.numbers, entry * 4) - 1,
      message: Atomics.load(this.numbers, entry * 4 + 1),
      sender: Atomics.load(this.numbers, entry * 4 + 2),
      sinceMillis,
      key: this.keys.read(entry)
    })).filter(({ actor }) => actor >= 0)
  }
}

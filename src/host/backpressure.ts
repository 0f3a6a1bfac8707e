/**
 * Resumes senders that found a mailbox full once it has room again: usually when half of it is empty, so that they fill it by
 * many messages at a time.
 */
import type { StatusBlock } from "../shared/statusBlock.ts"

/** What is known of a mailbox of that capacity. */
interface Watermark {
  readonly capacity: number
  /** So many messages have to leave it until there may be something to tell. */
  ahead: number
}

/**
 * Makes what is called when a message has left a mailbox.
 *
 * **Details**
 * - It keeps a watermark for each mailbox: how many messages have to leave before it can matter whether senders wait.
 */
export const make = (options: {
  readonly block: StatusBlock
  /** The capacity of a mailbox, as senders know it. */
  readonly capacity: (actor: number) => number
  /** With how many messages left a mailbox lets its senders go on. */
  readonly lowWater: (actor: number) => number
  /** Senders are waiting, and the mailbox has room again. */
  readonly resume: (actor: number) => void
}) => {
  const { block } = options
  const watermarks: Array<Watermark> = []

  /** What senders are just writing is read as seldom as can be, because to read it makes both wait. */
  const look = (actor: number, capacity: number): Watermark => {
    const low = options.lowWater(actor)
    const over = block.depth(actor) - low
    if (over > 0) return { capacity, ahead: over }
    if (block.waiters(actor) > 0) options.resume(actor)
    // A sender that waits from now on has found it full. Then as many have to leave before it is that empty.
    return { capacity, ahead: capacity - low }
  }

  /** A message has left the mailbox. */
  return (actor: number): void => {
    block.leave(actor)
    const capacity = options.capacity(actor)
    const watermark = watermarks[actor]
    if (watermark?.capacity !== capacity || --watermark.ahead <= 0) watermarks[actor] = look(actor, capacity)
  }
}

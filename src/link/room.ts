/**
 * Tells senders that found a mailbox full when it has room again: when half of it is empty, so that they fill it by many
 * messages at a time.
 */
import type { Board } from "./board.ts"

/** What is known of a mailbox of that capacity. */
interface Spot {
  readonly capacity: number
  /** So many messages have to leave it until there may be something to tell. */
  ahead: number
}

export type Room = ReturnType<typeof make>

export const make = (options: {
  readonly board: Board
  /** As senders know it. */
  readonly capacity: (actor: number) => number
  /** Senders wait, and there is room again. */
  readonly onRoom: (actor: number) => void
}) => {
  const { board } = options
  const spots: Array<Spot> = []

  /** What senders are just writing is read as seldom as can be, because to read it makes both wait. */
  const look = (actor: number, capacity: number): Spot => {
    const half = Math.floor(capacity / 2)
    const over = board.depth(actor) - half
    if (over > 0) return { capacity, ahead: over }
    if (board.waiters(actor) > 0) options.onRoom(actor)
    // Who waits from now on has found it full. Then it is not half empty before so many have left.
    return { capacity, ahead: capacity - half }
  }

  return {
    /** A message has left the mailbox. */
    left(actor: number): void {
      board.leave(actor)
      const capacity = options.capacity(actor)
      const spot = spots[actor]
      if (spot?.capacity !== capacity || --spot.ahead <= 0) spots[actor] = look(actor, capacity)
    }
  }
}

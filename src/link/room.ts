/**
 * Tells senders that found a mailbox full when it has room again.
 */
import type { Board } from "./board.ts"

export type Room = ReturnType<typeof make>

export const make = (options: {
  readonly board: Board
  readonly capacity: (actor: number) => number
  /** Senders wait, and there is room again. */
  readonly onRoom: (actor: number) => void
}) => {
  const { board } = options
  // They are told when half of the mailbox is empty again, once until it was fuller again: a sender waits only while the
  // mailbox is full, and then what fills it has arrived, or is still to arrive, after they were told.
  const told = new Set<number>()
  const look = (actor: number): void => {
    const waits = board.waiters(actor) > 0
    // Mostly nobody waits. To read then what senders are just writing would make both wait.
    if (told.size === 0 && !waits) return
    if (board.depth(actor) > options.capacity(actor) / 2) told.delete(actor)
    else if (waits && !told.has(actor)) {
      told.add(actor)
      options.onRoom(actor)
    }
  }

  return {
    arrived(actor: number): void {
      if (told.size > 0) look(actor)
    },
    left(actor: number): void {
      board.leave(actor)
      look(actor)
    }
  }
}

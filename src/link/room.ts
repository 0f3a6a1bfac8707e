/**
 * The places in the mailboxes of a thread: given back when a message leaves its queue, so that senders that found none may
 * go on.
 */
import type { Board } from "./board.ts"

/** So many places are given back at once, while a batch comes in: senders write to the same memory meanwhile. */
const mostHeld = 16

export type Room = ReturnType<typeof make>

export const make = (options: {
  readonly board: Board
  readonly capacity: (actor: number) => number
  /** Senders wait, and there is room again. */
  readonly onRoom: (actor: number) => void
}) => {
  const { board } = options
  // Senders are told when half of a mailbox is empty again, once until it was fuller again: a sender waits only while the
  // mailbox is full, and then what fills it has arrived, or is still to arrive, after they were told.
  const told = new Set<number>()
  const look = (actor: number, depth: number): void => {
    if (depth > options.capacity(actor) / 2) told.delete(actor)
    else if (board.waiters(actor) > 0 && !told.has(actor)) {
      told.add(actor)
      options.onRoom(actor)
    }
  }

  let holding = false
  const held = { actor: 0, count: 0 }
  const giveBack = (): void => {
    const { actor, count } = held
    held.count = 0
    if (count > 0) look(actor, board.addDepth(actor, -count))
  }

  return {
    arrived(actor: number): void {
      if (told.size > 0) look(actor, board.depth(actor))
    },
    left(actor: number): void {
      if (held.actor !== actor) giveBack()
      held.actor = actor
      held.count++
      if (!holding || held.count === mostHeld) giveBack()
    },
    /** Holds places back while `receive` runs, and gives back what is held at its end. */
    together(receive: () => void): void {
      holding = true
      try {
        receive()
      } finally {
        holding = false
        giveBack()
      }
    }
  }
}

/**
 * The messages that are being handled on a thread, the youngest of them shown on its board: what the watchdog reports of a
 * thread that stalls.
 */
import type * as Fiber from "effect/Fiber"
import type { Board } from "../link/board.ts"
import type { Delivery } from "../link/delivery.ts"

/** A message in hand whose handler has not ended in the turn that it began in. */
export class Hand {
  readonly delivery: Delivery
  /** Actor and message are their positions on the thread and in the protocol. */
  readonly actor: number
  readonly message: number
  /** What handles it; then what closes what the handler had opened. */
  fiber: Fiber.Fiber<unknown, unknown>
  older: Hand | undefined
  younger: Hand | undefined
  held = true

  constructor(delivery: Delivery, actor: number, fiber: Fiber.Fiber<unknown, unknown>, older: Hand | undefined) {
    this.delivery = delivery
    this.actor = actor
    this.message = delivery.message.index
    this.fiber = fiber
    this.older = older
  }
}

export type Hands = ReturnType<typeof make>

export const make = (board: Board) => {
  // A list of its own rather than a `Set`: entering and leaving are part of every message's cost.
  let youngest: Hand | undefined

  const show = (): void => board.inHand(youngest?.actor ?? -1, youngest?.message ?? -1)

  return {
    /** A handler begins. Most end before anything else can happen, and are never in the list. */
    begin: (actor: number, message: number): void => board.inHand(actor, message),
    /** It has ended. */
    end: show,
    /** It goes on. */
    take(delivery: Delivery, actor: number, fiber: Fiber.Fiber<unknown, unknown>): Hand {
      const hand = new Hand(delivery, actor, fiber, youngest)
      if (youngest !== undefined) youngest.younger = hand
      youngest = hand
      show()
      return hand
    },
    drop(hand: Hand): void {
      if (!hand.held) return
      hand.held = false
      if (hand.older !== undefined) hand.older.younger = hand.younger
      if (hand.younger !== undefined) hand.younger.older = hand.older
      else {
        youngest = hand.older
        show()
      }
    },
    /** The messages that an actor has in hand, the oldest first. */
    of(actor: number): ReadonlyArray<Hand> {
      const all: Array<Hand> = []
      for (let hand = youngest; hand !== undefined; hand = hand.older) if (hand.actor === actor) all.push(hand)
      return all.toReversed()
    }
  }
}

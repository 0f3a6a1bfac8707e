/**
 * The messages that are being handled on a thread, the youngest of them shown on its status block: what the watchdog reports of a
 * thread that stalls.
 */
import type * as Fiber from "effect/Fiber"
import type { Delivery } from "../link/delivery.ts"
import type { StatusBlock } from "../shared/statusBlock.ts"

/** A message whose handler has not ended in the turn that it began in. */
export class InFlightMessage {
  readonly delivery: Delivery
  /** Actor and message are their positions on the thread and in the protocol. */
  readonly actor: number
  readonly message: number
  /** What handles it; then what closes what the handler had opened. */
  fiber: Fiber.Fiber<unknown, unknown>
  older: InFlightMessage | undefined
  younger: InFlightMessage | undefined
  held = true

  constructor(
    delivery: Delivery,
    actor: number,
    fiber: Fiber.Fiber<unknown, unknown>,
    older: InFlightMessage | undefined
  ) {
    this.delivery = delivery
    this.actor = actor
    this.message = delivery.message.index
    this.fiber = fiber
    this.older = older
  }
}

/** The messages that are being handled on a thread. */
export type InFlight = ReturnType<typeof make>

/**
 * Makes the list, empty at first. It holds only messages whose handlers have not ended at once, and the status block always shows
 * the youngest handler that runs.
 */
export const make = (block: StatusBlock) => {
  // A list of its own rather than a `Set`: entering and leaving are part of every message's cost.
  let youngest: InFlightMessage | undefined

  const show = (): void => block.noteHandling(youngest?.actor ?? -1, youngest?.message ?? -1)

  return {
    /** A handler begins. Most end before anything else can happen, and are never in the list. */
    begin: (actor: number, message: number): void => block.noteHandling(actor, message),
    /** It has ended. */
    end: show,
    /** It goes on. */
    take(delivery: Delivery, actor: number, fiber: Fiber.Fiber<unknown, unknown>): InFlightMessage {
      const entry = new InFlightMessage(delivery, actor, fiber, youngest)
      if (youngest !== undefined) youngest.younger = entry
      youngest = entry
      show()
      return entry
    },
    /** A message is done, or its incarnation ends; dropping it again changes nothing. */
    drop(entry: InFlightMessage): void {
      if (!entry.held) return
      entry.held = false
      if (entry.older !== undefined) entry.older.younger = entry.younger
      if (entry.younger !== undefined) entry.younger.older = entry.older
      else {
        youngest = entry.older
        show()
      }
    },
    /** The messages that an actor is handling, or one of its keys, the oldest first. */
    of(actor: number, key?: string): ReadonlyArray<InFlightMessage> {
      const all: Array<InFlightMessage> = []
      for (let entry = youngest; entry !== undefined; entry = entry.older) {
        if (entry.actor === actor && (key === undefined || entry.delivery.request[8] === key)) all.push(entry)
      }
      return all.toReversed()
    }
  }
}

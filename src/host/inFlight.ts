/**
 * The messages that are being handled on a thread, the youngest of them shown on its status block: what the watchdog reports of a
 * thread that stalls.
 */
import type * as Fiber from "effect/Fiber"
import type * as Actor from "../Actor.ts"
import type { Inspection } from "../control/inspection.ts"
import type { Delivery } from "../link/delivery.ts"
import * as monotonic from "../loop/monotonic.ts"
import * as turnClock from "../loop/turnClock.ts"
import type { StatusBlock } from "../shared/statusBlock.ts"
import { currentOf, Journal } from "./journal.ts"

/** A message whose handler has not ended in the turn that it began in. */
export class InFlightMessage {
  readonly delivery: Delivery
  /** Actor and message are their positions on the thread and in the protocol. */
  readonly actor: number
  readonly message: number
  /** What handles it; then what closes what the handler had opened. */
  fiber: Fiber.Fiber<unknown, unknown>
  /** Its entry on the status block. */
  readonly entry: number
  older: InFlightMessage | undefined
  younger: InFlightMessage | undefined
  held = true

  constructor(
    delivery: Delivery,
    actor: number,
    fiber: Fiber.Fiber<unknown, unknown>,
    entry: number,
    older: InFlightMessage | undefined
  ) {
    this.delivery = delivery
    this.actor = actor
    this.message = delivery.message.index
    this.fiber = fiber
    this.entry = entry
    this.older = older
  }
}

/** The messages that are being handled on a thread. */
export type InFlight = ReturnType<typeof make>

/**
 * Makes the list, empty at first. It holds only messages whose handlers have not ended at once, and the status block always shows
 * the youngest handler that runs. `threads`: all threads of the system by their positions, as main numbers them. `onDied` gets the last
 * messages of an actor that has died of one.
 */
export const make = (
  block: StatusBlock,
  threads: ReadonlyArray<string> = [],
  onDied: (actor: string, last: Inspection["last"]) => void = () => {}
) => {
  /** The journals of actors by their positions, over their incarnations on this thread. */
  const journals: Array<Journal | undefined> = []
  const positions = new Map(threads.map((thread, position) => [thread, position]))
  // Messages of one sender mostly come in a row.
  let lastSender = ""
  let lastPosition = -1
  const positionOf = (sender: string): number => {
    if (sender !== lastSender) {
      lastSender = sender
      lastPosition = positions.get(sender) ?? -1
    }
    return lastPosition
  }
  // A list of its own rather than a `Set`: entering and leaving are part of every message's cost.
  let youngest: InFlightMessage | undefined

  const show = (): void => {
    block.noteHandling(youngest?.actor ?? -1, youngest?.message ?? -1)
    block.noteSender(-1)
  }

  return {
    /** A handler begins. Most end before anything else can happen, and are never in the list. */
    begin(actor: number, { message, sender }: Delivery): void {
      block.noteHandling(actor, message.index)
      block.noteSender(positionOf(sender))
    },
    /** It has ended. */
    end: show,
    /** It goes on. */
    take(delivery: Delivery, actor: number, fiber: Fiber.Fiber<unknown, unknown>): InFlightMessage {
      const noted = block.handling.enter(actor, delivery.message.index, positionOf(delivery.sender), monotonic.shared)
      const entry = new InFlightMessage(delivery, actor, fiber, noted, youngest)
      if (youngest !== undefined) youngest.younger = entry
      youngest = entry
      show()
      return entry
    },
    /** A message is done, or its incarnation ends; dropping it again changes nothing. */
    drop(entry: InFlightMessage): void {
      if (!entry.held) return
      entry.held = false
      block.handling.leave(entry.entry)
      if (entry.older !== undefined) entry.older.younger = entry.younger
      if (entry.younger !== undefined) entry.younger.older = entry.older
      else {
        youngest = entry.older
        show()
      }
    },
    /** The last messages of an actor. */
    journalOf: (index: number, actor: Actor.Any): Journal =>
      journals[index] ??= new Journal(actor, (last) => onDied(actor.actorName, last)),
    /** What is known of the messages of an actor. */
    inspect(actor: number): Inspection {
      const journal = journals[actor]
      turnClock.beExact()
      return {
        ...journal?.read() ?? { last: [], failures: [] },
        current: currentOf(this.of(actor).map(({ delivery }) => delivery)),
        kept: journal?.kept() ?? null
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

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
  /** That it is for, of a keyed actor. */
  readonly key: string | undefined
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
    key: string | undefined,
    fiber: Fiber.Fiber<unknown, unknown>,
    entry: number,
    older: InFlightMessage | undefined
  ) {
    this.delivery = delivery
    this.actor = actor
    this.message = delivery.message.index
    this.key = key
    this.fiber = fiber
    this.entry = entry
    this.older = older
  }
}

/** The messages that are being handled on a thread. */
export type InFlight = ReturnType<typeof make>

/** Makes the function that finds the position of a thread by its name, -1 for none. */
const makePositionOf = (threads: ReadonlyArray<string>): (sender: string) => number => {
  const positions = new Map(threads.map((thread, position) => [thread, position]))
  // Messages of one sender mostly come in a row.
  let lastSender = ""
  let lastPosition = -1
  return (sender) => {
    if (sender !== lastSender) {
      lastSender = sender
      lastPosition = positions.get(sender) ?? -1
    }
    return lastPosition
  }
}

/** The messages up to the youngest that are meant, the oldest first. */
const upTo = (
  youngest: InFlightMessage | undefined,
  isMeant: (message: InFlightMessage) => boolean
): ReadonlyArray<InFlightMessage> => {
  const all: Array<InFlightMessage> = []
  for (let entry = youngest; entry !== undefined; entry = entry.older) if (isMeant(entry)) all.push(entry)
  return all.toReversed()
}

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
  const positionOf = makePositionOf(threads)
  // A list of its own rather than a `Set`: entering and leaving are part of every message's cost.
  let youngest: InFlightMessage | undefined

  const show = (): void => {
    block.noteHandling(youngest?.actor ?? -1, youngest?.message ?? -1)
    block.noteSender(-1)
    if (youngest?.key !== undefined) block.handling.noteKey(youngest.key)
  }

  return {
    /** A handler begins. Most end before anything else can happen, and are never in the list. */
    begin(actor: number, { message, sender }: Delivery, key: string | undefined): void {
      block.noteHandling(actor, message.index)
      block.noteSender(positionOf(sender))
      if (key !== undefined) block.handling.noteKey(key)
    },
    /** It has ended. */
    end: show,
    /** It goes on. */
    take(
      delivery: Delivery,
      actor: number,
      key: string | undefined,
      fiber: Fiber.Fiber<unknown, unknown>
    ): InFlightMessage {
      const { message, sender } = delivery
      const noted = block.handling.enter(actor, message.index, positionOf(sender), monotonic.shared, key)
      const entry = new InFlightMessage(delivery, actor, key, fiber, noted, youngest)
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
      journals[index] ??= new Journal(actor, block.measured, index, (last) => onDied(actor.actorName, last)),
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
    /** The messages that are being handled and are meant, the oldest first. */
    all: (isMeant: (message: InFlightMessage) => boolean): ReadonlyArray<InFlightMessage> => upTo(youngest, isMeant),
    /** The messages that an actor is handling, or one of its keys, the oldest first. */
    of(actor: number, key?: string): ReadonlyArray<InFlightMessage> {
      return upTo(youngest, (one) => one.actor === actor && (key === undefined || one.key === key))
    }
  }
}

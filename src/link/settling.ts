/**
 * Tells the senders of messages what becomes of them: accepted, answered, or not delivered.
 */
import * as ActorError from "../ActorError.ts"
import type * as ExitCause from "../ExitCause.ts"
import type { OnDeadLetter } from "./deadLetter.ts"
import type { Returned } from "./inFlight.ts"
import type { Outgoing, Settlement } from "./outgoing.ts"

/** What settles the messages to one thread. */
export class Settling {
  private readonly onDeadLetter: OnDeadLetter
  /** How many tells were accepted and wait on this thread, by actor; it outlives the thread. */
  private readonly waiting: Int32Array | undefined

  constructor(onDeadLetter: OnDeadLetter, waiting: Int32Array | undefined) {
    this.onDeadLetter = onDeadLetter
    this.waiting = waiting
  }

  /** The sender of a message need not wait any longer. */
  accept(message: Outgoing): void {
    this.count(message)
    message.accept()
  }

  /** An accepted tell waits on this thread, again or for the first time. */
  count(message: Outgoing): void {
    message.countIn(this.waiting)
  }

  /** Settles a message that was not delivered. */
  undelivered(message: Outgoing, reason: ActorError.Reason): void {
    // One that has run once may have run, whatever becomes of it now.
    this.settle(message, ["undelivered", reason.handled === "maybe" ? reason : message.crash ?? reason])
  }

  /** Tells the sender of a message how it ended. `isDone`: another thread has its payload, and it is sent no more. */
  settle(message: Outgoing, settlement: Settlement, isDone = false): void {
    if (!message.cancelled) this.tell(message, settlement)
    if (isDone) message.freeCopies()
  }

  /** An accepted tell has no sender that waits: it is a dead letter if it failed. */
  private tell(message: Outgoing, settlement: Settlement): void {
    message.uncount()
    const { accepted, actor, key, kind, payload, sender, tag } = message
    if (kind !== "tell" || !accepted) message.onSettled(settlement)
    else if (settlement[0] === "undelivered") {
      this.onDeadLetter({ actor, tag, key, reason: settlement[1], sender, payload: payload.value })
    }
  }
}

/** Divides the messages of a dead thread into those that are sent again, in order, and those that have crashed with it. */
export const divide = (returned: ReadonlyArray<Returned>, cause: ExitCause.ExitCause) => {
  const again: Array<Outgoing> = []
  const crashed: Array<{ readonly message: Outgoing; readonly crash: ActorError.Reason }> = []
  for (const { handled, message } of returned) {
    const crash = new ActorError.Crashed({ handled, cause })
    // What has moved there is gone.
    if (handled === "no" ? message.payload.transfer.length === 0 : message.runsAgain(crash)) again.push(message)
    else crashed.push({ message, crash })
  }
  return { again, crashed }
}

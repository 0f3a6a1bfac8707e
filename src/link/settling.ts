/**
 * Tells the senders of messages what becomes of them: accepted, answered, or not delivered.
 */
import * as ActorError from "../ActorError.ts"
import type * as ExitCause from "../ExitCause.ts"
import type { Done } from "../wire/frame.ts"
import type { OnDeadLetter } from "./deadLetter.ts"
import type { InFlight, Returned } from "./inFlight.ts"
import type { Outgoing, Settlement } from "./outgoing.ts"
import { decodeReason } from "./reasons.ts"

/** What settles the messages to one thread. */
export class Settling {
  private readonly onDeadLetter: OnDeadLetter
  /** How many tells were accepted and wait on this thread, by actor; it outlives the thread. */
  readonly waiting: Int32Array | undefined

  constructor(onDeadLetter: OnDeadLetter, waiting: Int32Array | undefined) {
    this.onDeadLetter = onDeadLetter
    this.waiting = waiting
  }

  /** The sender of a message need not wait any longer. */
  accept(message: Outgoing): void {
    message.countIn(this.waiting)
    message.accept()
  }

  /** Settles a message that was not delivered. `leave` frees its slot, if it still has one. */
  undelivered(message: Outgoing, reason: ActorError.Reason, leave = (): void => {}): void {
    const isTold = isReported(message)
    // Until it is reported, who finds this thread dead knows by its slot that it is not. A sender may send again at once.
    if (!isTold) leave()
    // One that has run once may have run, whatever becomes of it now.
    this.settle(message, ["undelivered", reason.handled === "maybe" ? reason : message.crash ?? reason])
    if (isTold) leave()
  }

  /** A message was not handled to its end, and its actor lives. True if it is to be sent once more; else it is settled. */
  cutOff(inFlight: InFlight, message: Outgoing, frame: Done, isLocal: boolean): boolean {
    const reason = decodeReason(isLocal, frame[3])
    const slot = frame[1]
    if (reason._tag === "Crashed" && reason.handled === "maybe" && message.runsAgain(reason)) {
      inFlight.keep(message, slot, this.waiting)
      return true
    }
    if (message.kind === "tell") this.undelivered(message, reason, () => inFlight.settle(slot))
    else this.settle(message, frame)
    return false
  }

  /** Tells the sender of a message how it ended. `isDone`: another thread has its payload, and it is sent no more. */
  settle(message: Outgoing, settlement: Settlement, isDone = false): void {
    if (!message.cancelled) this.tell(message, settlement)
    if (isDone) message.freeCopies()
  }

  /** A tell is a dead letter if it failed. */
  private tell(message: Outgoing, settlement: Settlement): void {
    if (!isReported(message)) return message.onSettled(settlement)
    if (settlement[0] === "undelivered") {
      const { actor, key, payload, sender, tag } = message
      this.onDeadLetter({ actor, tag, key, reason: settlement[1], sender, payload: payload.value })
    }
    // Last: until it is reported, who finds this thread dead knows by the count that it is not.
    message.uncount()
  }
}

/** An accepted tell has no sender that waits for its end. */
const isReported = ({ accepted, kind }: Outgoing): boolean => kind === "tell" && accepted

/** Divides the messages of a dead thread into those that are sent again, in order, and those that have crashed with it. */
export const divide = (returned: ReadonlyArray<Returned>, cause: ExitCause.ExitCause) => {
  const again: Array<Returned> = []
  const crashed: Array<Returned & { readonly crash: ActorError.Reason }> = []
  for (const one of returned) {
    const { handled, message } = one
    const crash = new ActorError.Crashed({ handled, cause })
    // What has moved there is gone.
    if (handled === "no" ? message.payload.transfer.length === 0 : message.runsAgain(crash)) again.push(one)
    else crashed.push({ ...one, crash })
  }
  return { again, crashed }
}

/**
 * A request in the thread that it was sent to, from its arrival to its answer.
 *
 * ```text
 *   waiting --- begin ---> running --- end ---> ended
 *      |                                          ^
 *      +--- reject, or taken back ----------------+
 * ```
 */
import * as ActorError from "../ActorError.ts"
import * as trace from "../base/trace.ts"
import * as turnClock from "../loop/turnClock.ts"
import type { ReceiverLedger } from "../shared/ledger.ts"
import type * as codec from "../wire/codec.ts"
import { noChain, type Request, type Status } from "../wire/frame.ts"
import { CodecIssue, type Encoded, noElements, noValue } from "../wire/translator.ts"
import type { Wire } from "../wire/transport.ts"
import type { Callers } from "./callers.ts"
import type { OnDeadLetter } from "./deadLetter.ts"
import { decodeReason, encodeReason } from "./reasons.ts"
import { Window } from "./window.ts"

/** The receiving side of the link that a request came by. */
export interface Arrival {
  /** The thread at the other end. */
  readonly sender: string
  readonly ledger: ReceiverLedger
  readonly wire: Wire
  /** What is not answered yet, by slot. */
  readonly pending: Array<Delivery | undefined>
  readonly onDeadLetter: OnDeadLetter
  /** The sender is dead, and these of its tells have never arrived. */
  readonly onLost: (tells: ReadonlyArray<{ readonly actor: number; readonly started: boolean }>) => void
  /** A message gives back its place in the mailbox: it has left the queue or, at an instance, is done. */
  readonly onLeft: (actor: number) => void
  /** Messages wait without a place, or fewer than none no longer do. */
  readonly onSurplus: (actor: number, by: number) => void
  /** The thread is one of several instances: a message keeps its place until it is done. */
  readonly isInstance: boolean
  /** The sender is dead. */
  isLost: boolean
}

/** How a handler ended. */
export type Ended =
  | { readonly _tag: "Success"; readonly value: unknown }
  | { readonly _tag: "Error"; readonly error: unknown }
  | { readonly _tag: "Failed"; readonly reason: ActorError.Reason }

const nothing = (): void => {}

/** It waits for its middleware to let it through. */
const withheld = 1
/** It has given up its place among the messages that its actor handles at the same time. */
const placeless = 2
/** It has not given back its place in the mailbox, though it has left the queue. */
const keeping = 4
/** It has given back its place in the mailbox while it waits in the queue. */
const surplus = 8

/**
 * A request and its one answer.
 *
 * **Details**
 * - `begin` and the sender's withdrawal race in the ledger: exactly one of them wins. A message that was withdrawn is answered,
 *   so that its slot is free again.
 * - It leaves its mailbox when it begins, or is rejected or taken back; at an instance it keeps its place until it is done.
 * - Thousands live at a time, and V8 moves each that lives when it collects garbage. So it has few fields, and its marks share one.
 */
export class Delivery {
  readonly request: Request
  readonly message: codec.MessageCodec
  readonly payload: unknown
  /** How far a stream may be ahead of its reader. */
  readonly window: Window | undefined
  /** Called when the sender has left while the handler ran. */
  onCancel = nothing
  /** When it arrived at this thread, and when its handler began, by the clock of turns. */
  readonly arrived = turnClock.recent()
  started = 0
  /** Those that wait for what its handler does, if that may go on for a while. */
  callers: Callers | undefined = undefined
  private readonly arrival: Arrival
  private phase: "waiting" | "running" | "ended" = "waiting"
  private marks = 0

  constructor(arrival: Arrival, request: Request, message: codec.MessageCodec, payload: unknown) {
    this.arrival = arrival
    this.request = request
    this.message = message
    this.payload = payload
    this.window = message.stream ? new Window() : undefined
  }

  /** It was sent by an actor of the same thread. */
  isLocal(): boolean {
    return this.arrival.wire.local
  }

  get sender(): string {
    return this.arrival.sender
  }

  /** It counts as one of the messages that its actor handles at the same time. */
  get holdsPlace(): boolean {
    return (this.marks & placeless) === 0
  }

  set holdsPlace(holds: boolean) {
    this.mark(placeless, !holds)
    if (!holds) this.givePlace()
  }

  /** Its middleware has not let it through to its handler yet. */
  get withheld(): boolean {
    return (this.marks & withheld) !== 0
  }

  set withheld(is: boolean) {
    this.mark(withheld, is)
  }

  isWaiting(): boolean {
    return this.phase === "waiting"
  }

  isEnded(): boolean {
    return this.phase === "ended"
  }

  /** The link that it came by. */
  get link(): Arrival {
    return this.arrival
  }

  /** It waits on without a place in the mailbox, which other messages need. */
  becomeSurplus(): void {
    if ((this.marks & surplus) !== 0) return
    this.marks |= surplus
    const { onLeft, onSurplus } = this.arrival
    onSurplus(this.request[2], 1)
    onLeft(this.request[2])
  }

  /** Marks it as started; false when the sender has taken it back. */
  begin(): boolean {
    if (this.phase !== "waiting") return false
    if (this.leaveQueue()) {
      this.phase = "running"
      this.started = turnClock.recent()
      return true
    }
    this.answer("success", noValue)
    return false
  }

  /** Answers it, the first time it is called. */
  end(ended: Ended): void {
    const { message, request } = this
    if (this.phase === "ended") return
    if (ended._tag === "Failed") return this.cutOff(ended.reason)
    if (request[0] === "tell" || (request[0] === "open" && ended._tag === "Success")) {
      return this.answer("success", noValue)
    }
    const encoded = ended._tag === "Success"
      ? message.success.encode(ended.value)
      : message.error.encode(ended.error)
    if (encoded instanceof CodecIssue) return this.fail(unlike("the actor's reply", encoded))
    if (ended._tag === "Success") return this.answer("success", encoded)
    const stack = trace.stackOf(ended.error)
    this.answer("error", encoded, stack === "" ? undefined : stack)
  }

  /** Ends it before it began. */
  reject(reason: ActorError.Reason): void {
    if (this.phase !== "waiting") return
    this.leaveQueue()
    this.fail(reason)
  }

  /** The sender has left. True when the request still waited, and waits no more. */
  cancel(): boolean {
    if (this.phase === "running") this.onCancel()
    if (this.phase !== "waiting") return false
    this.leaveQueue()
    this.answer("success", noValue)
    return true
  }

  /** Sends elements of a stream; an empty array says that it is open. */
  emit(values: ReadonlyArray<unknown>): void {
    const encoded = values.length === 0 ? noElements : this.message.elements.encode(values)
    if (encoded instanceof CodecIssue) {
      this.fail(unlike("an element of the stream", encoded))
      return this.onCancel()
    }
    const { format, transfer, value } = encoded
    // What an array is encoded to is one.
    if (this.phase === "running" && Array.isArray(value)) {
      this.arrival.wire.post(["chunk", this.request[1], value], transfer, format)
    }
  }

  /** False when the sender has taken it back. */
  private leaveQueue(): boolean {
    const { ledger, onLeft, onSurplus } = this.arrival
    const [, slot, actor] = this.request
    const mine = ledger.start(slot)
    if (this.arrival.isInstance) this.marks |= keeping
    else if ((this.marks & surplus) !== 0) onSurplus(actor, -1)
    else onLeft(actor)
    return mine
  }

  private givePlace(): void {
    if ((this.marks & keeping) === 0) return
    this.marks &= ~keeping
    this.arrival.onLeft(this.request[2])
  }

  private mark(bit: number, is: boolean): void {
    this.marks = is ? this.marks | bit : this.marks & ~bit
  }

  /** A tell that may run twice goes back to its sender, which alone knows whether it has run before. */
  private cutOff(reason: ActorError.Reason): void {
    const { arrival, message, request: [kind, slot] } = this
    const goesBack = kind === "tell" && message.idempotent && reason._tag === "Crashed" && !arrival.isLost
    if (!goesBack) return this.fail(reason)
    this.phase = "ended"
    if (this.callers !== undefined) this.callers.answered = true
    arrival.pending[slot] = undefined
    // Its slot is not finished: the sender gives it back when this arrives.
    this.givePlace()
    const { format, transfer, value } = encodeReason(arrival.wire.local, reason)
    arrival.wire.post(["done", slot, "failed", value], transfer, format)
  }

  private fail(reason: ActorError.Reason): void {
    this.answer("failed", encodeReason(this.arrival.wire.local, reason))
  }

  private answer(status: Status, { format, transfer, value }: Encoded, stack?: string): void {
    const { ledger, onDeadLetter, pending, wire } = this.arrival
    const [kind, slot, actor, tag, , , , , key] = this.request
    if (this.phase === "ended") return
    this.phase = "ended"
    if (this.callers !== undefined) this.callers.answered = true
    if (pending[slot] !== undefined) pending[slot] = undefined
    if (kind === "tell" && status === "failed") {
      const [, , , , payload, sender = noChain] = this.request
      // Before it is finished: if this thread is terminated in between, the sender reports it once more, rather than nobody.
      onDeadLetter({ actor, tag, key, reason: decodeReason(wire.local, value), sender, payload })
    }
    ledger.finish(slot)
    this.givePlace()
    if (kind !== "tell") {
      return wire.post(
        stack === undefined ? ["done", slot, status, value] : ["done", slot, status, value, stack],
        transfer,
        format
      )
    }
    // Nobody hears how a tell ends, but for a sender that has no slot left.
    if (ledger.isStarved()) wire.post(["resume", actor])
  }
}

const unlike = (what: string, complaint: CodecIssue): ActorError.Reason =>
  new ActorError.NotSendable({ handled: "maybe", detail: `${what} does not match its schema (${complaint.text}).` })

/**
 * The messages that are posted to one incarnation of another thread, each with a slot of the ledger.
 *
 * ```text
 *   post --> in flight --- done ------------------> slot is free again
 *              |  |
 *              |  +------- a tell that is finished is found by looking, now and then
 *              |  +------- recall: it has not started, and is posted to another instance
 *              +---------- the thread dies: takeBack says what had started
 * ```
 */
import { Queue } from "../loop/queue.ts"
import type { SenderLedger } from "../shared/ledger.ts"
import type { StatusBlock } from "../shared/statusBlock.ts"
import type { Wire } from "../wire/transport.ts"
import type { Outgoing } from "./outgoing.ts"

/** Tells between two looks for slots that are free again. */
const reclaimEvery = 128

let turns = 0

/** The turn of the next message that this thread posts, to whichever thread. */
export const nextTurn = (): number => turns

/** A message that was in flight to a thread that is dead, where, and whether its handler may have started. */
export interface Returned {
  readonly message: Outgoing
  readonly slot: number
  readonly handled: "no" | "maybe"
}

/**
 * The messages that are posted to one incarnation of one thread.
 *
 * **Details**
 * - A slot is named by its number, which the frames of both directions carry. An ask or a stream frees it when it is answered;
 *   a tell gets no answer, so its slot is found free by looking at the ledger after each 128 tells, and before a sender has to
 *   wait for one.
 * - The slot of a message that was taken back is free once the receiver has seen that, which it answers as it does any message.
 * - With the incarnation all of it ends: `takeBack` is called last.
 * - All peers share this class, and each message goes through it.
 */
export class InFlight {
  readonly block: StatusBlock
  private readonly ledger: SenderLedger
  private readonly wire: Wire
  private readonly bySlot: Array<Outgoing | undefined> = []
  /** The slots of messages that were taken back, and that the receiver is not done with. */
  private readonly recalled = new Map<number, { readonly actor: number; readonly isTell: boolean }>()
  /** The tells, oldest first. Nobody answers them, so their slots are reclaimed by looking. */
  private readonly tells = new Queue<Outgoing>()
  private reclaimAt = reclaimEvery
  /** How many messages expect an answer. */
  private awaited = 0
  /** All slots were taken when a message was to go out. The next slot that becomes free may be for any actor. */
  private starved = false

  constructor(wire: Wire, ledger: SenderLedger, block: StatusBlock) {
    this.wire = wire
    this.ledger = ledger
    this.block = block
  }

  /** Messages are out that expect an answer, or elements. */
  get isAwaiting(): boolean {
    return this.awaited > 0
  }

  /** Posts a message. False, and nothing happens, if there is no slot or if its actor has `room` messages already. */
  post(message: Outgoing, room: number): boolean {
    const { actor, envelope, from: chain, key, kind, payload, span, tag } = message
    if (!this.findSlot() || !this.block.tryAddDepth(actor, room)) return false
    const slot = this.ledger.claim(actor, kind === "tell", message.countedIn)
    message.countedIn = undefined
    message.slot = slot
    message.turn = turns++
    this.bySlot[slot] = message
    if (kind === "tell") this.tells.push(message)
    else this.awaited++
    this.wire.post(
      key !== undefined
        ? [kind, slot, actor, tag, payload.value, chain, span, envelope, key]
        : envelope !== undefined
        ? [kind, slot, actor, tag, payload.value, chain, span, envelope]
        : span !== null
        ? [kind, slot, actor, tag, payload.value, chain, span]
        : chain.length > 0
        ? [kind, slot, actor, tag, payload.value, chain]
        : [kind, slot, actor, tag, payload.value],
      payload.transfer,
      payload.format
    )
    return true
  }

  /** The message that holds a slot. */
  at(slot: number): Outgoing | undefined {
    return this.bySlot[slot]
  }

  /** A message is answered: its slot is free. */
  leave(message: Outgoing, slot = message.slot): void {
    if (message.kind !== "tell") this.awaited--
    this.bySlot[slot] = undefined
    this.ledger.release(slot)
  }

  /** A message could not be cloned, so it never left: its slot and its place are free. */
  unpost(message: Outgoing): void {
    this.block.addDepth(message.actor, -1)
    if (message.kind === "tell") this.tells.keep((other) => other !== message)
    else this.awaited--
    this.bySlot[message.slot] = undefined
    this.ledger.unclaim(message.slot)
  }

  /** Takes a message back; true if it has not started, and therefore never will. */
  withdraw(slot: number): boolean {
    const taken = this.ledger.withdraw(slot)
    this.wire.post(["cancel", slot])
    return taken
  }

  /** The messages to an actor that have not started and may be posted elsewhere, in no order. Those of a key may not. */
  unstarted(actor: number): ReadonlyArray<Outgoing> {
    return this.bySlot.filter((message) => message !== undefined).filter((message) =>
      message.actor === actor && message.key === undefined && !message.cancelled &&
      message.payload.transfer.length === 0 && this.ledger.fate(message.slot) === "never-started"
    )
  }

  /**
   * Takes messages back in order to post them elsewhere, and counts the tells in `waiting` until then. Returns those that have not
   * started, and therefore never will here.
   */
  recall(messages: ReadonlyArray<Outgoing>, waiting?: Int32Array): ReadonlyArray<Outgoing> {
    const back = messages.filter((message) => this.reclaimOne(message, waiting))
    for (const message of back) {
      const { actor, kind, slot } = message
      this.bySlot[slot] = undefined
      this.recalled.set(slot, { actor, isTell: kind === "tell" })
      if (kind !== "tell") this.awaited--
      // The receiver gives back its place as soon as it can.
      this.wire.post(["cancel", slot])
      message.slot = -1
    }
    return back
  }

  /** The receiver has answered a message that was taken back: its slot is free. Returns its actor; nothing for any other slot. */
  leaveRecalled(slot: number): number | undefined {
    const recalled = this.recalled.get(slot)
    if (recalled === undefined) return undefined
    this.recalled.delete(slot)
    this.ledger.release(slot)
    return recalled.actor
  }

  /** Posts what waits for the end of the turn. */
  flush(): void {
    this.wire.flush()
  }

  /** Asks for `count` more elements of an open stream, of which `read` have been read. */
  pull(slot: number, count: number, read: number): void {
    this.wire.post(["pull", slot, count, read])
  }

  /** Whether a message found no free slot since the last call. */
  takeStarved(): boolean {
    const { starved } = this
    this.starved = false
    return starved
  }

  /** Whether a message found no free slot, since `takeStarved` was called last. */
  get isStarved(): boolean {
    return this.starved
  }

  /** The asks that are not answered, and whether they have started. */
  asks(): ReadonlyArray<{ readonly message: Outgoing; readonly started: boolean }> {
    // A sender of thousands of tells is looked at often, each time that it has to wait.
    if (this.awaited === 0) return []
    return this.bySlot.flatMap((message) => {
      if (message?.kind !== "ask" || message.cancelled) return []
      const fate = this.ledger.fate(message.slot)
      return fate === "finished" ? [] : [{ message, started: fate === "started" }]
    })
  }

  /**
   * The thread is dead. Takes all messages back and returns those that have no end yet, in the order they were posted. Tells that
   * have not started are counted in `waiting`; those that have stay in their slots until `keep` or `settle`.
   */
  takeBack(waiting?: Int32Array): ReadonlyArray<Returned> {
    const inOrder = this.bySlot.filter((message) => message !== undefined).toSorted((a, b) => a.turn - b.turn)
    return inOrder.flatMap((message) => {
      const { slot } = message
      // A thread that is given up may still run for a moment: what is taken back here it can't start any more.
      if (message.payload.transfer.length > 0) this.ledger.withdraw(slot)
      else this.reclaimOne(message, waiting)
      const fate = this.ledger.fate(slot)
      message.slot = -1
      if (message.cancelled || (fate === "finished" && message.kind === "tell")) return []
      return [{ message, slot, handled: fate === "never-started" ? "no" : "maybe" }]
    })
  }

  /** A message that was cut off, or whose thread is dead, is sent again: if it is a tell, it is counted in `waiting` until then. */
  keep(message: Outgoing, slot: number, waiting: Int32Array | undefined): void {
    if (message.kind !== "tell" || message.countedIn !== undefined) return
    if (waiting === undefined) return this.settle(slot)
    message.countedIn = waiting
    this.ledger.keep(slot, message.actor, waiting)
  }

  /** The end of a message that was cut off, or whose thread is dead, has been reported. */
  settle(slot: number): void {
    this.ledger.settle(slot)
  }

  /** Tries to take a message back. */
  private reclaimOne(message: Outgoing, waiting: Int32Array | undefined): boolean {
    const counted = message.kind === "tell" ? waiting : undefined
    const isBack = this.ledger.takeBack(message.slot, message.actor, counted)
    if (isBack) message.countedIn = counted
    return isBack
  }

  /** Makes sure that a slot is free, if one can be had. */
  private findSlot(): boolean {
    if (this.tells.size >= this.reclaimAt) this.reclaim()
    if (!this.ledger.isFull()) return true
    this.ledger.starve()
    this.reclaimAll()
    if (!this.ledger.isFull()) return true
    this.starved = true
    return false
  }

  /** Frees the slots of the oldest tells, as far as they are finished. */
  private reclaim(): void {
    const { ledger, tells } = this
    // Not for each message: to look at what the receiver is writing just then makes both wait.
    for (let next = tells.peek(); next !== undefined; next = tells.peek()) {
      if (this.holdsSlot(next)) {
        if (ledger.fate(next.slot) !== "finished") break
        this.leaveTell(next)
      }
      tells.shift()
    }
    this.reclaimRecalled()
    this.reclaimAt = tells.size + reclaimEvery
  }

  /** Frees the slots of all tells that are finished. */
  private reclaimAll(): void {
    this.tells.keep((message) => {
      if (!this.holdsSlot(message)) return false
      if (this.ledger.fate(message.slot) !== "finished") return true
      this.leaveTell(message)
      return false
    })
    this.reclaimRecalled()
  }

  private leaveTell(message: Outgoing): void {
    this.leave(message)
    if (!this.wire.local) message.freeCopies()
  }

  /** Frees the slots of tells that were taken back, which nobody answers. */
  private reclaimRecalled(): void {
    for (const [slot, { isTell }] of this.recalled) {
      if (isTell && this.ledger.fate(slot) === "finished") this.leaveRecalled(slot)
    }
  }

  /** A tell that runs again, or was taken back, has left its slot. It may be in flight once more, here or elsewhere. */
  private holdsSlot(message: Outgoing): boolean {
    return this.bySlot[message.slot] === message
  }
}

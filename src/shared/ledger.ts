/**
 * The state of every message in flight on one direction of a link, in shared memory.
 *
 * It outlives the thread at the far end, so that after a crash the sender knows of each message whether it never
 * started (deliver it again), had started (report it) or had finished.
 *
 * ```text
 *          sender claims                receiver starts                receiver is done
 *   free(0) ------------> queued(1) ------------------------> started(2) ---------> finished(3)
 *                            |                                                         ^
 *                            +---- sender withdraws ---> withdrawn(4) --- receiver ----+
 *                            +---- sender takes back --> kept(5) -------- receiver ----+
 * ```
 *
 * Start and withdrawal race for the same slot by compare-and-exchange: exactly one of them wins, so "it never started"
 * is a fact and not a guess.
 *
 * A thread may be terminated between any two calls of functions. So a tell that moves from a slot to those that wait at its
 * sender, or from there to a slot, is written down at both places within one function that calls none: it is always at one.
 */
import { type Allocate, inProcess } from "./memory.ts"

const free = 0
const queued = 1
const started = 2
const finished = 3
const withdrawn = 4
const kept = 5

/** What the sender can learn about a message whose receiver is gone. */
export type Fate = "never-started" | "started" | "finished"

/** Messages that can be in flight on one direction of a link; further ones wait at the sender. */
export const capacity = 8192

/**
 * Allocates the memory of one direction of a link: for each message its state, and the actor that it is for; whether the sender
 * waits for a slot; and how many large values the receiver has taken, if it is another process.
 */
export const allocate = (allocate: Allocate = inProcess): SharedArrayBuffer => allocate(capacity * 3 + 8)
const statesOf = (memory: SharedArrayBuffer) => new Int8Array(memory, 0, capacity)
/** Marks the actor of a message that expects no answer. */
const told = 0x8000
const actorsOf = (memory: SharedArrayBuffer) => new Uint16Array(memory, capacity, capacity)
const starvedOf = (memory: SharedArrayBuffer) => new Int32Array(memory, capacity * 3, 1)
/** How many large values the receiver has taken ([bulk.ts](bulk.ts)). */
export const takenOf = (memory: SharedArrayBuffer): Int32Array => new Int32Array(memory, capacity * 3 + 4, 1)

/** The sender's end. */
export interface SenderLedger {
  /** All slots are in flight. */
  readonly isFull: () => boolean
  /**
   * Takes a slot, of which one must be free, for a new message to an actor; `isTell`: it expects no answer. `waited`: it was
   * counted there, and no longer is.
   */
  readonly claim: (actor: number, isTell?: boolean, waited?: Int32Array) => number
  /** Says that no slot is free, before it is looked once more for one. */
  readonly starve: () => void
  /** Tries to take a message back; false when its handler has started. */
  readonly withdraw: (slot: number) => boolean
  /** Tries to take a message back in order to send it again. Until then it is counted in `waiting`, if it is a tell. */
  readonly takeBack: (slot: number, actor: number, waiting: Int32Array | undefined) => boolean
  /** A message that was cut off, or whose receiver is gone, is sent again. Until then it is counted in `waiting`. */
  readonly keep: (slot: number, actor: number, waiting: Int32Array) => void
  readonly fate: (slot: number) => Fate
  /** Notes that a message is settled, whatever became of its receiver. */
  readonly settle: (slot: number) => void
  /** Gives back the slot of a message that the receiver is done with. */
  readonly release: (slot: number) => void
  /** Gives back the slot of a message that was not sent after all. */
  readonly unclaim: (slot: number) => void
}

/** The receiver's end. */
export interface ReceiverLedger {
  /** Tries to start a message; false when the sender has withdrawn it, which is then finished. */
  readonly start: (slot: number) => boolean
  readonly finish: (slot: number) => void
  /** The sender waits for a slot, and was not told since that one is free. */
  readonly isStarved: () => boolean
  /** The messages that are not finished. */
  readonly unfinished: () => ReadonlyArray<Unfinished>
}

/** A message that its sender, who is dead, has left in a slot. */
export interface Unfinished {
  readonly slot: number
  readonly actor: number
  readonly started: boolean
  /** It is a tell, and its sender has not counted it elsewhere. */
  readonly isTell: boolean
}

/** The end of the thread that sends: it claims slots, takes messages back and finds what is done. */
export const makeSender = (memory: SharedArrayBuffer): SenderLedger => {
  const slots = statesOf(memory)
  const actors = actorsOf(memory)
  const starved = starvedOf(memory)
  // A ring: the slot that has been free the longest goes first, because the receiver is done with its neighbours.
  const released = new Uint16Array(capacity)
  let first = 0
  let count = 0
  let fresh = 0
  const release = (slot: number): void => {
    released[(first + count++) % capacity] = slot
  }
  const reuse = (): number => {
    const slot = released[first] ?? 0
    first = (first + 1) % capacity
    count--
    return slot
  }
  return {
    isFull: () => count === 0 && fresh === capacity,
    claim(actor, isTell = false, waited) {
      const slot = count > 0 ? reuse() : fresh++
      // Plain writes: the receiver looks at a slot only after the message came by the port, or the sender has died.
      actors[slot] = isTell ? actor | told : actor
      slots[slot] = queued
      if (waited !== undefined) Atomics.sub(waited, actor, 1)
      return slot
    },
    starve: () => void Atomics.store(starved, 0, 1),
    withdraw: (slot) => Atomics.compareExchange(slots, slot, queued, withdrawn) === queued,
    takeBack(slot, actor, waiting) {
      if (waiting === undefined) return Atomics.compareExchange(slots, slot, queued, kept) === queued
      Atomics.add(waiting, actor, 1)
      if (Atomics.compareExchange(slots, slot, queued, kept) === queued) return true
      Atomics.sub(waiting, actor, 1)
      return false
    },
    keep(slot, actor, waiting) {
      Atomics.add(waiting, actor, 1)
      Atomics.store(slots, slot, finished)
    },
    fate(slot) {
      switch (Atomics.load(slots, slot)) {
        case queued:
        case withdrawn:
        case kept:
          return "never-started"
        case finished:
          return "finished"
        // Or it is not known any more: memory that was given back is zero.
        default:
          return "started"
      }
    },
    settle: (slot) => void Atomics.store(slots, slot, finished),
    // It stays as the receiver left it: to touch what the other side writes next to it would make both wait.
    release,
    unclaim(slot) {
      slots[slot] = free
      release(slot)
    }
  }
}

/** The end of the thread that receives: it starts messages and marks them as done. */
export const makeReceiver = (memory: SharedArrayBuffer): ReceiverLedger => {
  const slots = statesOf(memory)
  const actors = actorsOf(memory)
  const starved = starvedOf(memory)
  return {
    start(slot) {
      if (Atomics.compareExchange(slots, slot, queued, started) === queued) return true
      Atomics.store(slots, slot, finished)
      return false
    },
    // A plain write: no reader waits for other memory.
    finish(slot) {
      slots[slot] = finished
    },
    isStarved: () => starved[0] !== 0 && Atomics.exchange(starved, 0, 0) !== 0,
    unfinished: () =>
      entriesOf(slots, actors).filter(({ state }) => state !== free && state !== finished).map((entry) => ({
        slot: entry.slot,
        actor: entry.actor,
        started: entry.state === started,
        isTell: isOutstanding(entry)
      }))
  }
}

/** What a ledger says of a message. */
interface Entry {
  readonly slot: number
  readonly state: number | undefined
  readonly actor: number
  readonly isTold: boolean
}

const entriesOf = (slots: Int8Array, actors: Uint16Array): ReadonlyArray<Entry> =>
  Array.from(actors, (entry, slot) => ({
    slot,
    state: Atomics.load(slots, slot),
    actor: entry & ~told,
    isTold: (entry & told) !== 0
  }))

/** A tell that nobody has settled, and that its sender does not count elsewhere. */
const isOutstanding = ({ isTold, state }: Entry): boolean =>
  isTold && (state === queued || state === started || state === withdrawn)

/** The tells of a ledger that nobody has settled or counted elsewhere, when both of its ends are dead. */
export const outstandingTells = (
  memory: SharedArrayBuffer
): ReadonlyArray<{ readonly actor: number; readonly started: boolean }> =>
  entriesOf(statesOf(memory), actorsOf(memory)).filter(isOutstanding)
    .map(({ actor, state }) => ({ actor, started: state === started }))

/**
 * What one incarnation of a thread shows of itself in shared memory: its heartbeat, the messages that are being
 * handled, and the counters of its actors. Others read it without asking, so a snapshot never waits for a sick thread.
 *
 * ```text
 *   Float64: heap bytes, active milliseconds when it last told, milliseconds for which main has not seen it move, four of `measured.ts`
 *     Int32: beat, how it exits, actor and message being handled, how many actors, whether a debugger may stop it, whether
 *     somebody reads the payloads of dead letters, who sent the message
 *   per message whose handler goes on, up to 16: Int32: actor, message, sender; Float64: since when; its key
 *   per actor, Int32: came                      written by senders with each message
 *   per actor, Int32: left, waiters, state, places   written by the thread alone, but for waiters, which senders write, and
 *     places, which senders shut
 *   per actor, Float64: handled, failed, awake and quarantined keys, messages that wait without a place   written by the thread
 *     alone, may pass 2 ** 31; then the times of `measured.ts`
 * ```
 *
 * They lie apart, because processors that write to the same 64 bytes wait for each other. For the same reason the depth of
 * a mailbox is two counters: what came to it, and what has left it. Both may overflow; their difference doesn't.
 */
import { bytes as handledBytes, HandledMessages } from "./handledMessages.ts"
import { Measured, timesBytes } from "./measured.ts"
import { type Allocate, inProcess } from "./memory.ts"

const apart = (bytes: number): number => (Math.ceil(bytes / 64) + 1) * 64
const countersAt = 8 * 8
/** The positions of the header's numbers. */
const beat = 0
const exit = 1
const handledActor = 2
const handledMessage = 3
const count = 4
const debugged = 5
const payloads = 6
const handledSender = 7
const handledAt = countersAt + 8 * 4
const headerBytes = apart(handledAt + handledBytes)
const [left, waiters, state, places] = [0, 1, 2, 3]
const fields = 4
/** The places of an instance that does not get to its messages. */
const shut = -1
const [handled, failed, awakeKeys, quarantinedKeys, surplus] = [0, 1, 2, 3, 4]
const ownFields = 5

/** The states of an actor in the order of their numbers on the status block. */
export const actorStates = ["starting", "running", "restarting", "stopping", "stopped"] as const
export type ActorState = (typeof actorStates)[number]
const starting = actorStates.indexOf("starting")
const restarting = actorStates.indexOf("restarting")

/** Allocates the status block of a thread that hosts `actors` actors. */
export const allocate = (actors: number, allocate: Allocate = inProcess): SharedArrayBuffer => {
  const memory = allocate(
    headerBytes + apart(actors * 4) + apart(actors * fields * 4) + apart(actors * ownFields * 8) + timesBytes(actors)
  )
  new Int32Array(memory, countersAt)[count] = actors
  return memory
}

const sharedAt = (actor: number, field: number): number => actor * fields + field
const ownAt = (actor: number, field: number): number => actor * ownFields + field

/** A status block. Actors and messages are named by their index in the declaration. */
export class StatusBlock {
  private readonly sizes: Float64Array
  private readonly header: Int32Array
  /** The messages whose handlers go on. */
  readonly handling: HandledMessages
  /** What it costs, and how long its messages take. */
  readonly measured: Measured
  private readonly came: Int32Array
  private readonly shared: Int32Array
  private readonly own: Float64Array
  /** What had left each mailbox when that was last looked at. */
  private readonly seenLeft: Int32Array

  constructor(memory: SharedArrayBuffer) {
    this.sizes = new Float64Array(memory, 0, 8)
    this.header = new Int32Array(memory, countersAt, 8)
    this.handling = new HandledMessages(memory, handledAt)
    const actors = this.header[count] ?? 0
    const sharedBytes = headerBytes + apart(actors * 4)
    this.came = new Int32Array(memory, headerBytes, actors)
    this.shared = new Int32Array(memory, sharedBytes, actors * fields)
    const ownBytes = sharedBytes + apart(actors * fields * 4)
    this.own = new Float64Array(memory, ownBytes, actors * ownFields)
    this.measured = new Measured(
      this.sizes,
      new Float64Array(memory, ownBytes + apart(actors * ownFields * 8), actors * 2)
    )
    this.seenLeft = new Int32Array(actors)
  }

  /** Says that the event loop turns. */
  beat(heapBytes: number): void {
    this.sizes[0] = heapBytes
    Atomics.add(this.header, beat, 1)
  }

  beats(): number {
    return Atomics.load(this.header, beat)
  }

  heapBytes(): number {
    return this.sizes[0] ?? 0
  }

  /** Notes how long the event loop had been active, in all, when the thread last reported. */
  noteTold(activeMillis: number): void {
    this.sizes[1] = activeMillis
  }

  toldMillis(): number {
    return this.sizes[1] ?? 0
  }

  /** Notes for how long the thread has not been seen to move, which may be for ever; main writes it when it looks. */
  noteUnmoved(millis: number): void {
    const finite = Math.min(millis, Number.MAX_SAFE_INTEGER)
    if (this.sizes[2] !== finite) this.sizes[2] = finite
  }

  unmovedMillis(): number {
    return this.sizes[2] ?? 0
  }

  /** Notes whether a debugger may stop the thread, so that nothing in it is late. */
  noteDebugged(is: boolean): void {
    if (this.isDebugged() !== is) Atomics.store(this.header, debugged, is ? 1 : 0)
  }

  isDebugged(): boolean {
    return Atomics.load(this.header, debugged) === 1
  }

  /** Notes whether dead letters shall come with their payloads; main writes it. */
  notePayloadsRead(is: boolean): void {
    Atomics.store(this.header, payloads, is ? 1 : 0)
  }

  arePayloadsRead(): boolean {
    return Atomics.load(this.header, payloads) === 1
  }

  /** Notes that `process.exit` was called, which an exit code of 0 doesn't tell. */
  noteExit(): void {
    Atomics.store(this.header, exit, 1)
  }

  exitNoted(): boolean {
    return Atomics.load(this.header, exit) === 1
  }

  /** Notes which handler runs; both -1 for none. */
  noteHandling(actor: number, message: number): void {
    this.header[handledActor] = actor + 1
    this.header[handledMessage] = message + 1
  }

  readHandling(): { readonly actor: number; readonly message: number } {
    return {
      actor: Atomics.load(this.header, handledActor) - 1,
      message: Atomics.load(this.header, handledMessage) - 1
    }
  }

  /** Notes whose message the handler has that runs and has not given back the thread yet; -1 for nobody's. */
  noteSender(sender: number): void {
    this.header[handledSender] = sender + 1
  }

  readSender(): number {
    return Atomics.load(this.header, handledSender) - 1
  }

  /** How many messages are in a mailbox. What has left is read first: what came is never less then. */
  depth(actor: number): number {
    const gone = Atomics.load(this.shared, sharedAt(actor, left))
    return (Atomics.load(this.came, actor) - gone) | 0
  }

  /** Messages have come; fewer than none were not sent after all. */
  addDepth(actor: number, by: number): number {
    Atomics.add(this.came, actor, by)
    return this.depth(actor)
  }

  /** A message has left the mailbox. A plain write, as nobody else writes it: others see it at once all the same. */
  leave(actor: number): void {
    const at = sharedAt(actor, left)
    this.shared[at] = ((this.shared[at] ?? 0) + 1) | 0
  }

  /** Takes a place in the mailbox unless all are taken; it never takes one too many, not even for a moment, which others would see. */
  tryAddDepth(actor: number, limit: number): boolean {
    const { came, seenLeft, shared } = this
    for (;;) {
      // A plain read: the exchange finds out if it is old.
      const before = came[actor] ?? 0
      if (((before - (seenLeft[actor] ?? 0)) | 0) >= limit) {
        seenLeft[actor] = Atomics.load(shared, sharedAt(actor, left))
        if (((before - (seenLeft[actor] ?? 0)) | 0) >= limit) return false
      }
      if (Atomics.compareExchange(came, actor, before, (before + 1) | 0) === before) return true
    }
  }

  /** How many senders wait for room. */
  waiters(actor: number): number {
    // Senders say that they wait and look for room then, so here what has left must be written before this is read.
    Atomics.add(this.shared, sharedAt(actor, left), 0)
    return Atomics.load(this.shared, sharedAt(actor, waiters))
  }

  addWaiters(actor: number, by: number): number {
    return Atomics.add(this.shared, sharedAt(actor, waiters), by) + by
  }

  /** How many messages an instance may have at a time, those that it handles included; -1 while it is shut. */
  places(actor: number): number {
    return Atomics.load(this.shared, sharedAt(actor, places))
  }

  /** Announces how many messages the instance may have. True if a sender had shut it. */
  setPlaces(actor: number, count: number): boolean {
    return Atomics.exchange(this.shared, sharedAt(actor, places), Math.min(count, 2 ** 30)) === shut
  }

  /** A plain read: what a sender wrote before it took a message back is seen with that message. */
  isShut(actor: number): boolean {
    return this.shared[sharedAt(actor, places)] === shut
  }

  /** Has no sender give the instance any message, until it moves again. Returns the places that it had announced. */
  shut(actor: number): number {
    return Atomics.exchange(this.shared, sharedAt(actor, places), shut)
  }

  /** Takes that back, unless the instance has announced its places since. */
  unshut(actor: number, count: number): void {
    Atomics.compareExchange(this.shared, sharedAt(actor, places), shut, count)
  }

  /** The actor is being built, for the first time or once more, and handles nothing meanwhile. */
  isResting(actor: number): boolean {
    const now = this.shared[sharedAt(actor, state)]
    return now === starting || now === restarting
  }

  handled(actor: number): number {
    return this.own[ownAt(actor, handled)] ?? 0
  }

  addHandled(actor: number, by: number): void {
    this.own[ownAt(actor, handled)] = this.handled(actor) + by
  }

  failed(actor: number): number {
    return this.own[ownAt(actor, failed)] ?? 0
  }

  addFailed(actor: number, by: number): void {
    this.own[ownAt(actor, failed)] = this.failed(actor) + by
  }

  /** Messages wait without a place in the mailbox; fewer than none no longer do. */
  addSurplus(actor: number, by: number): void {
    this.own[ownAt(actor, surplus)] = (this.own[ownAt(actor, surplus)] ?? 0) + by
  }

  /** How many messages wait, with a place in the mailbox or without. */
  waiting(actor: number): number {
    return Math.max(0, this.depth(actor)) + (this.own[ownAt(actor, surplus)] ?? 0)
  }

  /** How many keys of a keyed actor are awake, and quarantined. */
  keys(actor: number): { readonly awake: number; readonly quarantined: number } {
    return {
      awake: this.own[ownAt(actor, awakeKeys)] ?? 0,
      quarantined: this.own[ownAt(actor, quarantinedKeys)] ?? 0
    }
  }

  setKeys(actor: number, awake: number, quarantined: number): void {
    this.own[ownAt(actor, awakeKeys)] = awake
    this.own[ownAt(actor, quarantinedKeys)] = quarantined
  }

  state(actor: number): ActorState {
    return actorStates[Atomics.load(this.shared, sharedAt(actor, state))] ?? "starting"
  }

  setState(actor: number, value: ActorState): void {
    Atomics.store(this.shared, sharedAt(actor, state), actorStates.indexOf(value))
  }
}

/** Opens a status block. */
export const make = (memory: SharedArrayBuffer): StatusBlock => new StatusBlock(memory)

/**
 * What one incarnation of a thread shows of itself in shared memory: its heartbeat, when it is asked for one, the
 * the message that is being handled, and the counters of its actors. Others read it without asking, so a snapshot never waits for a sick thread.
 *
 * ```text
 *   Float64: heap bytes, active milliseconds when it last told, milliseconds for which main has not seen it move, CPU milliseconds
 *     Int32: beat, how it exits, actor and message being handled, how many actors, whether a debugger may stop it, whether
 *     somebody reads the payloads of dead letters, who sent the message
 *   per message whose handler goes on, up to 16: Int32: actor, message, sender; Float64: since when
 *   per actor, Int32: came                      written by senders with each message
 *   per actor, Int32: left, waiters, state, places   written by the thread alone, but for waiters, which senders write, and
 *     places, which senders shut
 *   per actor, Float64: handled, failed, awake and quarantined keys   written by the thread alone, may pass 2 ** 31
 * ```
 *
 * They lie apart, because processors that write to the same 64 bytes wait for each other. For the same reason the depth of
 * a mailbox is two counters: what came to it, and what has left it. Both may overflow; their difference doesn't.
 */
const apart = (bytes: number): number => (Math.ceil(bytes / 64) + 1) * 64
const countersAt = 8 * 8
const [beat, exit, handledActor, handledMessage, count, debugged, payloads, handledSender] = [
  0,
  1,
  2,
  3,
  4,
  5,
  6,
  7
]
const mostHandled = 16
const handledAt = countersAt + 8 * 4
const handledSinceAt = handledAt + mostHandled * 4 * 4
const headerBytes = apart(handledSinceAt + mostHandled * 8)
const [left, waiters, state, places] = [0, 1, 2, 3]
const fields = 4
/** The places of an instance that does not get to its messages. */
const shut = -1
const [handled, failed, awakeKeys, quarantinedKeys] = [0, 1, 2, 3]
const ownFields = 4

/** The states of an actor in the order of their numbers on the status block. */
export const actorStates = ["starting", "running", "restarting", "stopping", "stopped"] as const
export type ActorState = (typeof actorStates)[number]
const starting = actorStates.indexOf("starting")
const restarting = actorStates.indexOf("restarting")

/** Allocates the status block of a thread that hosts `actors` actors. */
export const allocate = (actors: number): SharedArrayBuffer => {
  const memory = new SharedArrayBuffer(
    headerBytes + apart(actors * 4) + apart(actors * fields * 4) + apart(actors * ownFields * 8)
  )
  new Int32Array(memory, countersAt)[count] = actors
  return memory
}

export type StatusBlock = ReturnType<typeof make>

/** A message whose handler goes on, all by their positions; since when by the clock that the threads of a process share. */
export interface Entry {
  readonly actor: number
  readonly message: number
  readonly sender: number
  readonly sinceMillis: number
}

/** Opens a status block. Actors and messages are named by their index in the declaration. */
export const make = (memory: SharedArrayBuffer) => {
  const sizes = new Float64Array(memory, 0, 8)
  const header = new Int32Array(memory, countersAt, 8)
  /** Actor, message and sender of each; the actor is 0 where there is no message, else one more than its position. */
  const handling = new Int32Array(memory, handledAt, mostHandled * 4)
  const handlingSince = new Float64Array(memory, handledSinceAt, mostHandled)
  /** Which entries of these are taken, one bit each. Only the thread itself takes any. */
  let taken = 0
  const actors = header[count] ?? 0
  const sharedBytes = headerBytes + apart(actors * 4)
  const came = new Int32Array(memory, headerBytes, actors)
  const shared = new Int32Array(memory, sharedBytes, actors * fields)
  const own = new Float64Array(memory, sharedBytes + apart(actors * fields * 4), actors * ownFields)
  /** What had left each mailbox when that was last looked at. */
  const seenLeft = new Int32Array(actors)
  const sharedAt = (actor: number, field: number) => actor * fields + field
  const ownAt = (actor: number, field: number) => actor * ownFields + field
  const increase = (at: number, by: number): void => {
    own[at] = (own[at] ?? 0) + by
  }
  // What has left first: what came is never less then.
  const depth = (actor: number): number => {
    const gone = Atomics.load(shared, sharedAt(actor, left))
    return (Atomics.load(came, actor) - gone) | 0
  }
  return {
    /** Says that the event loop turns. */
    beat: (heapBytes: number): void => {
      sizes[0] = heapBytes
      Atomics.add(header, beat, 1)
    },
    beats: (): number => Atomics.load(header, beat),
    heapBytes: (): number => sizes[0] ?? 0,
    /** Notes how long the event loop had been active, in all, when the thread last reported. */
    noteTold(activeMillis: number): void {
      sizes[1] = activeMillis
    },
    toldMillis: (): number => sizes[1] ?? 0,
    /** Notes for how long the thread has not been seen to move, which may be for ever; main writes it when it looks. */
    noteUnmoved(millis: number): void {
      const finite = Math.min(millis, Number.MAX_SAFE_INTEGER)
      if (sizes[2] !== finite) sizes[2] = finite
    },
    unmovedMillis: (): number => sizes[2] ?? 0,
    /** Notes whether a debugger may stop the thread, so that nothing in it is late. */
    noteDebugged(is: boolean): void {
      if ((Atomics.load(header, debugged) === 1) !== is) Atomics.store(header, debugged, is ? 1 : 0)
    },
    isDebugged: (): boolean => Atomics.load(header, debugged) === 1,
    /** Notes whether dead letters shall come with their payloads; main writes it. */
    notePayloadsRead: (is: boolean): void => void Atomics.store(header, payloads, is ? 1 : 0),
    arePayloadsRead: (): boolean => Atomics.load(header, payloads) === 1,
    /** Notes that `process.exit` was called, which an exit code of 0 doesn't tell. */
    noteExit: (): void => void Atomics.store(header, exit, 1),
    exitNoted: (): boolean => Atomics.load(header, exit) === 1,
    /** Notes which handler runs; both -1 for none. */
    noteHandling: (actor: number, message: number): void => {
      header[handledActor] = actor + 1
      header[handledMessage] = message + 1
    },
    readHandling: (): { readonly actor: number; readonly message: number } => ({
      actor: Atomics.load(header, handledActor) - 1,
      message: Atomics.load(header, handledMessage) - 1
    }),
    /** Notes whose message the handler has that runs and has not given back the thread yet; -1 for nobody's. */
    noteSender: (sender: number): void => {
      header[handledSender] = sender + 1
    },
    readSender: (): number => Atomics.load(header, handledSender) - 1,
    /** Notes a message whose handler goes on. Returns the number of its entry, -1 if there are too many of them. */
    enter(actor: number, message: number, sender: number, sinceMillis: number): number {
      const free = ~taken & (2 ** mostHandled - 1)
      if (free === 0) return -1
      const entry = 31 - Math.clz32(free & -free)
      taken |= 1 << entry
      handlingSince[entry] = sinceMillis
      handling[entry * 4 + 1] = message
      handling[entry * 4 + 2] = sender
      handling[entry * 4] = actor + 1
      return entry
    },
    /** The handler of a message has ended. */
    leaveEntry(entry: number): void {
      if (entry < 0) return
      taken &= ~(1 << entry)
      handling[entry * 4] = 0
    },
    /** The messages whose handlers go on, and since when. */
    entries: (): ReadonlyArray<Entry> =>
      Array.from(handlingSince, (sinceMillis, entry): Entry => ({
        actor: Atomics.load(handling, entry * 4) - 1,
        message: Atomics.load(handling, entry * 4 + 1),
        sender: Atomics.load(handling, entry * 4 + 2),
        sinceMillis
      })).filter(({ actor }) => actor >= 0),
    /** Notes how much processor time the thread has used. */
    noteCpu(millis: number): void {
      sizes[3] = millis
    },
    /** Nothing before it was noted, and where Node can't tell. */
    cpuMillis: (): number | undefined => sizes[3] === 0 ? undefined : sizes[3],
    depth,
    /** Messages have come; fewer than none were not sent after all. */
    addDepth(actor: number, by: number): number {
      Atomics.add(came, actor, by)
      return depth(actor)
    },
    /** A message has left the mailbox. A plain write, as nobody else writes it: others see it at once all the same. */
    leave(actor: number): void {
      const at = sharedAt(actor, left)
      shared[at] = ((shared[at] ?? 0) + 1) | 0
    },
    /** Takes a place in the mailbox unless all are taken; it never takes one too many, not even for a moment, which others would see. */
    tryAddDepth(actor: number, limit: number): boolean {
      for (;;) {
        // A plain read: the exchange finds out if it is old.
        const before = came[actor] ?? 0
        if (((before - (seenLeft[actor] ?? 0)) | 0) >= limit) {
          seenLeft[actor] = Atomics.load(shared, sharedAt(actor, left))
          if (((before - (seenLeft[actor] ?? 0)) | 0) >= limit) return false
        }
        if (Atomics.compareExchange(came, actor, before, (before + 1) | 0) === before) return true
      }
    },
    /** How many senders wait for room. */
    waiters(actor: number): number {
      // Senders say that they wait and look for room then, so here what has left must be written before this is read.
      Atomics.add(shared, sharedAt(actor, left), 0)
      return Atomics.load(shared, sharedAt(actor, waiters))
    },
    addWaiters: (actor: number, by: number): number => Atomics.add(shared, sharedAt(actor, waiters), by) + by,
    /** How many messages an instance may have at a time, those that it handles included; -1 while it is shut. */
    places: (actor: number): number => Atomics.load(shared, sharedAt(actor, places)),
    /** Announces how many messages the instance may have. True if a sender had shut it. */
    setPlaces: (actor: number, count: number): boolean =>
      Atomics.exchange(shared, sharedAt(actor, places), Math.min(count, 2 ** 30)) === shut,
    /** A plain read: what a sender wrote before it took a message back is seen with that message. */
    isShut: (actor: number): boolean => shared[sharedAt(actor, places)] === shut,
    /** Has no sender give the instance any message, until it moves again. Returns the places that it had announced. */
    shut: (actor: number): number => Atomics.exchange(shared, sharedAt(actor, places), shut),
    /** Takes that back, unless the instance has announced its places since. */
    unshut: (actor: number, count: number): void =>
      void Atomics.compareExchange(shared, sharedAt(actor, places), shut, count),
    /** The actor is being built, for the first time or once more, and handles nothing meanwhile. */
    isResting(actor: number): boolean {
      const now = shared[sharedAt(actor, state)]
      return now === starting || now === restarting
    },
    handled: (actor: number): number => own[ownAt(actor, handled)] ?? 0,
    addHandled: (actor: number, by: number): void => increase(ownAt(actor, handled), by),
    failed: (actor: number): number => own[ownAt(actor, failed)] ?? 0,
    addFailed: (actor: number, by: number): void => increase(ownAt(actor, failed), by),
    /** How many keys of a keyed actor are awake, and quarantined. */
    keys: (actor: number): { readonly awake: number; readonly quarantined: number } => ({
      awake: own[ownAt(actor, awakeKeys)] ?? 0,
      quarantined: own[ownAt(actor, quarantinedKeys)] ?? 0
    }),
    setKeys(actor: number, awake: number, quarantined: number): void {
      own[ownAt(actor, awakeKeys)] = awake
      own[ownAt(actor, quarantinedKeys)] = quarantined
    },
    state: (actor: number): ActorState => actorStates[Atomics.load(shared, sharedAt(actor, state))] ?? "starting",
    setState: (actor: number, value: ActorState): void =>
      void Atomics.store(shared, sharedAt(actor, state), actorStates.indexOf(value))
  }
}

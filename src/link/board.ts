/**
 * What one incarnation of a thread shows of itself in shared memory: its heartbeat, the message in hand, and the
 * counters of its actors. Others read it without asking, so a snapshot never waits for a sick thread.
 *
 * ```text
 *   Int32: beat | how it exits | actor in hand | message in hand | per actor: depth, waiters, handled, failed, state
 *   Float64: heap bytes
 * ```
 */
const headerBytes = 8 + 4 * 4
const fields = 5
const [beat, exit, handActor, handMessage] = [0, 1, 2, 3]
const [depth, waiters, handled, failed, state] = [0, 1, 2, 3, 4]

/** The states of an actor in the order of their numbers on the board. */
export const actorStates = ["starting", "running", "restarting", "stopping", "stopped"] as const
export type ActorState = (typeof actorStates)[number]

/** Allocates the board of a thread that hosts `actors` actors. */
export const allocate = (actors: number): SharedArrayBuffer => new SharedArrayBuffer(headerBytes + actors * fields * 4)

export type Board = ReturnType<typeof make>

/** Opens a board. Actors and messages are named by their index in the declaration. */
export const make = (memory: SharedArrayBuffer) => {
  const heap = new Float64Array(memory, 0, 1)
  const header = new Int32Array(memory, 8, 4)
  const actors = new Int32Array(memory, headerBytes)
  const at = (actor: number, field: number) => actor * fields + field
  const read = (field: number) => (actor: number): number => Atomics.load(actors, at(actor, field))
  const add = (field: number) => (actor: number, by: number): number => Atomics.add(actors, at(actor, field), by) + by
  return {
    /** Says that the event loop turns. */
    beat: (heapBytes: number): void => {
      heap[0] = heapBytes
      Atomics.add(header, beat, 1)
    },
    beats: (): number => Atomics.load(header, beat),
    heapBytes: (): number => heap[0] ?? 0,
    /** Notes that `process.exit` was called, which an exit code of 0 doesn't tell. */
    noteExit: (): void => void Atomics.store(header, exit, 1),
    exitNoted: (): boolean => Atomics.load(header, exit) === 1,
    /** Notes which handler runs; both -1 for none. */
    inHand: (actor: number, message: number): void => {
      header[handActor] = actor + 1
      header[handMessage] = message + 1
    },
    readInHand: (): { readonly actor: number; readonly message: number } => ({
      actor: Atomics.load(header, handActor) - 1,
      message: Atomics.load(header, handMessage) - 1
    }),
    depth: read(depth),
    addDepth: add(depth),
    /** Takes a place in the mailbox unless so many are taken; never for a moment one too many, which others would see. */
    tryAddDepth(actor: number, limit: number): boolean {
      for (;;) {
        const before = Atomics.load(actors, at(actor, depth))
        if (before >= limit) return false
        if (Atomics.compareExchange(actors, at(actor, depth), before, before + 1) === before) return true
      }
    },
    waiters: read(waiters),
    addWaiters: add(waiters),
    handled: read(handled),
    addHandled: add(handled),
    failed: read(failed),
    addFailed: add(failed),
    state: (actor: number): ActorState => actorStates[Atomics.load(actors, at(actor, state))] ?? "starting",
    setState: (actor: number, value: ActorState): void =>
      void Atomics.store(actors, at(actor, state), actorStates.indexOf(value))
  }
}

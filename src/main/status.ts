/**
 * The status of threads and actors, read from the supervisor's state and the threads' status blocks. No thread is asked.
 */
import type * as Actor from "../Actor.ts"
import { named } from "../base/keyName.ts"
import type { ThreadSpec, Topology } from "../control/topology.ts"
import type * as ExitCause from "../ExitCause.ts"
import type { StatusBlock } from "../shared/statusBlock.ts"
import type { ActorStatus, ThreadStatus } from "../Status.ts"
import type { SystemEvent } from "../SystemEvent.ts"
import { inOrder } from "../wire/protocol.ts"
import type { State, ThreadState } from "./decide/index.ts"
import type { Thread } from "./thread.ts"

/** What is kept of one actor over all its incarnations. */
interface Record {
  incarnation: number
  restarts: number
  lastCause: ExitCause.ExitCause | null
  /** Messages handled and failed in the incarnations of its thread that are dead. */
  handled: number
  failed: number
}

/** An incarnation that is alive, and how busy its event loop was when that was last measured. */
export interface Living {
  readonly incarnation: number
  readonly thread: Thread
  utilization: number
}

/** The processor time of each thread, in microseconds, as far as Node says it and the thread does not keep it waiting. */
export const cpuMicros = async (
  { threads }: Topology,
  living: ReadonlyMap<number, Living>
): Promise<ReadonlyMap<string, number>> => {
  const known = await Promise.all(
    Array.from(living, async ([index, { thread }]) => [threads[index]?.name ?? "", await thread.cpuMicros()] as const)
  )
  return new Map(known.flatMap(([name, micros]) => micros === undefined ? [] : [[name, micros]]))
}

export type Records = ReturnType<typeof makeRecords>

/** Makes the records of all actors: empty at first, then fed by events, and by the status blocks of dead threads. */
export const makeRecords = (topology: Topology) => {
  const threads = topology.threads.map(({ actors }) =>
    actors.map((): Record => ({ incarnation: 0, restarts: 0, lastCause: null, handled: 0, failed: 0 }))
  )
  const byName = new Map(topology.threads.map(({ actors, name }, index) => [
    name,
    new Map(actors.map(({ actor }, position) => [actor.actorName, threads[index]?.[position]]))
  ]))

  return {
    /** Notes what an event says about an actor. */
    note(event: SystemEvent): void {
      if (event._tag !== "ActorStarted" && event._tag !== "ActorFailed") return
      const record = byName.get(event.thread)?.get(event.actor)
      if (record === undefined) return
      if (event._tag === "ActorFailed") record.lastCause = event.cause
      else if (record.incarnation++ > 0) record.restarts++
    },
    /** A thread is dead: keeps what its status block has counted. */
    bury(index: number, block: StatusBlock): void {
      threads[index]?.forEach((record, actor) => {
        record.handled += block.handled(actor)
        record.failed += block.failed(actor)
      })
    },
    /** The present status of all threads. */
    snapshot: (state: State, living: (index: number) => Living | undefined): ReadonlyArray<ThreadStatus> =>
      topology.threads.map((spec, index): ThreadStatus => {
        const thread = state.threads[index]
        const alive = living(index)
        const ofThread = describe(thread, state)
        return {
          ...threadStatus(spec, thread, alive),
          ...topology.cluster?.once.includes(spec.group.name) === true ? { once: true as const } : {},
          state: ofThread,
          actors: spec.actors.map(({ actor }, position): ActorStatus =>
            actorStatus(actor, ofThread, threads[index]?.[position], alive?.thread.block, position)
          )
        }
      })
  }
}

/** The status of a thread, whether it lives or not. */
const threadStatus = ({ group, name }: ThreadSpec, thread: ThreadState | undefined, alive: Living | undefined) => {
  const incarnation = thread?.incarnation ?? 0
  return {
    name,
    group: group.name,
    incarnation,
    restarts: Math.max(0, incarnation - 1),
    lastCause: thread?.lastCause ?? null,
    readyAtMillis: thread?.readyAtMillis ?? null,
    ...unmoved(alive),
    heapUsedBytes: alive?.thread.block.heapBytes() ?? 0,
    eventLoopUtilization: alive?.utilization ?? 0
  }
}

/** How long a living thread has made no progress, if it makes none. */
const unmoved = (alive: Living | undefined): Pick<ThreadStatus, "unmovedMillis"> => {
  const millis = Math.round(alive?.thread.block.unmovedMillis() ?? 0)
  return millis > 0 ? { unmovedMillis: millis } : {}
}

const noKeys = { awake: 0, quarantined: 0 }

const noRecord: Record = { incarnation: 0, restarts: 0, lastCause: null, handled: 0, failed: 0 }

/** The status of an actor, from the block of its thread. */
const actorStatus = (
  { actorName: name, keys }: Actor.Any,
  ofThread: ThreadStatus["state"],
  { failed, handled, incarnation, lastCause, restarts }: Record = noRecord,
  block: StatusBlock | undefined,
  position: number
): ActorStatus => {
  const common = {
    name,
    incarnation,
    restarts,
    lastCause,
    ...keys === undefined ? {} : { keys: block?.keys(position) ?? noKeys }
  }
  if (block === undefined) return { ...common, state: withoutBlock(ofThread), mailboxDepth: 0, handled, failed }
  return {
    ...common,
    state: ofThread === "running" || ofThread === "starting" ? block.state(position) : actorStates[ofThread],
    mailboxDepth: block.waiting(position),
    handled: handled + block.handled(position),
    failed: failed + block.failed(position)
  }
}

/** The name of a thread's state for people. */
export const describe = (thread: ThreadState | undefined, { ending }: State): ThreadStatus["state"] => {
  if (thread === undefined) return "idle"
  if (thread.unkillable) return "unkillable"
  const comesBack = thread.wanted && ending === undefined
  if (thread.phase === "killing") return comesBack ? "restarting" : "stopping"
  if (thread.phase !== "idle") return thread.phase
  if (thread.gaveUp) return "quarantined"
  if (!comesBack) return "stopped"
  return thread.incarnation === 0 ? "idle" : "restarting"
}

/** The state of an actor, by that of its thread. */
const actorStates: { readonly [State in ThreadStatus["state"]]: ActorStatus["state"] } = {
  idle: "starting",
  starting: "starting",
  running: "starting",
  restarting: "restarting",
  unkillable: "restarting",
  stopping: "stopping",
  stopped: "stopped",
  quarantined: "stopped"
}

const withoutBlock = (ofThread: ThreadStatus["state"]): ActorStatus["state"] =>
  ofThread === "running" || ofThread === "starting" ? "stopped" : actorStates[ofThread]

/** The message that a thread is handling, as `Actor.Message` or `Actor("key").Message`; empty for none. */
export const handling = (spec: ThreadSpec, block: StatusBlock): string => {
  const { actor, message } = block.readHandling()
  const protocol = spec.actors[actor]?.actor
  const tag = protocol && inOrder(protocol.protocol.requests)[message]?._tag
  if (protocol === undefined || tag === undefined) return ""
  const key = protocol.keys === undefined ? undefined : block.handling.readKey()
  return `${named(protocol.actorName, key)}.${tag}`
}

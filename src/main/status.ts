/**
 * What is known of the threads and actors, read from the supervisor's state and the threads' status blocks: never by asking.
 */
import type { ThreadSpec, Topology } from "../control/topology.ts"
import type * as ExitCause from "../ExitCause.ts"
import type { StatusBlock } from "../shared/statusBlock.ts"
import type { ActorStatus, ThreadStatus } from "../Status.ts"
import type { SystemEvent } from "../SystemEvent.ts"
import { inOrder } from "../wire/protocol.ts"
import type { State, ThreadState } from "./decide/index.ts"
import type { Thread } from "./thread.ts"

/** What outlives the incarnations of one actor. */
interface Record {
  incarnation: number
  restarts: number
  lastCause: ExitCause.ExitCause | null
  /** Of the incarnations of its thread that are no more. */
  handled: number
  failed: number
}

/** An incarnation that is alive, and how busy its event loop was when that was last measured. */
export interface Living {
  readonly incarnation: number
  readonly thread: Thread
  utilization: number
}

/** Remembers of each actor what the status blocks of dead threads have taken with them. */
export const makeRecords = (topology: Topology) => {
  const records = topology.threads.map(({ actors }) =>
    actors.map((): Record => ({ incarnation: 0, restarts: 0, lastCause: null, handled: 0, failed: 0 }))
  )
  const of = (thread: string, actor: string): Record | undefined => {
    const index = topology.threads.findIndex(({ name }) => name === thread)
    const position = topology.threads[index]?.actors.findIndex((lazy) => lazy.actor.actorName === actor) ?? -1
    return records[index]?.[position]
  }

  return {
    note(event: SystemEvent): void {
      if (event._tag === "ActorStarted") {
        const record = of(event.thread, event.actor)
        if (record !== undefined && record.incarnation++ > 0) record.restarts++
      } else if (event._tag === "ActorFailed") {
        const record = of(event.thread, event.actor)
        if (record !== undefined) record.lastCause = event.cause
      }
    },
    /** A thread is dead: keeps what its status block has counted. */
    bury(index: number, block: StatusBlock): void {
      records[index]?.forEach((record, actor) => {
        record.handled += block.handled(actor)
        record.failed += block.failed(actor)
      })
    },
    snapshot: (state: State, living: (index: number) => Living | undefined): ReadonlyArray<ThreadStatus> =>
      topology.threads.map((spec, index): ThreadStatus => {
        const thread = state.threads[index]
        const alive = living(index)
        const threadState = describe(thread, state)
        return {
          name: spec.name,
          state: threadState,
          incarnation: thread?.incarnation ?? 0,
          restarts: Math.max(0, (thread?.incarnation ?? 0) - 1),
          lastCause: thread?.lastCause ?? null,
          readyAtMillis: thread?.readyAtMillis ?? null,
          heapUsedBytes: alive?.thread.block.heapBytes() ?? 0,
          eventLoopUtilization: alive?.utilization ?? 0,
          actors: spec.actors.map(({ actor }, position): ActorStatus => {
            const record = records[index]?.[position]
            return {
              name: actor.actorName,
              state: threadState === "running" || threadState === "starting"
                ? alive?.thread.block.state(position) ?? "stopped"
                : ofThread(threadState),
              incarnation: record?.incarnation ?? 0,
              restarts: record?.restarts ?? 0,
              lastCause: record?.lastCause ?? null,
              mailboxDepth: Math.max(0, alive?.thread.block.depth(position) ?? 0),
              handled: (record?.handled ?? 0) + (alive?.thread.block.handled(position) ?? 0),
              failed: (record?.failed ?? 0) + (alive?.thread.block.failed(position) ?? 0)
            }
          })
        }
      })
  }
}

/** The name of a thread's state for people. */
export const describe = (thread: ThreadState | undefined, { ending }: State): ThreadStatus["state"] => {
  if (thread === undefined) return "idle"
  if (thread.unkillable) return "unkillable"
  const comesBack = thread.wanted && ending === undefined
  switch (thread.phase) {
    case "starting":
    case "running":
      return thread.phase
    case "stopping":
      return "stopping"
    case "killing":
      return comesBack ? "restarting" : "stopping"
    case "idle":
      return thread.gaveUp ? "quarantined" : comesBack ? (thread.incarnation === 0 ? "idle" : "restarting") : "stopped"
  }
}

/** The state of an actor whose thread does not run. */
const ofThread = (state: ThreadStatus["state"]): ActorStatus["state"] => {
  switch (state) {
    case "restarting":
    case "unkillable":
      return "restarting"
    case "stopping":
      return "stopping"
    case "idle":
    case "starting":
    case "running":
      return "starting"
    case "stopped":
    case "quarantined":
      return "stopped"
  }
}

/** The message that a thread is handling, as `Actor.Message`; empty for none. */
export const handling = (spec: ThreadSpec, block: StatusBlock): string => {
  const { actor, message } = block.readInHand()
  const protocol = spec.actors[actor]?.actor
  const tag = protocol && inOrder(protocol.protocol.requests)[message]?._tag
  return protocol === undefined || tag === undefined ? "" : `${protocol.actorName}.${tag}`
}

/**
 * Measures the process, its threads and their actors, from what threads write into shared memory: none of them is asked.
 */
import { readdirSync } from "node:fs"
import type { Measures } from "../control/measures.ts"
import type { ThreadSpec, Topology } from "../control/topology.ts"
import type { StatusBlock } from "../shared/statusBlock.ts"
import type { SystemEvent } from "../SystemEvent.ts"
import type { Living } from "./status.ts"

export type Measuring = ReturnType<typeof make>

/** What the dead incarnations of a thread have used. */
interface Past {
  cpuMillis: number
  gcMillis: number
  readonly failures: Map<string, number>
  readonly actors: ReadonlyArray<{ waitMillis: number; handleMillis: number }>
}

/** What the process says of itself where the system does; a container need not have /proc. */
const orNull = (read: () => number): number | null => {
  try {
    return read()
  } catch {
    return null
  }
}

/** What is measured of the process. */
const ofProcess = (): Measures["process"] => {
  const { system, user } = process.cpuUsage()
  return {
    cpuMillis: (system + user) / 1000,
    residentBytes: orNull(() => process.memoryUsage.rss()),
    // One of them is that of the folder itself.
    openFiles: orNull(() => readdirSync("/proc/self/fd").length - 1)
  }
}

const nothing: Past = { cpuMillis: 0, gcMillis: 0, failures: new Map(), actors: [] }

const usedBy = (block: StatusBlock | undefined) =>
  block === undefined ? { cpuMillis: 0, gcMillis: 0, delayMillis: 0 } : {
    cpuMillis: block.measured.cpuMillis() ?? 0,
    gcMillis: block.measured.gcMillis(),
    delayMillis: block.measured.delayMillis()
  }

/** Makes the measures of a system, nothing at first. */
export const make = ({ threads }: Topology, living: ReadonlyMap<number, Living>) => {
  const past = threads.map(({ actors }): Past => ({
    cpuMillis: 0,
    gcMillis: 0,
    failures: new Map(),
    actors: actors.map(() => ({ waitMillis: 0, handleMillis: 0 }))
  }))
  const byName = new Map(threads.map(({ name }, index) => [name, past[index]]))
  let isMeasured = false

  const ofThread = ({ actors, name }: ThreadSpec, index: number): Measures["threads"][number] => {
    const dead = past[index] ?? nothing
    const block = living.get(index)?.thread.block
    const now = usedBy(block)
    const cpuMillis = dead.cpuMillis + now.cpuMillis
    return {
      name,
      cpuMillis: cpuMillis === 0 ? null : cpuMillis,
      gcMillis: dead.gcMillis + now.gcMillis,
      delayMillis: now.delayMillis,
      failures: Object.fromEntries(dead.failures),
      actors: actors.map(({ actor }, position) => ({
        name: actor.actorName,
        waitMillis: (dead.actors[position]?.waitMillis ?? 0) + (block?.measured.waitMillis(position) ?? 0),
        handleMillis: (dead.actors[position]?.handleMillis ?? 0) + (block?.measured.handleMillis(position) ?? 0)
      }))
    }
  }

  return {
    /** Notes what an event says of the ends of threads. */
    note(event: SystemEvent): void {
      if (event._tag !== "ThreadExited" || event.asked) return
      const failures = byName.get(event.thread)?.failures
      failures?.set(event.cause._tag, (failures.get(event.cause._tag) ?? 0) + 1)
    },
    /** A thread has begun. */
    begun(block: StatusBlock): void {
      if (isMeasured) block.measured.begin()
    },
    /** A thread is dead: keeps what it has used. */
    bury(index: number, block: StatusBlock): void {
      const dead = past[index]
      if (dead === undefined) return
      const { cpuMillis, gcMillis } = usedBy(block)
      dead.cpuMillis += cpuMillis
      dead.gcMillis += gcMillis
      dead.actors.forEach((actor, position) => {
        actor.waitMillis += block.measured.waitMillis(position)
        actor.handleMillis += block.measured.handleMillis(position)
      })
    },
    /** All measures by now. From the first time on, threads measure their garbage collections. */
    read(): Measures {
      if (!isMeasured) {
        isMeasured = true
        for (const { thread } of living.values()) thread.block.measured.begin()
      }
      return { process: ofProcess(), threads: threads.map(ofThread) }
    }
  }
}

/**
 * The child processes of a thread, in memory that outlives it.
 *
 * A thread notes each child before `spawn` returns and strikes it out when it has ended, so that main knows what a thread
 * that died has left. Several threads may note in one table: those of a system that runs inside a thread do.
 */
import { readFileSync } from "node:fs"
import { type Allocate, inProcess } from "./memory.ts"

/** Children at a time that a table has places for. */
const places = 1024

/** A child process; when it leads a process group of its own (`detached`), all of the group. */
export interface Child {
  readonly pid: number
  readonly detached: boolean
  /** When it was started, in a unit of the system's; 0 where that can't be read. Pids are used again, start times are not. */
  readonly startedAt: number
}

/** Allocates the notes of a thread. */
export const allocate = (allocate: Allocate = inProcess): SharedArrayBuffer =>
  allocate(places * (Int32Array.BYTES_PER_ELEMENT + Float64Array.BYTES_PER_ELEMENT))

export type Table = ReturnType<typeof make>

/** Opens the notes of a thread, from either side. */
export const make = (memory: SharedArrayBuffer) => {
  const startedAt = new Float64Array(memory, 0, places)
  /** Negative for the leader of a group, 0 for a free place. */
  const pids = new Int32Array(memory, places * Float64Array.BYTES_PER_ELEMENT, places)
  return {
    /** Notes a child, and returns its place; nothing when there is none left. */
    add(child: Child): number | undefined {
      const pid = child.detached ? -child.pid : child.pid
      for (let place = 0; place < places; place++) {
        if (Atomics.compareExchange(pids, place, 0, pid) !== 0) continue
        startedAt[place] = child.startedAt
        return place
      }
      return undefined
    },
    remove(place: number): void {
      startedAt[place] = 0
      Atomics.store(pids, place, 0)
    },
    /** Strikes out what another table had as well, whose thread can't do it any more. */
    forget(child: Child): void {
      const pid = child.detached ? -child.pid : child.pid
      const place = pids.indexOf(pid)
      if (place >= 0 && startedAt[place] === child.startedAt) Atomics.compareExchange(pids, place, pid, 0)
    },
    /** The children that have not ended, as far as their thread knew. */
    list: (): ReadonlyArray<Child> =>
      Array.from({ length: places }, (_, place) => ({ pid: Atomics.load(pids, place), place })).flatMap(
        ({ pid, place }) =>
          pid === 0 ? [] : [{ pid: Math.abs(pid), detached: pid < 0, startedAt: startedAt[place] ?? 0 }]
      )
  }
}

/** What the system says of a process, where it has /proc: nothing when there is no such process, or no /proc. */
const statusOf = (pid: number): { readonly state: string; readonly startedAt: number } | undefined => {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "latin1")
    // The name of the program, in brackets, may have blanks and brackets of its own.
    const fields = text.slice(text.lastIndexOf(")") + 2).split(" ")
    return { state: fields[0] ?? "", startedAt: Number(fields[19] ?? 0) }
  } catch {
    return undefined
  }
}

export const startOf = (pid: number): number => statusOf(pid)?.startedAt ?? 0

/** Whether a child still runs; a zombie does not. Where that can't be known it does not. */
export const runs = ({ pid, startedAt }: Child): boolean => {
  const status = statusOf(pid)
  return status !== undefined && status.startedAt === startedAt && status.state !== "Z" && status.state !== "X"
}

/** Signals a child, unless its pid is another process's by now. Says whether somebody got the signal. */
export const signal = ({ detached, pid, startedAt }: Child, name: NodeJS.Signals): boolean => {
  if (startedAt !== 0 && startOf(pid) !== startedAt) return false
  try {
    return process.kill(detached && process.platform !== "win32" ? -pid : pid, name)
  } catch {
    // It has ended, or has rights that this process has not.
    return false
  }
}

/** The tables that this thread notes its own children in, and that the threads it starts note theirs in as well. */
export const inherited: Array<SharedArrayBuffer> = []

/**
 * How the event loop of a child process has spent its time, as the process notes with each heartbeat: unlike a thread's, nobody
 * sees it from outside.
 */
import { performance } from "node:perf_hooks"

/** How much memory it takes. */
export const vitalsBytes = 3 * Float64Array.BYTES_PER_ELEMENT

/** What was noted last. */
export interface Vitals {
  readonly idleMillis: number
  readonly activeMillis: number
  readonly cpuMicros: number
}

/** Reads what was noted last. */
export const read = (memory: SharedArrayBuffer): Vitals => {
  const [idleMillis = 0, activeMillis = 0, cpuMicros = 0] = new Float64Array(memory, 0, 3)
  return { idleMillis, activeMillis, cpuMicros }
}

/** Notes how it is now. */
export const note = (memory: SharedArrayBuffer): void => {
  const { active, idle } = performance.eventLoopUtilization()
  const { system, user } = process.cpuUsage()
  new Float64Array(memory, 0, 3).set([idle, active, user + system])
}

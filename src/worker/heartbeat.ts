/**
 * How a thread shows its supervisor that it is well: a beat in shared memory, when it is asked for one.
 */
import { performance } from "node:perf_hooks"
import { getHeapStatistics } from "node:v8"
import type { StatusBlock } from "../shared/statusBlock.ts"

/**
 * Makes what answers the supervisor's `Beat`. It has no timer: an idle thread is not woken.
 *
 * **Details**
 * - Each beat writes the size of the heap, and the processor time of the thread, to the status block.
 * - `onHeap` gets the size of the heap, too.
 * - With `tell`, the beat also has `tellMetrics` report what was counted, and notes how long the loop had been active by then.
 *
 * **Gotchas**
 * - It is written after what else this turn of the loop has to do, so that nearly nothing is left that would look like activity.
 */
export const make = (
  own: StatusBlock,
  tellMetrics: () => void,
  onHeap?: (bytes: number) => void
): (tell: boolean) => void => {
  const beat = (tell: boolean): void => {
    if (tell) tellMetrics()
    if (tell) own.noteTold(performance.eventLoopUtilization().active)
    const heapBytes = noteVitals(own)
    onHeap?.(heapBytes)
  }
  // What it had used in the end.
  process.on("exit", () => void noteVitals(own))
  return (tell) => void setImmediate(beat, tell)
}

/** Writes down what the thread uses; returns the size of its heap. */
const noteVitals = (own: StatusBlock): number => {
  if ("threadCpuUsage" in process) {
    const { system, user } = process.threadCpuUsage()
    own.noteCpu((system + user) / 1000)
  }
  // Not `process.memoryUsage`, which reads /proc: a container need not have it.
  const heapBytes = getHeapStatistics().used_heap_size
  own.beat(heapBytes)
  return heapBytes
}

/**
 * How a thread shows its supervisor that it is well: a beat in shared memory, when it is asked for one.
 */
import { performance, PerformanceObserver } from "node:perf_hooks"
import { getHeapStatistics } from "node:v8"
import { shared } from "../loop/monotonic.ts"
import type { Measured } from "../shared/measured.ts"
import type { StatusBlock } from "../shared/statusBlock.ts"

/**
 * Makes what answers the supervisor's `Beat`. It has no timer: an idle thread is not woken.
 *
 * **Details**
 * - Each beat writes the size of the heap, and the processor time of the thread, to the status block.
 * - `onHeap` gets the size of the heap, too.
 * - How long the question has waited is written as well; and how long garbage collections take, once the supervisor measures.
 * - With `tell`, the beat also has `tellMetrics` report what was counted, and notes how long the loop had been active by then.
 *
 * **Gotchas**
 * - It is written after what else this turn of the loop has to do, so that nearly nothing is left that would look like activity.
 */
export const make = (
  own: StatusBlock,
  tellMetrics: () => void,
  onHeap?: (bytes: number) => void
): (tell: boolean, sentMillis: number) => void => {
  let isObserved = false
  const beat = (tell: boolean): void => {
    if (tell) tellMetrics()
    if (tell) own.noteTold(performance.eventLoopUtilization().active)
    const heapBytes = noteVitals(own)
    onHeap?.(heapBytes)
    if (isObserved || !own.measured.hasBegun()) return
    isObserved = true
    observeCollections(own.measured)
  }
  // What it had used in the end.
  process.on("exit", () => void noteVitals(own))
  return (tell, sentMillis) => {
    own.measured.noteDelay(Math.max(0, shared() - sentMillis))
    setImmediate(beat, tell)
  }
}

/** Adds up how long garbage collections take from now on. */
const observeCollections = (measured: Measured): void => {
  let millis = 0
  new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) millis += duration
    measured.noteGc(millis)
  }).observe({ entryTypes: ["gc"] })
}

/** Writes down what the thread uses; returns the size of its heap. */
const noteVitals = (own: StatusBlock): number => {
  if ("threadCpuUsage" in process) {
    const { system, user } = process.threadCpuUsage()
    own.measured.noteCpu((system + user) / 1000)
  }
  // Not `process.memoryUsage`, which reads /proc: a container need not have it.
  const heapBytes = getHeapStatistics().used_heap_size
  own.beat(heapBytes)
  return heapBytes
}

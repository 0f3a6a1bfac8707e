/**
 * Whether the JavaScript heap of this thread has reached the size at which the thread is recycled.
 */
import { performance } from "node:perf_hooks"
import { getHeapStatistics } from "node:v8"
import * as garbage from "../base/garbage.ts"

/** Garbage is collected for this at most so often, because it stops the thread for a moment. */
const collectEveryMillis = 10_000

/**
 * Makes the check of a size; undefined if there is no limit.
 *
 * **Details**
 * - Garbage does not count: once the heap is as large as the limit, it is collected, and what is left decides.
 */
export const make = (limitBytes: number | undefined, onReached: (bytes: number) => void) => {
  if (limitBytes === undefined) return undefined
  let notBeforeMillis = 0
  /** Looks at the size that the heap has now. */
  return (heapBytes: number): void => {
    const now = performance.now()
    if (heapBytes < limitBytes || now < notBeforeMillis) return
    notBeforeMillis = now + collectEveryMillis
    garbage.collect()
    const left = getHeapStatistics().used_heap_size
    if (left >= limitBytes) onReached(left)
  }
}

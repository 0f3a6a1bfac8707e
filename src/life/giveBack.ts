/**
 * Gives back the memory that a start has taken and that nothing needs any more, once a thread has come to rest. V8 would keep it
 * until the thread has allocated as much again.
 */
import { performance } from "node:perf_hooks"
import { getHeapStatistics } from "node:v8"
import * as garbage from "../base/garbage.ts"

/** How a thread is when it is looked at. */
export interface Look {
  /** How often it was looked at before. */
  readonly before: number
  /** How much of the time since the last look it was busy, 0 to 1. */
  readonly utilization: number
  readonly heapBytes: number
}

const mostLooks = 6
const restUtilization = 0.2
/** To collect the garbage of a larger heap would hold the thread up for longer than it is worth. */
const mostHeapBytes = 64 * 2 ** 20

/** Whether a thread gives memory back now, is looked at again later, or keeps what it has. */
export const decide = ({ before, heapBytes, utilization }: Look): "now" | "later" | "never" => {
  if (heapBytes > mostHeapBytes) return "never"
  if (utilization <= restUtilization) return "now"
  return before + 1 < mostLooks ? "later" : "never"
}

/**
 * Makes what is called when a thread has started, or goes on starting; a while after that it gives memory back, once. `then` runs afterwards.
 *
 * **Details**
 * - A busy thread is looked at again after twice the time.
 * - It takes the thread about 20 ms. The timer keeps nothing alive.
 */
export const make = (afterMillis: number, then: () => void = () => {}): () => void => {
  let timer: NodeJS.Timeout | undefined
  let isOver = false

  const lookAfter = (millis: number, before: number): void => {
    clearTimeout(timer)
    const last = performance.eventLoopUtilization()
    timer = setTimeout(() => {
      const { utilization } = performance.eventLoopUtilization(last)
      const what = decide({ before, utilization, heapBytes: getHeapStatistics().used_heap_size })
      if (what === "later") return lookAfter(millis * 2, before + 1)
      isOver = true
      if (what === "never") return
      garbage.collect(true)
      then()
    }, millis).unref()
  }
  return () => {
    if (!isOver) lookAfter(afterMillis, 0)
  }
}

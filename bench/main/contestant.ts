/** How late the main thread's timers are, while two threads exchange messages and while they don't. */
import * as Effect from "effect/Effect"
import { monitorEventLoopDelay } from "node:perf_hooks"
import { setTimeout } from "node:timers/promises"
import type { Measurements } from "../contestant.ts"
import { Driver } from "../link/Bench.ts"
import config from "../link/config.ts"
import { run } from "../running.ts"

/** Milliseconds between two looks; the histogram counts from look to look. */
const resolution = 1

const watch = async (work: () => Promise<unknown>): Promise<ReadonlyArray<number>> => {
  const delay = monitorEventLoopDelay({ resolution })
  const before = performance.eventLoopUtilization()
  delay.enable()
  await work()
  delay.disable()
  const { utilization } = performance.eventLoopUtilization(before)
  return [...[50, 99, 100].map((percentile) => delay.percentile(percentile) / 1e6 - resolution), utilization * 100]
}

export default async (): Promise<Measurements> => {
  const driver = await run(config, Driver)
  const asks = (count: number) =>
    Effect.runPromise(driver.Measure({ name: "asks", args: [count, 1000] }, { timeout: "1 minute" }))
  return {
    idle: (millis = 0) => watch(() => setTimeout(millis)),
    busy: (count = 0) => watch(() => asks(count))
  }
}

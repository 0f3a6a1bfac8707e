/** Posts everything at once to a thread that takes some time for each. */
import { once } from "node:events"
import { Worker } from "node:worker_threads"
import type { Measurements } from "../contestant.ts"
import { small } from "../link/drive.ts"
import { watchMemory } from "./watch.ts"

export default async (): Promise<Measurements> => {
  const worker = new Worker(new URL("./rawWorker.ts", import.meta.url))
  await once(worker, "online")
  const flood = async (count: number) => {
    const done = once(worker, "message")
    for (let id = 0; id < count; id++) {
      worker.postMessage({ ...small(id), last: id === count - 1 })
      // Lets the process look at its memory.
      if (id % 10_000 === 0) await new Promise((resolve) => setImmediate(resolve))
    }
    await done
  }
  await flood(200_000)
  return { flood: (count = 0) => watchMemory(() => flood(count), async () => 0) }
}

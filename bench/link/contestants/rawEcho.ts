/** Raw `postMessage` at its barest: the next message is sent when any answer arrives, whichever it belongs to. */
import { once } from "node:events"
import { Worker } from "node:worker_threads"
import type { Measurements } from "../../contestant.ts"
import { small, timed } from "../drive.ts"

export default async (): Promise<Measurements> => {
  const worker = new Worker(new URL("./rawWorker.ts", import.meta.url))
  await once(worker, "online")

  /** Keeps `window` messages on their way until `count` have come back. */
  const exchange = (count: number, window: number, arrived: () => void) =>
    new Promise<void>((resolve) => {
      let sent = 0
      let back = 0
      const receive = () => {
        arrived()
        if (++back === count) {
          worker.off("message", receive)
          resolve()
        } else if (sent < count) worker.postMessage(small(sent++))
      }
      worker.on("message", receive)
      while (sent < Math.min(window, count)) worker.postMessage(small(sent++))
    })

  return {
    async latencies(count = 0) {
      const micros: Array<number> = []
      let last = performance.now()
      await exchange(count, 1, () => {
        const now = performance.now()
        micros.push((now - last) * 1000)
        last = now
      })
      return micros
    },
    asks: async (count = 0, window = 1) => [await timed(() => exchange(count, window, () => {}))],
    tells: async (count = 0) => [
      await timed(async () => {
        const done = once(worker, "message")
        for (let id = 0; id < count; id++) {
          worker.postMessage({ ...small(id), tell: true, last: id === count - 1 })
        }
        await done
      })
    ]
  }
}

/** The same messages as a user of raw `postMessage` posts them; `BENCH_CARRIED` names the shape. */
import { once } from "node:events"
import type { Measurements } from "../contestant.ts"
import { asker, startWorker } from "../link/asking.ts"
import { askMany, timed } from "../link/drive.ts"
import { type Posted, shapeOfProcess } from "./shapes.ts"

export default async (): Promise<Measurements> => {
  const shape = shapeOfProcess()
  const worker = new URL("./rawWorker.ts", import.meta.url)
  const echo = await startWorker(worker, { workerData: "echo" })
  const counter = await startWorker(worker, { workerData: "count" })
  const ask = asker(echo, (id, index: number) => shape.ask(id, index), (answer: Posted) => {
    const message = shape.revive === undefined ? answer : shape.revive(answer)
    return message.id ?? Number.NaN
  })
  return {
    asks: (count = 0, window = 1) => askMany(count, window, ask),
    tells: async (count = 0) => [
      await timed(async () => {
        const done = once(counter, "message")
        for (let index = 0; index < count; index++) counter.postMessage(shape.tell(index))
        counter.postMessage("count")
        await done
      })
    ]
  }
}

/** Each of two bare threads is given its half of the tasks in one message, and answers with one: nothing can be quicker. */
import { once } from "node:events"
import type { Worker } from "node:worker_threads"
import type { Measurements } from "../contestant.ts"
import { startWorker } from "../link/asking.ts"
import { timed } from "../link/drive.ts"
import { bytesOf, numbers, repeated } from "./inputs.ts"

const halves = <A>(inputs: ReadonlyArray<A>): ReadonlyArray<ReadonlyArray<A>> => {
  const middle = Math.floor(inputs.length / 2)
  return [inputs.slice(0, middle), inputs.slice(middle)]
}

export default async (): Promise<Measurements> => {
  const module = new URL("./idealWorker.ts", import.meta.url)
  const workers: ReadonlyArray<Worker> = [await startWorker(module), await startWorker(module)]
  const all = async (task: string, inputs: ReadonlyArray<unknown>) => [
    await timed(() =>
      Promise.all(
        halves(inputs).map((half, index) => {
          const worker = workers[index]
          worker?.postMessage({ task, inputs: half })
          return worker && once(worker, "message")
        })
      )
    )
  ]
  return {
    trivial: (count = 0) => all("plus", numbers(count)),
    spin: (count = 0, rounds = 0) => all("spin", repeated(count, { rounds })),
    bytes: (count = 0, size = 0) => all("length", bytesOf(count, size))
  }
}

/** The same as `rawAsk.ts`, with all messages of one turn of the loop in one `postMessage`, both ways. */
import { once } from "node:events"
import { Worker } from "node:worker_threads"
import { asks, type Small } from "../drive.ts"

interface Request {
  readonly request: number
  readonly message: Small
}

export default async () => {
  const worker = new Worker(new URL("./rawWorker.ts", import.meta.url))
  await once(worker, "online")
  const waiting = new Map<number, (answer: Small) => void>()
  let next = 0
  let batch: Array<Request> = []
  worker.on("message", (answers: ReadonlyArray<Request>) => {
    for (const { message, request } of answers) {
      const resolve = waiting.get(request)
      waiting.delete(request)
      resolve?.(message)
    }
  })
  return asks((message) =>
    new Promise<Small>((resolve) => {
      const request = next++
      waiting.set(request, resolve)
      if (batch.push({ request, message }) > 1) return
      queueMicrotask(() => {
        worker.postMessage(batch)
        batch = []
      })
    })
  )
}

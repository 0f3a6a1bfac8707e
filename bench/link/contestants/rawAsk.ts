/** What one writes to ask over raw `postMessage`: a number on each message, and a map of the promises that wait. */
import { once } from "node:events"
import { Worker } from "node:worker_threads"
import { asks, type Small } from "../drive.ts"

export default async () => {
  const worker = new Worker(new URL("./rawWorker.ts", import.meta.url))
  await once(worker, "online")
  const waiting = new Map<number, (answer: Small) => void>()
  let next = 0
  worker.on("message", ({ message, request }) => {
    const resolve = waiting.get(request)
    waiting.delete(request)
    resolve?.(message)
  })
  return asks((message) =>
    new Promise<Small>((resolve) => {
      const request = next++
      waiting.set(request, resolve)
      worker.postMessage({ request, message })
    })
  )
}

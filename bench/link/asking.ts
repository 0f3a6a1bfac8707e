/** What one writes in order to ask over raw `postMessage`: an id on each message, and a map of the promises that wait. */
import { once } from "node:events"
import { Worker, type WorkerOptions } from "node:worker_threads"

/** Starts a worker. */
export const startWorker = async (module: URL, options?: WorkerOptions): Promise<Worker> => {
  const worker = new Worker(module, options)
  await once(worker, "online")
  return worker
}

/**
 * Asks a worker.
 *
 * **Details**
 * - `post` makes what is posted from an id and a message; `idOf` finds the id in an answer.
 */
export const asker = <Message, Answer>(
  worker: Worker,
  post: (id: number, message: Message) => unknown,
  idOf: (answer: Answer) => number
): (message: Message) => Promise<Answer> => {
  const waiting = new Map<number, (answer: Answer) => void>()
  let next = 0
  worker.on("message", (answer: Answer) => {
    const id = idOf(answer)
    const resolve = waiting.get(id)
    waiting.delete(id)
    resolve?.(answer)
  })
  return (message) =>
    new Promise((resolve) => {
      const id = next++
      waiting.set(id, resolve)
      worker.postMessage(post(id, message))
    })
}

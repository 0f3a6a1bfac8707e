/** A buffer there and back by raw `postMessage`: copied, or moved. */
import { once } from "node:events"
import { Worker } from "node:worker_threads"
import type { Measurements } from "../../contestant.ts"

export default async (): Promise<Measurements> => {
  const worker = new Worker(new URL("./rawBytesWorker.ts", import.meta.url))
  await once(worker, "online")
  const measure = async (
    count: number,
    post: () => void,
    arrived: (message: { readonly bytes: Uint8Array<ArrayBuffer> }) => void
  ) => {
    const micros: Array<number> = []
    for (let done = 0; done < count; done++) {
      const began = performance.now()
      await new Promise<void>((resolve) => {
        worker.once("message", (message) => {
          arrived(message)
          resolve()
        })
        post()
      })
      micros.push((performance.now() - began) * 1000)
    }
    return micros
  }
  return {
    copy: (count = 0, size = 0) => {
      const bytes = new Uint8Array(size)
      return measure(count, () => worker.postMessage({ bytes, move: false }), () => {})
    },
    move: (count = 0, size = 0) => {
      let bytes = new Uint8Array(size)
      return measure(count, () => worker.postMessage({ bytes, move: true }, [bytes.buffer]), (message) => {
        bytes = message.bytes
      })
    },
    texts: (count = 0, size = 0) => {
      const text = "x".repeat(size)
      return measure(count, () => worker.postMessage({ text }), () => {})
    }
  }
}

/** The program of a contestant's process, and of the thread in it when the contestant is to run on one. */
import { isMainThread, parentPort, Worker } from "node:worker_threads"
import type { Measurements } from "./contestant.ts"

const serve = async (
  module: string,
  listen: (receive: (request: unknown) => void) => void,
  reply: (message: unknown) => void
): Promise<void> => {
  const contestant: Measurements = await (await import(module)).default()
  listen(async (request) => {
    try {
      const [name, ...args] = Array.isArray(request) ? request : []
      const measurement = contestant[name]
      reply(measurement === undefined ? `it does not measure ${name}` : await measurement(...args))
    } catch (error) {
      reply(error instanceof Error ? error.stack : String(error))
    }
  })
  reply("ready")
}

const [, , module = "", where] = process.argv
const reply = (message: unknown): void => void process.send?.(message)
if (!isMainThread) {
  await serve(module, (receive) => parentPort?.on("message", receive), (message) => parentPort?.postMessage(message))
} else {
  process.on("disconnect", () => process.exit())
  const answer = (request: unknown, measure: (request: unknown) => void): void => {
    if (request !== "usage") return measure(request)
    const { minorPageFault, systemCPUTime, userCPUTime } = process.resourceUsage()
    reply([userCPUTime + systemCPUTime, minorPageFault])
  }
  if (where === "thread") {
    const worker = new Worker(new URL(import.meta.url), { argv: [module] })
    worker.on("message", reply)
    process.on("message", (request) => answer(request, (request) => worker.postMessage(request)))
  } else {
    await serve(module, (receive) => process.on("message", (request) => answer(request, receive)), reply)
  }
}

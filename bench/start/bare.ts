/** Bare threads that import the modules of a heddle thread, or nothing, one after the other. */
import { once } from "node:events"
import { Worker } from "node:worker_threads"
import type { Measurements } from "../contestant.ts"

const modules: ReadonlyArray<string> = process.env["BENCH_EMPTY"] === "1"
  ? []
  : [new URL("../../src/worker/entry.js", import.meta.url).href, new URL("../many/config.ts", import.meta.url).href]

export default async (): Promise<Measurements> => {
  // The main thread of a system has loaded these as well.
  await Promise.all(modules.map((module) => import(module)))
  const count = Number(process.env["BENCH_THREADS"] ?? 1)
  const before = process.memoryUsage().rss
  const millis: Array<number> = []
  for (let thread = 0; thread < count; thread++) {
    const began = performance.now()
    await once(new Worker(new URL("./bareWorker.ts", import.meta.url), { workerData: modules }), "message")
    millis.push(performance.now() - began)
  }
  const after = process.memoryUsage().rss
  return { ready: async () => millis, memory: async () => [(after - before) / count] }
}

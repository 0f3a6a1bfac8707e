/** Bare threads, one after the other, that import what a heddle thread imports (`BENCH_ENTRY` and the config), or nothing. */
import { once } from "node:events"
import { pathToFileURL } from "node:url"
import { Worker } from "node:worker_threads"
import type { Measurements } from "../contestant.ts"

const entry = process.env["BENCH_ENTRY"]
const modules: ReadonlyArray<string> = entry === undefined
  ? []
  : [pathToFileURL(entry).href, new URL("../many/config.ts", import.meta.url).href]

export default async (): Promise<Measurements> => {
  // The main thread of a system has loaded these as well.
  await Promise.all(modules.map((module) => import(module)))
  const count = Number(process.env["BENCH_THREADS"] ?? 1)
  const rss: Array<number> = []
  const millis: Array<number> = []
  for (let thread = 0; thread < count; thread++) {
    const began = performance.now()
    await once(new Worker(new URL("./bareWorker.ts", import.meta.url), { workerData: modules }), "message")
    millis.push(performance.now() - began)
    rss.push(process.memoryUsage.rss())
  }
  const [first = Number.NaN] = rss
  return {
    ready: async () => millis,
    memory: async () => [((rss.at(-1) ?? Number.NaN) - first) / (count - 1)]
  }
}

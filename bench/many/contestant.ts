/** Starts the threads one after the other; measures how long each took, and what they cost when nothing happens. */
import * as Effect from "effect/Effect"
import { System } from "heddle"
import { setTimeout } from "node:timers/promises"
import type { Measurements } from "../contestant.ts"
import { small, timed } from "../link/drive.ts"
import { run } from "../running.ts"
import config, { actors } from "./config.ts"

export default async (): Promise<Measurements> => {
  const before = process.memoryUsage.rss()
  const began = Date.now()
  const { clients, system } = await run(
    config,
    Effect.gen(function*() {
      return { system: yield* System.System, clients: yield* Effect.all(actors.flat()) }
    })
  )
  const after = process.memoryUsage.rss()
  const threads = await Effect.runPromise(system.threads)
  const ready = threads.map(({ readyAtMillis }) => readyAtMillis ?? Number.NaN)
  /** Bytes for each thread after the first, with which main loads what it needs for any; of a single one all. */
  const memory = async () => {
    if (actors.length === 1) return after - before
    const perThread = clients.length / actors.length
    const [first, last] = await Promise.all(
      [clients[0], clients[clients.length - perThread]].map((client) =>
        client === undefined ? Number.NaN : Effect.runPromise(client.MemoryAtStart())
      )
    )
    return ((last ?? Number.NaN) - (first ?? Number.NaN)) / (actors.length - 1)
  }
  return {
    /** Milliseconds of each thread. */
    ready: async () => ready.map((at, index) => at - (ready[index - 1] ?? began)),
    memory: async () => [await memory()],
    /** The part of one core that the process uses in so many milliseconds. */
    idle: async (millis = 0) => {
      const start = process.cpuUsage()
      await setTimeout(millis)
      const { system, user } = process.cpuUsage(start)
      return [(user + system) / 1000 / millis]
    },
    /** Milliseconds for so many asks, in turn to all actors. */
    asks: async (count = 0, window = 1) => {
      const ids = Array.from({ length: count }, (_, id) => id)
      const all = Effect.forEach(ids, (id) => clients[id % clients.length]?.Echo(small(id)) ?? Effect.void, {
        concurrency: window,
        discard: true
      })
      return [await timed(() => Effect.runPromise(all))]
    }
  }
}

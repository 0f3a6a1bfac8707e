/**
 * How a system is, as the `heddle` command shows it.
 */
import * as Effect from "effect/Effect"
import { performance } from "node:perf_hooks"
import type { Operated } from "./operated.ts"
import type { SystemView } from "./request.ts"

/** Node reads it from /proc, which a container need not have. */
const residentBytes = (): number => {
  try {
    return process.memoryUsage.rss()
  } catch {
    return 0
  }
}

/** Takes a view of a system. No thread has to answer. */
export const viewOf = ({ card, running: { supervisor } }: Operated): Effect.Effect<SystemView> =>
  Effect.gen(function*() {
    const threads = yield* supervisor.system.threads
    const micros = yield* Effect.promise(() => supervisor.cpuMicros())
    const { system, user } = process.cpuUsage()
    return {
      pid: card.pid,
      directory: card.directory,
      config: card.config,
      node: process.version,
      startedAtMillis: card.startedAtMillis,
      takenMillis: performance.now(),
      cpuMicros: user + system,
      residentBytes: residentBytes(),
      threads: threads.map((thread) => ({ ...thread, cpuMicros: micros.get(thread.name) ?? null }))
    }
  })

/**
 * How a system is, as the `heddle` command shows it.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import { performance } from "node:perf_hooks"
import { clusterActor } from "../actor/clusterActor.ts"
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

/** How long all machines together have to say how they are: each has a second. */
const machinesMillis = 2000

/** The view with all machines, if the system runs on several. Each is asked. */
export const withMachines = (operated: Operated): Effect.Effect<SystemView> => {
  const { running: { services }, topology: { cluster } } = operated
  if (cluster === undefined) return viewOf(operated)
  const machines = Context.getUnsafe(services, clusterActor()).Machines(
    { isDetailed: false },
    { timeout: machinesMillis }
  ).pipe(
    Effect.match({
      onFailure: ({ message }) => ({ apart: message }),
      onSuccess: (machines) => ({ machines })
    })
  )
  return Effect.map(
    Effect.all([viewOf(operated), machines], { concurrency: "unbounded" }),
    ([view, machines]) => ({ ...view, ...machines })
  )
}

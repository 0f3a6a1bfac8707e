/** As many threads (`BENCH_THREADS`) with as many actors each (`BENCH_ACTORS`) as the environment says; one by default. */
import * as Effect from "effect/Effect"
import * as Rpc from "effect/rpc/Rpc"
import * as Schema from "effect/Schema"
import { Actor, System, Thread } from "heddle"
import { Small } from "../link/Bench.ts"

const count = (name: string) => Array.from({ length: Number(process.env[name] ?? 1) }, (_, index) => index)

export interface One {
  readonly one: true
}

const one = (name: string) =>
  Actor.Service<One>()(name, [
    Rpc.make("Echo", { payload: Small, success: Small }),
    /** The process's memory, in bytes, when the actor was built. */
    Rpc.make("MemoryAtStart", { success: Schema.Int })
  ])

export const actors = count("BENCH_THREADS").map((thread) =>
  count("BENCH_ACTORS").map((actor) => one(`Actor-${thread}-${actor}`))
)

export default System.make({
  module: import.meta.url,
  threads: Object.fromEntries(actors.map((here, thread) => [
    `thread-${thread}`,
    Thread.make({
      // Ten thousand actors on a busy machine.
      startTimeout: "2 minutes",
      actors: here.map((actor) => {
        const layer = actor.toLayer(Effect.sync(() => {
          const bytes = process.memoryUsage.rss()
          return {
            Echo: (message: typeof Small.Type) => Effect.succeed(message),
            MemoryAtStart: () => Effect.succeed(bytes)
          }
        }))
        return Actor.lazy(actor, () => Promise.resolve({ default: layer }))
      })
    })
  ]))
})

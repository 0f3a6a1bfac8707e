/** As many threads (`BENCH_THREADS`) with as many actors each (`BENCH_ACTORS`) as the environment says; default one. */
import * as Effect from "effect/Effect"
import * as Rpc from "effect/rpc/Rpc"
import { Actor, System, Thread } from "heddle"
import { Small } from "../link/Bench.ts"

const count = (name: string) => Array.from({ length: Number(process.env[name] ?? 1) }, (_, index) => index)

export interface One {
  readonly one: true
}

const one = (name: string) => Actor.Service<One>()(name, [Rpc.make("Echo", { payload: Small, success: Small })])

export const actors = count("BENCH_THREADS").map((thread) =>
  count("BENCH_ACTORS").map((actor) => one(`Actor-${thread}-${actor}`))
)

export default System.make({
  module: import.meta.url,
  threads: Object.fromEntries(actors.map((here, thread) => [
    `thread-${thread}`,
    Thread.make({
      actors: here.map((actor) => {
        const layer = actor.toLayer({ Echo: (message) => Effect.succeed(message) })
        return Actor.lazy(actor, () => Promise.resolve({ default: layer }))
      })
    })
  ]))
})

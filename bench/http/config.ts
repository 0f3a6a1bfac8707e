/** A web server as an actor, in a system of `BENCH_ACTORS` actors altogether; the others have a thread of their own. */
import * as Effect from "effect/Effect"
import * as Rpc from "effect/rpc/Rpc"
import { Actor, System, Thread } from "heddle"
import { Web } from "./Web.ts"

interface Bystander {
  readonly bystander: true
}

const bystanders = Array.from(
  { length: Number(process.env["BENCH_ACTORS"] ?? 2) - 1 },
  (_, index) => Actor.Service<Bystander>()(`Bystander-${index}`, [Rpc.make("Ping")])
)

export default System.make({
  module: import.meta.url,
  threads: {
    bystanders: Thread.make({
      actors: bystanders.map((bystander) => {
        const layer = bystander.toLayer({ Ping: () => Effect.void })
        return Actor.lazy(bystander, () => Promise.resolve({ default: layer }))
      })
    }),
    web: Thread.make({ actors: [Actor.lazy(Web, () => import("./WebLayer.ts"))] })
  }
})

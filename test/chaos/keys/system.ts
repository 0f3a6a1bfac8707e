/** The system that chaos with keys is made with. */
import { Actor, System, Thread } from "heddle"
import { Alive, Evicting, Strict, Waiting } from "./Keyed.ts"

const thread = {
  restart: { backoff: { min: "2 millis", max: "10 millis" }, limit: { failures: 1_000_000 } },
  startTimeout: "1 minute",
  shutdownTimeout: "2 seconds"
} as const

export default System.make({
  module: import.meta.url,
  startup: "parallel",
  threads: {
    one: Thread.make({
      ...thread,
      actors: [
        Actor.lazy(Evicting, () => import("./layers/Evicting.ts")),
        Actor.lazy(Alive, () => import("./layers/Alive.ts"))
      ]
    }),
    two: Thread.make({
      ...thread,
      actors: [
        Actor.lazy(Waiting, () => import("./layers/Waiting.ts")),
        Actor.lazy(Strict, () => import("./layers/Strict.ts"))
      ],
      instances: 2
    })
  }
})

/** The threads that may be hurt. */
export const threads = ["one", "two.1", "two.2"] as const

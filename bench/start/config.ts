import { Actor, System, Thread } from "heddle"
import { Victim } from "./Victim.ts"

export default System.make({
  module: import.meta.url,
  threads: {
    victim: Thread.make({
      actors: [Actor.lazy(Victim, () => import("./VictimLayer.ts"))],
      restart: { backoff: { min: 0, max: 0 }, limit: { failures: 1_000_000 } }
    })
  }
})

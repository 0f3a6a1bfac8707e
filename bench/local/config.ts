import { Actor, System, Thread } from "heddle"
import { Target } from "../link/Bench.ts"
import { Neighbor } from "./Neighbor.ts"

export default System.make({
  module: import.meta.url,
  threads: {
    both: Thread.make({
      actors: [
        Actor.lazy(Target, () => import("../link/TargetLayer.ts")),
        Actor.lazy(Neighbor, () => import("./NeighborLayer.ts"))
      ]
    })
  }
})

import { Actor, System, Thread } from "heddle"
import { Hasty, Slow } from "./Slow.ts"

export default System.make({
  module: import.meta.url,
  threads: {
    slow: Thread.make({ actors: [Actor.lazy(Slow, () => import("./SlowLayer.ts"))] }),
    hasty: Thread.make({ actors: [Actor.lazy(Hasty, () => import("./HastyLayer.ts"))] })
  }
})

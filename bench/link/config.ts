import { Actor, System, Thread } from "heddle"
import { Driver, Target } from "./Bench.ts"

export default System.make({
  module: import.meta.url,
  threads: {
    target: Thread.make({ actors: [Actor.lazy(Target, () => import("./TargetLayer.ts"))] }),
    driver: Thread.make({ actors: [Actor.lazy(Driver, () => import("./DriverLayer.ts"))] })
  }
})

import { Actor, System, Thread } from "heddle"
import { Hasty, Slow } from "./Slow.ts"

/** A thread that kept what it can't handle yet would not survive it. */
const resourceLimits = { maxOldGenerationSizeMb: 64, maxYoungGenerationSizeMb: 48 }

export default System.make({
  module: import.meta.url,
  threads: {
    slow: Thread.make({ actors: [Actor.lazy(Slow, () => import("./SlowLayer.ts"))], resourceLimits }),
    hasty: Thread.make({ actors: [Actor.lazy(Hasty, () => import("./HastyLayer.ts"))], resourceLimits })
  }
})

/** The system that chaos is made with, by strategy. */
import { Actor, System, Thread } from "heddle"
import type { Order } from "./plan.ts"
import { Calm, Courier, Loose, Many, Solo, Strict } from "./Subject.ts"

/** Restarts at once and for ever, and is told from a hung thread soon. */
const thread = {
  restart: { backoff: { min: "2 millis", max: "10 millis" }, limit: { failures: 1_000_000 } },
  watchdog: { stallAfter: "400 millis" },
  resourceLimits: { maxOldGenerationSizeMb: 48 },
  // Nothing here hangs while it starts. On a busy machine a group of five threads has taken 13 seconds.
  startTimeout: "1 minute",
  shutdownTimeout: "2 seconds"
} as const

/**
 * Declares it; `module` is the module that exports it. `pair` is the order of the actors of thread pair, which an edit of the
 * module changes.
 */
export const declare = (strategy: System.Strategy, module: string, pair: Order = "Solo, Many") => {
  const solo = Actor.lazy(Solo, () => import("./layers/Solo.ts"))
  const many = Actor.lazy(Many, () => import("./layers/Many.ts"))
  return System.make({
    module,
    strategy,
    threads: {
      calm: Thread.make({ actors: [Actor.lazy(Calm, () => import("./layers/Calm.ts"))] }),
      pair: Thread.make({ ...thread, standby: 1, actors: pair === "Solo, Many" ? [solo, many] : [many, solo] }),
      strict: Thread.make({ ...thread, actors: [Actor.lazy(Strict, () => import("./layers/Strict.ts"))] }),
      loose: Thread.make({ ...thread, actors: [Actor.lazy(Loose, () => import("./layers/Loose.ts"))] }),
      courier: Thread.make({ ...thread, actors: [Actor.lazy(Courier, () => import("./layers/Courier.ts"))] })
    }
  })
}

/** Two threads with every default but a heap limit. */
import { Actor, System, Thread } from "heddle"
import { behavior } from "./behavior.ts"
import { Sibling, Victim } from "./Victim.ts"

const victim = Victim.toLayer(behavior, { concurrency: 100 })
const sibling = Sibling.toLayer(behavior, { concurrency: 100 })

export default System.make({
  module: import.meta.url,
  threads: {
    victim: Thread.make({
      actors: [Actor.lazy(Victim, () => Promise.resolve({ default: victim }))],
      resourceLimits: { maxOldGenerationSizeMb: 64 }
    }),
    sibling: Thread.make({ actors: [Actor.lazy(Sibling, () => Promise.resolve({ default: sibling }))] })
  }
})

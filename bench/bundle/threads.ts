/** Starts threads one after the other, each with a small actor, and prints how long each took until it was ready. */
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import { Actor, System, Thread } from "heddle"
import { all } from "./actors.ts"

const threads = Object.fromEntries(
  all.map((actor, index) => [
    `thread-${index}`,
    Thread.make({
      actors: [Actor.lazy(actor, async () => (await import("./SmallLayer.ts")).layerOf(index))]
    })
  ])
)

System.run(
  import.meta,
  { threads },
  Effect.gen(function*() {
    const system = yield* System.System
    const ready = (yield* system.threads).map(({ readyAtMillis }) => readyAtMillis ?? Number.NaN)
    yield* Console.log(JSON.stringify(ready.slice(1).map((at, index) => at - (ready[index] ?? Number.NaN))))
  })
)

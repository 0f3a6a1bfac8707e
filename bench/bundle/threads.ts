/** Starts threads one after the other, each with a small actor, and prints what one costs. */
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
    const bytes = yield* Effect.forEach(all, (actor) => Effect.flatMap(actor, (client) => client.MemoryAtStart()))
    const [first = Number.NaN] = bytes
    yield* Console.log(JSON.stringify({
      millis: ready.slice(1).map((at, index) => at - (ready[index] ?? Number.NaN)),
      bytes: ((bytes.at(-1) ?? Number.NaN) - first) / (bytes.length - 1)
    }))
  })
)

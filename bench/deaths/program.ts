/**
 * Lets 100 asks run into each way to die, 100 wait behind them, and 100 go to a sibling; prints a line of JSON for each. `process` as an
 * argument: the victim and its sibling are processes.
 */
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { Actor, System, Thread } from "heddle"
import { hundred, incarnationOf, patience, settled, summary } from "./asks.ts"
import { behavior } from "./behavior.ts"
import { type How, ofProcesses, ofThreads, Sibling, Victim } from "./Victim.ts"

const isolation = process.argv.includes("process") ? "process" : "thread"

const death = Effect.fnUntraced(function*(how: How) {
  const victim = yield* Victim
  const sibling = yield* Sibling
  yield* Effect.all([victim.Quick(undefined, patience), sibling.Quick(undefined, patience)])
  const before = yield* incarnationOf("victim")
  const onSibling = yield* hundred(sibling.Work(undefined, patience))
  const running = yield* hundred(victim.Work(undefined, patience), 99)
  const fatal = yield* Effect.forkChild(settled(victim.Die({ how }, patience)), { startImmediately: true })
  const queued = yield* hundred(victim.Quick(undefined, patience))
  const all = (asks: typeof queued) => Effect.forEach(asks, Fiber.join)
  return [
    how,
    summary(yield* all([...running, fatal])),
    summary(yield* all(queued)),
    summary(yield* all(onSibling)),
    String((yield* incarnationOf("victim")) - before)
  ]
})

const layer = <A>(layer: A) => () => Promise.resolve({ default: layer })
const restart = { backoff: { max: "100 millis" }, limit: { failures: 100 } } as const

System.run(
  import.meta,
  {
    threads: {
      victim: Thread.make({
        actors: [Actor.lazy(Victim, layer(Victim.toLayer(behavior, { concurrency: 100 })))],
        resourceLimits: { maxOldGenerationSizeMb: 64 },
        isolation,
        restart
      }),
      sibling: Thread.make({
        actors: [Actor.lazy(Sibling, layer(Sibling.toLayer(behavior, { concurrency: 100 })))],
        isolation,
        restart
      })
    }
  },
  Effect.forEach(
    isolation === "process" ? ofProcesses : ofThreads,
    (how) => Effect.map(death(how), (row) => console.log(JSON.stringify(row)))
  )
)

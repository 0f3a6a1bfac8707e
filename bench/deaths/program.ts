/**
 * Lets 100 asks run into each way to die, 100 wait behind them, and 100 go to a sibling; prints a line of JSON for each. `process` as an
 * argument: the victim and its sibling are processes.
 */
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { Actor, type ActorError, System, Thread } from "heddle"
import { behavior } from "./behavior.ts"
import { type How, ofProcesses, ofThreads, Sibling, Victim } from "./Victim.ts"

const isolation = process.argv.includes("process") ? "process" : "thread"

interface Settled {
  readonly outcome: string
  readonly millis: number
}

const patience = { timeout: "30 seconds" } as const

/** What became of an ask, and how long that took. */
const settled = <A>(ask: Effect.Effect<A, ActorError.ActorError>): Effect.Effect<Settled> =>
  Effect.suspend(() => {
    const from = performance.now()
    return Effect.map(Effect.result(ask), (result): Settled => ({
      outcome: result._tag === "Success"
        ? "answered"
        : `\`${result.failure.reason._tag}\` (${result.failure.reason.handled})`,
      millis: performance.now() - from
    }))
  })

const hundred = (ask: Effect.Effect<unknown, ActorError.ActorError>, count = 100) =>
  Effect.forEach(Array.from({ length: count }), () => Effect.forkChild(settled(ask), { startImmediately: true }))

const summary = (all: ReadonlyArray<Settled>): string => {
  const counts = new Map<string, number>()
  for (const { outcome } of all) counts.set(outcome, (counts.get(outcome) ?? 0) + 1)
  const most = Math.max(...all.map(({ millis }) => millis))
  return `${Array.from(counts, ([outcome, count]) => `${count} ${outcome}`).join(", ")}; ${Math.round(most)} ms`
}

const incarnation = Effect.gen(function*() {
  const { threads } = yield* System.System
  return (yield* threads).find(({ name }) => name === "victim")?.incarnation ?? 0
})

const death = Effect.fnUntraced(function*(how: How) {
  const victim = yield* Victim
  const sibling = yield* Sibling
  yield* Effect.all([victim.Quick(undefined, patience), sibling.Quick(undefined, patience)])
  const before = yield* incarnation
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
    String((yield* incarnation) - before)
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

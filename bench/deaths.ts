/**
 * What becomes of asks when a thread dies: `npm run bench:deaths` prints the table of docs/deaths.md.
 *
 * For each way to die: 100 asks that run (one of which ends the thread), 100 queued behind them, 100 on a sibling thread.
 */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import { type ActorError, System } from "heddle"
import { cpus } from "node:os"
import config from "./deaths/config.ts"
import { How, Sibling, Victim } from "./deaths/Victim.ts"

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
  Effect.forEach(
    Array.from({ length: count }),
    () => Effect.forkChild(settled(ask), { startImmediately: true })
  )

const summary = (all: ReadonlyArray<Settled>): string => {
  const counts = new Map<string, number>()
  for (const { outcome } of all) counts.set(outcome, (counts.get(outcome) ?? 0) + 1)
  const most = Math.max(...all.map(({ millis }) => millis))
  return `${Array.from(counts, ([outcome, count]) => `${count} ${outcome}`).join(", ")}; ${Math.round(most)} ms`
}

const death = (how: How) =>
  Effect.gen(function*() {
    const victim = yield* Victim
    const sibling = yield* Sibling
    const { threads } = yield* System.System
    yield* Effect.all([victim.Quick(), sibling.Quick()])
    const onSibling = yield* hundred(sibling.Work(undefined, patience))
    const running = yield* hundred(victim.Work(undefined, patience), 99)
    const fatal = yield* Effect.forkChild(settled(victim.Die({ how }, patience)), { startImmediately: true })
    const queued = yield* hundred(victim.Quick(undefined, patience))
    const all = (asks: typeof queued) => Effect.forEach(asks, Fiber.join)
    const row = [
      how,
      summary(yield* all([...running, fatal])),
      summary(yield* all(queued)),
      summary(yield* all(onSibling))
    ]
    const [{ incarnation } = { incarnation: 0 }] = yield* threads
    return [...row, String(incarnation)]
  }).pipe(Effect.provide(Layer.fresh(Layer.provide(System.layer(config), Logger.layer([])))))

const line = (cells: ReadonlyArray<string>) => console.log(`| ${cells.join(" | ")} |`)

const program = Effect.gen(function*() {
  console.log(
    `Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model}, ${new Date().toISOString().slice(0, 10)}\n`
  )
  line(["the thread ends by", "100 running", "100 queued", "100 on a sibling thread", "incarnation after"])
  line(["---", "---", "---", "---", "---"])
  for (const how of How.literals) line(yield* death(how))
})

const exit = await Effect.runPromiseExit(program)
if (Exit.isFailure(exit)) throw new Error(String(exit.cause))

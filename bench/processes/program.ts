/** Asks an actor on a thread, or in a process if that is the argument, and prints what that takes, as JSON. */
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import { Actor, System, Thread } from "heddle"
import { median } from "../statistics.ts"
import { Target } from "./Target.ts"

const isolation = process.argv.includes("process") ? "process" : "thread"
const warmMillis = 1500
const turnMillis = 1500
const deaths = 5
const restingMillis = 2500

const target = Thread.make({
  actors: [Actor.lazy(Target, () => import("./TargetLayer.ts"))],
  isolation,
  restart: { backoff: { min: 0, max: 0 }, limit: { failures: 100 } },
  standby: 1
})

/** Repeats something for some time; how often a second it was done. */
const rate = <E>(millis: number, once: Effect.Effect<number, E>) =>
  Effect.gen(function*() {
    const from = performance.now()
    let done = 0
    while (performance.now() - from < millis) done += yield* once
    return done / (performance.now() - from) * 1000
  })

const program = Effect.gen(function*() {
  const actor = yield* Target
  const { inject, threads } = yield* System.System
  const message = { id: 1, name: "small" }
  const lone = Effect.as(actor.Echo(message), 1)
  const many = Effect.as(
    Effect.forEach(Array.from({ length: 1000 }), () => actor.Echo(message), { concurrency: "unbounded" }),
    1000
  )
  const bytes = new Uint8Array(2 ** 20)
  const mebibyte = Effect.as(actor.Bytes({ bytes }), 1)
  for (const ask of [lone, many, mebibyte]) yield* rate(warmMillis, ask)

  const micros: Array<number> = []
  yield* rate(
    turnMillis,
    Effect.suspend(() => {
      const from = performance.now()
      return Effect.map(lone, (count) => {
        micros.push((performance.now() - from) * 1000)
        return count
      })
    })
  )
  const asks = yield* rate(turnMillis, many)
  const mebibytes = yield* rate(turnMillis, mebibyte)

  const restarts: Array<number> = []
  for (let count = 0; count < deaths; count++) {
    // Another one stands by.
    yield* Effect.sleep(restingMillis)
    const { incarnation } = (yield* threads)[0] ?? { incarnation: 0 }
    const from = performance.now()
    yield* inject("target", "exit")
    while (((yield* threads)[0]?.incarnation ?? 0) === incarnation) yield* Effect.sleep(1)
    // It is counted as soon as it is told to begin.
    yield* actor.Echo(message, { timeout: "30 seconds" })
    restarts.push(performance.now() - from)
  }
  yield* Console.log(JSON.stringify({ micros: median(micros), asks, mebibytes, restartMillis: median(restarts) }))
})

System.run(import.meta, { threads: { target } }, program)

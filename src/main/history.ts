/**
 * The last hour of each thread, in memory of main: it outlives the dashboard's thread, which shows it. Sampling begins when
 * somebody asks for it first.
 */
import * as Effect from "effect/Effect"
import type { History, Sample } from "../control/history.ts"
import type { ThreadStatus } from "../Status.ts"

const everyMillis = 10_000
const most = 3_600_000 / everyMillis

/** One moment of a thread. */
const sampleOf = ({ actors, eventLoopUtilization, heapUsedBytes, state }: ThreadStatus): Sample => {
  const isRunning = state === "running"
  const sum = (count: (actor: ThreadStatus["actors"][number]) => number): number =>
    actors.reduce((total, actor) => total + count(actor), 0)
  return [
    isRunning ? eventLoopUtilization : 0,
    isRunning ? heapUsedBytes : 0,
    sum(({ mailboxDepth }) => mailboxDepth),
    sum(({ failed, handled }) => handled + failed)
  ]
}

/** Makes the history, which is sampled for as long as the scope lives, from the first time that it is asked for. */
export const make = Effect.fnUntraced(function*(threads: Effect.Effect<ReadonlyArray<ThreadStatus>>) {
  const scope = yield* Effect.scope
  const byThread = new Map<string, Array<Sample>>()
  let isSampling = false

  const sample = Effect.map(threads, (statuses) => {
    for (const status of statuses) {
      const samples = byThread.get(status.name) ?? []
      samples.push(sampleOf(status))
      if (samples.length > most) samples.shift()
      byThread.set(status.name, samples)
    }
  })
  const begin = Effect.suspend(() => {
    if (isSampling) return Effect.void
    isSampling = true
    const later = Effect.forever(Effect.andThen(Effect.sleep(everyMillis), sample))
    return Effect.andThen(sample, Effect.forkIn(later, scope))
  })
  const read = Effect.sync((): History => ({
    everyMillis,
    threads: Array.from(byThread, ([name, samples]) => ({ name, samples: [...samples] }))
  }))
  return Effect.andThen(begin, read)
})

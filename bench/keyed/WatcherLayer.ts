import * as Effect from "effect/Effect"
import { getHeapStatistics, setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"
import { whenTaken } from "./handlers.ts"
import { Watcher } from "./Room.ts"

setFlagsFromString("--expose-gc")
const collect: unknown = runInNewContext("gc")

/** Milliseconds of the processor that this thread has used: others may be running instead of it, however long. */
const used = (): number => {
  const { system, user } = process.threadCpuUsage()
  return (system + user) / 1000
}

/** What the longest turn of the loop has used. */
const longestTurn = (millis: number): Effect.Effect<number> =>
  Effect.callback((resume) => {
    const until = performance.now() + millis
    let last = used()
    let longest = 0
    const turn = (): void => {
      const now = used()
      longest = Math.max(longest, now - last)
      last = now
      if (performance.now() < until) setImmediate(turn)
      else resume(Effect.succeed(longest))
    }
    setImmediate(turn)
  })

export default Watcher.toLayer({
  Taken: ({ count }) => whenTaken(count),
  Heap: () =>
    Effect.sync(() => {
      if (typeof collect === "function") collect()
      return getHeapStatistics().used_heap_size
    }),
  LongestTurn: ({ millis }) => longestTurn(millis)
}, { concurrency: 2 })

/** Messages to keys, and keys by the ten thousand. */
import * as Effect from "effect/Effect"
import type { Measurements } from "../contestant.ts"
import { run } from "../running.ts"
import config from "./config.ts"
import { Brief, Driver, Room, Watcher } from "./Room.ts"

const patient = { timeout: "2 minutes" } as const
const together = { concurrency: 1000, discard: true } as const
const names = (count: number, prefix: string) => Array.from({ length: count }, (_, index) => `${prefix}-${index}`)

const cpuMillis = (): number => {
  const { system, user } = process.cpuUsage()
  return (system + user) / 1000
}

export default async (): Promise<Measurements> => {
  const { brief, driver, rooms, watcher } = await run(
    config,
    Effect.all({ brief: Brief, driver: Driver, rooms: Room, watcher: Watcher })
  )
  return {
    asks: async (count = 0, keys = 0) => [await Effect.runPromise(driver.Asks({ count, keys }, patient))],
    tells: async (count = 0, keys = 0) => [await Effect.runPromise(driver.Tells({ count, keys }, patient))],
    /** Opens keys: the microseconds of the processor, of all threads, and the bytes of each. */
    open: (count = 0) =>
      Effect.runPromise(Effect.gen(function*() {
        const before = yield* watcher.Heap(undefined, patient)
        const began = cpuMillis()
        yield* Effect.forEach(names(count, `open-${count}`), (key) => rooms.wake(key, patient), together)
        const micros = (cpuMillis() - began) * 1000 / count
        const after = yield* watcher.Heap(undefined, patient)
        return [micros, (after - before) / count]
      })),
    /** The part of a core that the process uses. */
    idle: (millis = 0) =>
      Effect.runPromise(Effect.gen(function*() {
        const before = cpuMillis()
        yield* Effect.sleep(millis)
        return [(cpuMillis() - before) / millis]
      })),
    /** Opens keys that close after two seconds: the longest turn of their thread's loop until all have. */
    passivate: (count = 0) =>
      Effect.runPromise(Effect.gen(function*() {
        yield* Effect.forEach(names(count, "brief"), (key) => brief.wake(key, patient), together)
        yield* watcher.Heap(undefined, patient)
        let longest = 0
        do longest = Math.max(longest, yield* watcher.LongestTurn({ millis: 1000 }, patient))
        while ((yield* brief.awake).length > 0)
        return [longest]
      }))
  }
}

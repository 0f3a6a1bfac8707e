import * as Effect from "effect/Effect"
import { System } from "heddle"
import type { Measurements } from "../contestant.ts"
import { run } from "../running.ts"
import config from "./config.ts"
import { Hasty } from "./Slow.ts"
import { watchMemory } from "./watch.ts"

export default async (): Promise<Measurements> => {
  const { hasty, system } = await run(
    config,
    Effect.gen(function*() {
      return { system: yield* System.System, hasty: yield* Hasty }
    })
  )
  const flood = (count: number, concurrency: number) =>
    Effect.runPromise(hasty.Flood({ count, concurrency }, { timeout: "2 minutes" }))
  // What the first messages load and compile is not the flood's.
  await flood(200_000, 100)
  const depth = async () => {
    const threads = await Effect.runPromise(system.threads)
    return threads[0]?.actors[0]?.mailboxDepth ?? 0
  }
  return { flood: (count = 0, senders = 1) => watchMemory(() => flood(count, senders), depth) }
}

import * as Effect from "effect/Effect"
import type { Measurements } from "../contestant.ts"
import { run } from "../running.ts"
import config from "./config.ts"
import { Neighbor } from "./Neighbor.ts"

export default async (): Promise<Measurements> => {
  const neighbor = await run(config, Neighbor)
  const measure = (how: "ask" | "fork", concurrency: number) => async (count = 0) => [
    await Effect.runPromise(neighbor.Measure({ how, count, concurrency }, { timeout: "1 minute" }))
  ]
  return {
    "fork and join": measure("fork", 1),
    "ask": measure("ask", 1),
    "fork and join, 1000 at a time": measure("fork", 1000),
    "ask, 1000 in flight": measure("ask", 1000)
  }
}

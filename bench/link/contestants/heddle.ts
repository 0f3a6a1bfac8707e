/** One actor asks another, each on its own thread. */
import * as Effect from "effect/Effect"
import type { Measurements } from "../../contestant.ts"
import { run } from "../../running.ts"
import { Driver } from "../Bench.ts"
import config from "../config.ts"

export default async (): Promise<Measurements> => {
  const driver = await run(config, Driver)
  const measure = (name: string) => (...args: ReadonlyArray<number>) =>
    Effect.runPromise(driver.Measure({ name, args }, { timeout: "2 minutes" }))
  return Object.fromEntries(
    ["latencies", "asks", "tells", "stream", "copy", "move", "texts"].map((name) => [name, measure(name)])
  )
}

/** A program on the main thread asks an actor on a worker thread. */
import * as Effect from "effect/Effect"
import type { Measurements } from "../../contestant.ts"
import { run } from "../../running.ts"
import config from "../config.ts"
import { measurements } from "../measurements.ts"

export default async (): Promise<Measurements> => {
  const measure = await run(config, measurements)
  return Object.fromEntries(
    ["latencies", "asks", "tells", "stream"].map((name) => [
      name,
      (...args: ReadonlyArray<number>) => Effect.runPromise(measure(name, args))
    ])
  )
}

/** heddle's durable messages, in SQLite. */
import * as Effect from "effect/Effect"
import type { Measurements } from "../contestant.ts"
import { run } from "../running.ts"
import config from "./config.ts"
import { drive, text } from "./drive.ts"
import { Sink } from "./Sink.ts"

export default async (): Promise<Measurements> => {
  const sink = await run(config, Effect.flatMap(Sink, Effect.succeed))
  let told = 0
  return drive({
    tell: (order) => {
      told++
      return Effect.runPromise(sink.Take({ order, text }, { discard: true, timeout: "1 minute" }))
    },
    ask: (order) => {
      told++
      return Effect.runPromise(sink.Take({ order, text }, { timeout: "1 minute" }))
    },
    drained: () =>
      Effect.runPromise(
        Effect.asVoid(Effect.repeat(Effect.delay(sink.Taken(), "5 millis"), { until: (taken) => taken >= told }))
      )
  })
}

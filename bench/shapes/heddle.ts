/** One actor sends, another one carries; the last argument is the number of the carrier. */
import * as Effect from "effect/Effect"
import type { Measurements } from "../contestant.ts"
import { run } from "../running.ts"
import config from "./config.ts"
import { Sender } from "./Sender.ts"

export default async (): Promise<Measurements> => {
  const sender = await run(config, Sender)
  const options = { timeout: "2 minutes" } as const
  return {
    asks: async (count = 0, window = 1, carrier = 0) => [
      await Effect.runPromise(sender.Ask({ count, window, carrier }, options))
    ],
    tells: async (count = 0, window = 1, carrier = 0) => [
      await Effect.runPromise(sender.Tell({ count, window, carrier }, options))
    ]
  }
}

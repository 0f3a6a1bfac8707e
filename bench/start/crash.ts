/** From the message that ends the thread to the first answer of its next incarnation, back-off 0. */
import * as Effect from "effect/Effect"
import type { Measurements } from "../contestant.ts"
import { run } from "../running.ts"
import config from "./config.ts"
import { Victim } from "./Victim.ts"

export default async (): Promise<Measurements> => {
  const victim = await run(config, Victim)
  return {
    crash: async (count = 0) => {
      const millis: Array<number> = []
      for (let crash = 0; crash < count; crash++) {
        const began = performance.now()
        await Effect.runPromise(Effect.ignore(victim.Die()))
        await Effect.runPromise(victim.Ping(undefined, { timeout: "1 minute" }))
        millis.push(performance.now() - began)
      }
      return millis
    }
  }
}

/** Asks several threads in turn, from main and from an actor; the last argument is the number of threads. */
import * as Effect from "effect/Effect"
import type { Measurements } from "../contestant.ts"
import { run } from "../running.ts"
import { ask } from "./ask.ts"
import config from "./config.ts"
import { Fan } from "./Fan.ts"

export default async (): Promise<Measurements> => {
  const { askFromMain, fan } = await run(config, Effect.all({ askFromMain: ask, fan: Fan }))
  return {
    main: async (count = 0, window = 1, blades = 1) => [await Effect.runPromise(askFromMain(count, window, blades))],
    actor: async (count = 0, window = 1, blades = 1) => [
      await Effect.runPromise(fan.Ask({ count, window, blades }, { timeout: "2 minutes" }))
    ]
  }
}

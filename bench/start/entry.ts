/** Reports the file that a heddle thread begins with, as the code points of its path. */
import * as Effect from "effect/Effect"
import type { Measurements } from "../contestant.ts"
import { run } from "../running.ts"
import config from "./config.ts"
import { Victim } from "./Victim.ts"

export default async (): Promise<Measurements> => {
  const victim = await run(config, Victim)
  return {
    entry: async () => Array.from(await Effect.runPromise(victim.Entry()), (character) => character.codePointAt(0) ?? 0)
  }
}

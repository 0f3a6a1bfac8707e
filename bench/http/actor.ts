import * as Effect from "effect/Effect"
import type { Measurements } from "../contestant.ts"
import { run } from "../running.ts"
import config from "./config.ts"
import { Web } from "./Web.ts"

export default async (): Promise<Measurements> => {
  const port = await run(config, Effect.flatMap(Web, (web) => web.Port()))
  return { port: async () => [port] }
}

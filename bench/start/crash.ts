/** From the message that ends the thread to the first answer of its next incarnation. */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { System } from "heddle"
import { setTimeout } from "node:timers/promises"
import type { Measurements } from "../contestant.ts"
import { run } from "../running.ts"
import config from "./config.ts"
import { Victim } from "./Victim.ts"

export default async (): Promise<Measurements> => {
  const { system, victim } = await run(config, Effect.all({ system: System.System, victim: Victim }))
  const standby = config.topology.threads.some(({ standby }) => standby > 0)
  /** Completes when the next standby thread is loaded, if there shall be one. */
  const standbyReady = async (): Promise<void> => {
    const loaded = Stream.filter(system.events, (event) => event._tag === "StandbyReady")
    if (standby) await Effect.runPromise(Stream.runDrain(Stream.take(loaded, 1)))
  }
  const crash = async (): Promise<number> => {
    const next = standbyReady()
    const began = performance.now()
    await Effect.runPromise(Effect.ignore(victim.Die()))
    await Effect.runPromise(victim.Ping(undefined, { timeout: "1 minute" }))
    const millis = performance.now() - began
    await next
    await setTimeout(200)
    return millis
  }
  // The first incarnation's standby thread may be loaded already, or still be loading: the second's is waited for.
  await crash()
  return {
    crash: async (count = 0) => {
      const millis: Array<number> = []
      for (let crashed = 0; crashed < count; crashed++) millis.push(await crash())
      return millis
    }
  }
}

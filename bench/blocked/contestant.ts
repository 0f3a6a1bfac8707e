/** The shipped services; the bot's thread can be made to spin. */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { System } from "heddle"
import config from "../../services/config.ts"
import { WebServer } from "../../services/web/WebServer.ts"
import type { Measurements } from "../contestant.ts"
import { run } from "../running.ts"

export default async (): Promise<Measurements> => {
  const { address, system } = await run(
    config,
    Effect.gen(function*() {
      return { system: yield* System.System, address: yield* (yield* WebServer).Address() }
    })
  )
  return {
    port: async () => [Number(new URL(address).port)],
    /** Blocks the bot's loop until the watchdog replaces its thread, 5 s later. */
    spin: async () => {
      await Effect.runPromise(system.inject("bot", "spin"))
      return []
    },
    /** Completes when the bot is back. */
    recovered: async () => {
      const restarted = Stream.runHead(
        Stream.filter(system.events, (event) => event._tag === "ThreadStarted" && event.thread === "bot")
      )
      await Effect.runPromise(restarted)
      return []
    }
  }
}

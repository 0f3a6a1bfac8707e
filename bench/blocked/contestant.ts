/** The shipped services; the bot's thread can be made to spin. */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { System } from "heddle"
import { Dashboard } from "heddle/Dashboard"
import config from "../../services/config.ts"
import type { Measurements } from "../contestant.ts"
import { run } from "../running.ts"

export default async (): Promise<Measurements> => {
  const { address, system } = await run(
    config,
    Effect.gen(function*() {
      return { system: yield* System.System, address: yield* (yield* Dashboard).Address() }
    })
  )
  /** Completes when the bot is back. Events are not repeated, so it waits for them from before its thread spins. */
  let restarted: Promise<unknown> = Promise.resolve()
  const started = Stream.filter(system.events, (event) => event._tag === "ThreadStarted" && event.thread === "bot")
  return {
    port: async () => [Number(new URL(address).port)],
    /** Blocks the bot's loop until the watchdog replaces its thread, 5 s later. */
    spin: async () => {
      restarted = Effect.runPromise(Stream.runHead(started))
      await Effect.runPromise(system.inject("bot", "spin"))
      return []
    },
    recovered: async () => {
      await restarted
      return []
    }
  }
}

/** The bot on a real thread, and a Discord in this process that does to it what a test says. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Queue from "effect/Queue"
import * as Stream from "effect/Stream"
import { System } from "heddle"
import type { SystemEvent } from "heddle/SystemEvent"
import { DiscordBot } from "../../services/discord/DiscordBot.ts"
import * as Sandbox from "../../services/discord/sandbox/Sandbox.ts"
import { environment } from "../services/environment.ts"
import * as Bot from "./botHarness.ts"
import config from "./system.ts"

const started = Effect.fnUntraced(function*(options: Sandbox.Options = {}) {
  const sandbox = yield* Sandbox.make(options)
  yield* environment({ DISCORD_TOKEN: sandbox.token, DISCORD_API_URL: sandbox.url })
  return sandbox
})

/** The bot is built before it is connected. */
const connected = (bot: DiscordBot["Service"]) =>
  Effect.repeat(Effect.delay(bot.Status(), "20 millis"), { until: ({ state }) => state === "ready" })

/** What happens in the system from now on; `until` waits for the first event that fits. */
const following = Effect.gen(function*() {
  const system = yield* System.System
  const events = yield* Queue.unbounded<SystemEvent>()
  yield* Effect.forkScoped(Stream.runForEach(system.events, (event) => Queue.offer(events, event)), {
    startImmediately: true
  })
  const until = (fits: (event: SystemEvent) => boolean): Effect.Effect<SystemEvent> =>
    Effect.flatMap(Queue.take(events), (event) => fits(event) ? Effect.succeed(event) : until(fits))
  return { system, until: (fits: (event: SystemEvent) => boolean) => Effect.timeout(until(fits), "30 seconds") }
})

describe("DiscordBot on its thread", () => {
  it.live(
    "F9, F13: Whatever ends the thread, there is one connection and one login, and no message is missed or answered twice.",
    () =>
      Effect.gen(function*() {
        const sandbox = yield* started()
        const second = yield* Effect.forkScoped(sandbox.until(({ connections }) => connections > 1))
        yield* Effect.gen(function*() {
          const { system, until } = yield* following
          const bot = yield* DiscordBot
          yield* connected(bot)
          const ways = ["throw", "exit", "spin"] as const
          for (const [i, how] of ways.entries()) {
            yield* system.inject("bot", how)
            yield* until((event) => event._tag === "ThreadExited" && event.thread === "bot")
            const { id } = yield* sandbox.say("ada", "!ping")
            yield* until((event) => event._tag === "ThreadStarted" && event.incarnation === i + 2)
            const { content } = yield* Bot.line(sandbox, ({ answers }) => answers === id)
            assert.include(content, "Pong")
            assert.deepInclude(yield* sandbox.counters, { resumes: i + 1 })
          }
        }).pipe(Effect.provide(System.layer(config)))
        assert.isUndefined(second.pollUnsafe())
        const counters = yield* Bot.counted(sandbox, ({ connections }) => connections === 0)
        assert.deepInclude(counters, { identifies: 1, resumes: 3 })
        const over = yield* sandbox.say("ada", "over")
        const lines = yield* Stream.runCollect(Stream.takeUntil(sandbox.transcript, ({ id }) => id === over.id))
        assert.lengthOf(lines.filter(({ content, fromBot }) => fromBot && content.startsWith("Pong")), 3)
        // The end of the system logs the bot out: nobody is left to hear.
        const note = yield* Bot.line(sandbox, ({ answers }) => answers === over.id)
        assert.include(note.content, "No bot is here to hear that")
      }),
    60_000
  )

  it.live(
    "DiscordBot on its thread replaces its connection in less than two heartbeats when Discord falls silent, and resumes; the actor runs on.",
    () =>
      Effect.gen(function*() {
        const sandbox = yield* started({ heartbeatInterval: "6 seconds" })
        yield* Effect.gen(function*() {
          const system = yield* System.System
          const bot = yield* DiscordBot
          yield* connected(bot)
          yield* sandbox.controls.blackHole
          const since = performance.now()
          yield* Effect.repeat(Effect.delay(bot.Status(), "20 millis"), { until: ({ isUncertain }) => isUncertain })
          yield* Effect.timeout(sandbox.until(({ resumes }) => resumes === 1), "20 seconds")
          // Noticed after one and a half of them; a second for the close, half of one for the next attempt.
          assert.isBelow(performance.now() - since, 2 * 6000)
          const thread = (yield* system.threads).find(({ name }) => name === "bot")
          assert.deepStrictEqual([thread?.restarts, thread?.actors[0]?.restarts], [0, 0])
        }).pipe(Effect.provide(System.layer(config)))
        assert.deepInclude(yield* sandbox.counters, { identifies: 1 })
      }),
    60_000
  )

  it.live(
    "DiscordBot on its thread answers why Discord refuses it, logs in no more, and comes back by a restart.",
    () =>
      Effect.gen(function*() {
        const sandbox = yield* started({ identifyEvery: 0 })
        yield* Effect.gen(function*() {
          const system = yield* System.System
          const bot = yield* DiscordBot
          const become = (state: string) =>
            Effect.repeat(Effect.delay(bot.Status(), "20 millis"), { until: (status) => status.state === state })
          yield* become("ready")
          yield* sandbox.controls.closeConnections(4014)
          const { problem } = yield* become("refused")
          assert.include(problem, `Enable "Message Content Intent"`)
          const [, thread] = yield* system.threads
          assert.deepStrictEqual([thread?.state, thread?.restarts], ["running", 0])
          assert.deepInclude(yield* sandbox.counters, { connects: 1, refusedConnects: 0, identifies: 1 })
          yield* system.restart("bot")
          yield* become("ready")
        }).pipe(Effect.provide(System.layer(config)))
      }),
    60_000
  )
})

import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { send } from "./client.ts"
import { makeWorld, stalled, start, type World } from "./fakes.ts"

const json = { headers: { accept: "application/json" } }

/** Repeats a probe until it says `status`; the server notices a silent bot within a second and a half. */
const until = (url: string, status: number) =>
  send(url).pipe(
    Effect.tap((answer) => answer.status === status ? Effect.void : Effect.sleep("20 millis")),
    Effect.repeat({ until: (answer) => answer.status === status }),
    Effect.timeout("5 seconds"),
    Effect.orDie
  )

const bot = (world: World) => {
  const [, thread] = world.threads
  assert.isDefined(thread)
  return thread
}

describe.concurrent("health", () => {
  it.live("Health is ok in plain, verbose and JSON while everything runs.", () =>
    Effect.gen(function*() {
      const { url } = yield* start(makeWorld())
      assert.strictEqual((yield* send(`${url}/livez`)).text, "ok\n")
      assert.strictEqual((yield* until(`${url}/readyz`, 200)).text, "ok\n")
      assert.strictEqual((yield* send(`${url}/healthz`)).text, "ok\n")
      assert.strictEqual(
        (yield* send(`${url}/readyz?verbose`)).text,
        "[+] system: ok\n[+] scraper: ok\n[+] bot: ok\n[+] web: ok\n" +
          "[+] DiscordBot: ok\n[+] DiscordSandbox: ok\n" +
          "[+] discord: connected as heddle#0001; last sign of life 0.9 s ago\n[+] Scraper: ok\nready\n"
      )
      const detailed = yield* send(`${url}/readyz`, json)
      assert.strictEqual(JSON.parse(detailed.text).status, "ok")
      assert.lengthOf(JSON.parse(detailed.text).checks, 8)
      const discord = JSON.parse((yield* send(`${url}/health/discord`, json)).text)
      assert.strictEqual(discord.checks[0].detail, "connected as heddle#0001; last sign of life 0.9 s ago")
      assert.strictEqual(discord.bot.guilds, 1)
    }))

  it.live("Health names a thread that doesn't run, its actors and the cause.", () =>
    Effect.gen(function*() {
      const world = makeWorld()
      const { url } = yield* start(world)
      yield* until(`${url}/readyz`, 200)
      Object.assign(bot(world), { state: "restarting", lastCause: stalled })
      const { text } = yield* until(`${url}/readyz`, 503)
      assert.strictEqual(
        text,
        "bot: restarting (its event loop was blocked for 5000 ms); its actors: DiscordSandbox, DiscordBot\n"
      )
      assert.strictEqual((yield* send(`${url}/livez`)).status, 200)
      assert.include((yield* send(`${url}/readyz?verbose`)).text, "[-] bot: restarting (")
      assert.strictEqual(JSON.parse((yield* send(`${url}/readyz`, json)).text).status, "unavailable")
    }))

  it.live("Health names an actor that restarts inside a running thread.", () =>
    Effect.gen(function*() {
      const world = makeWorld()
      const { url } = yield* start(world)
      yield* until(`${url}/readyz`, 200)
      Object.assign(bot(world).actors[1] ?? {}, {
        state: "restarting",
        lastCause: { _tag: "Unhealthy", actor: "DiscordBot", message: "no heartbeat" }
      })
      assert.strictEqual(
        (yield* until(`${url}/readyz`, 503)).text,
        "bot: DiscordBot is restarting (DiscordBot failed its health check: no heartbeat)\n"
      )
    }))

  it.live("Health reports a bot that doesn't answer, and still answers at once itself.", () =>
    Effect.gen(function*() {
      const world = makeWorld()
      world.bot = "silent"
      const { url } = yield* start(world)
      for (const [path, status] of [["/livez", 200], ["/readyz", 503], ["/", 200]] as const) {
        // At once, of several times: an answer that asks the bot takes 500 ms each time.
        const answer = yield* Effect.repeat(send(`${url}${path}`), { until: ({ millis }) => millis < 400, times: 20 })
        assert.isBelow(answer.millis, 400)
        assert.strictEqual(answer.status, status)
      }
      yield* Effect.repeat(send(`${url}/readyz`), {
        until: ({ text }) => text === "DiscordBot: DiscordBot did not answer within 500 ms\n"
      })
      const discord = yield* send(`${url}/health/discord`)
      assert.strictEqual(discord.status, 503)
      assert.strictEqual(discord.text, "discord: DiscordBot did not answer within 500 ms\n")
      assert.isBelow(discord.millis, 3000)
      world.bot = "answers"
      assert.strictEqual((yield* until(`${url}/readyz`, 200)).text, "ok\n")
    }))

  for (const [silenced, actor] of [["scraper", "Scraper"], ["sandbox", "DiscordSandbox"]] as const) {
    it.live(`Health reports a ${actor} that doesn't answer, before any watchdog sees it.`, () =>
      Effect.gen(function*() {
        const world = makeWorld()
        const { url } = yield* start(world)
        yield* until(`${url}/readyz`, 200)
        world[silenced] = "silent"
        assert.strictEqual(
          (yield* until(`${url}/readyz`, 503)).text,
          `${actor}: ${actor} did not answer within 500 ms\n`
        )
        world[silenced] = "answers"
        yield* until(`${url}/readyz`, 200)
      }))
  }

  it.live("Health reports every shard of the bot.", () =>
    Effect.gen(function*() {
      const world = makeWorld({ shards: 3 })
      const { url } = yield* start(world)
      const all = JSON.parse((yield* send(`${url}/health/discord`, json)).text)
      assert.strictEqual(all.status, "ok")
      assert.deepStrictEqual(all.shards, [world.botStatus, world.botStatus, world.botStatus])
      yield* until(`${url}/readyz`, 200)
      Object.assign(world.otherBots[0] ?? {}, { botStatus: { ...world.botStatus, state: "resuming" } })
      Object.assign(world.otherBots[1] ?? {}, { bot: "silent" })
      const { millis, status, text } = yield* send(`${url}/health/discord`)
      assert.strictEqual(status, 503)
      const silent = "DiscordBot-2 did not answer within 500 ms\n"
      assert.strictEqual(text, `discord shard 1: the bot is resuming\ndiscord shard 2: ${silent}`)
      assert.isBelow(millis, 3000)
      yield* Effect.repeat(send(`${url}/readyz`), {
        until: ({ text }) => text === `DiscordBot-2: ${silent}discord shard 1: the bot is resuming\n`
      })
    }))

  it.live("Health tells a bot that is not connected, deaf, or restarting from a healthy one.", () =>
    Effect.gen(function*() {
      const world = makeWorld()
      const { url } = yield* start(world)
      const healthy = world.botStatus
      world.botStatus = { ...healthy, state: "connecting" }
      assert.strictEqual((yield* send(`${url}/health/discord`)).text, "discord: the bot is connecting\n")
      world.botStatus = { ...healthy, state: "disconnected", problem: "no answer (ECONNREFUSED)" }
      assert.strictEqual(
        (yield* send(`${url}/health/discord`)).text,
        "discord: the bot is disconnected: no answer (ECONNREFUSED)\n"
      )
      assert.include((yield* until(`${url}/readyz`, 503)).text, "discord: the bot is")
      world.botStatus = { ...healthy, state: "refused", problem: "Discord refuses the bot: its token is not valid." }
      assert.strictEqual(
        (yield* send(`${url}/health/discord`)).text,
        "discord: Discord refuses the bot: its token is not valid.\n"
      )
      assert.strictEqual((yield* send(`${url}/livez`)).status, 200)
      world.botStatus = { ...healthy, isUncertain: true, signAgeMillis: 44_000 }
      const uncertain = yield* send(`${url}/health/discord`, json)
      assert.strictEqual(uncertain.status, 503)
      assert.strictEqual(
        JSON.parse(uncertain.text).checks[0].detail,
        "uncertain: a heartbeat is overdue; last sign of life 44 s ago"
      )
      // One overdue heartbeat is no reason to send nobody here.
      yield* until(`${url}/readyz`, 200)
      world.bot = "fails"
      const restarting = yield* send(`${url}/health/discord`)
      assert.strictEqual(restarting.status, 503)
      assert.include(restarting.text, "DiscordBot.Status: the actor was still restarting")
    }))

  it.live("Health is not ready while the supervisor is silent or the system stops.", () =>
    Effect.gen(function*() {
      const world = makeWorld()
      const { url } = yield* start(world)
      yield* until(`${url}/readyz`, 200)
      world.supervisor = "fails"
      assert.include((yield* until(`${url}/readyz`, 503)).text, "supervisor: System.threads")
      world.supervisor = "answers"
      yield* until(`${url}/readyz`, 200)
      world.push({ _tag: "Stopping", atMillis: Date.now(), why: "SIGTERM" })
      assert.strictEqual((yield* until(`${url}/readyz`, 503)).text, "system: stopping: SIGTERM\n")
      assert.strictEqual((yield* send(`${url}/livez`)).status, 200)
    }))
})

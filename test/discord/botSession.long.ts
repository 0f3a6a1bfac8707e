/** The bot's session in the sandbox: what ends it, what doesn't, and what ends the bot. */
import { assert, describe, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Queue from "effect/Queue"
import * as Stream from "effect/Stream"
import { createServer as createHttpServer } from "node:http"
import { createServer, type Server } from "node:net"
import * as Sandbox from "../../services/discord/sandbox/Sandbox.ts"
import * as Bot from "./botHarness.ts"
import { call } from "./wire.ts"

const messageContent = 1 << 15

/** A bot that runs, and what the supervisor holds of it while a page is fetched: what a crash just then would leave. */
const scraping = Effect.fnUntraced(function*(sandbox: Sandbox.Sandbox) {
  const kept = Bot.kept()
  const crashed = Bot.kept()
  const bot = yield* Bot.start({
    address: sandbox,
    kept,
    fetch: () => {
      crashed.value = kept.value
      return Effect.succeed(Bot.page)
    }
  })
  yield* bot.build
  return { bot, crashed }
})

/** Everything that was sent to the sandbox before has arrived when this is answered. */
const roundTrips = (sandbox: Sandbox.Sandbox) =>
  Effect.andThen(call(sandbox, "GET", "/gateway"), call(sandbox, "GET", "/gateway"))

describe("DiscordBot's session", () => {
  it.live("DiscordBot's session is resumed by the next incarnation, which answers what came meanwhile and nothing twice.", () =>
    Effect.gen(function*() {
      const sandbox = yield* Sandbox.make()
      const kept = Bot.kept()
      const first = yield* Bot.start({ address: sandbox, kept })
      yield* first.build
      yield* sandbox.say("ada", "!help")
      yield* Bot.answer(sandbox, "I can do this")
      yield* first.stop
      yield* sandbox.say("ada", "!ping")
      const second = yield* Bot.start({ address: sandbox, kept })
      const behavior = yield* second.build
      yield* Bot.answer(sandbox, "Pong")
      assert.deepInclude(yield* sandbox.counters, { connects: 2, identifies: 1, resumes: 1 })
      assert.deepInclude(yield* Bot.ask(behavior, "Status"), { state: "ready", user: "heddle", guilds: 1, resumes: 1 })
      const lines = yield* Stream.runCollect(Stream.take(sandbox.transcript, 4))
      assert.lengthOf(lines.filter(({ fromBot }) => fromBot), 2)
    }))

  it.live("DiscordBot's session is left to the next incarnation before a command runs, so that a crash doesn't repeat it.", () =>
    Effect.gen(function*() {
      const sandbox = yield* Sandbox.make()
      const { bot: first, crashed } = yield* scraping(sandbox)
      yield* sandbox.say("ada", "!scrape https://example.com")
      yield* Bot.answer(sandbox, "Example")
      yield* first.stop
      const second = yield* Bot.start({ address: sandbox, kept: crashed })
      yield* second.build
      yield* sandbox.say("ada", "!ping")
      yield* Bot.answer(sandbox, "Pong")
      const lines = yield* Stream.runCollect(Stream.take(sandbox.transcript, 4))
      assert.lengthOf(lines.filter(({ content }) => content.includes("Domain")), 1)
      assert.deepInclude(yield* sandbox.counters, { identifies: 1, resumes: 1 })
    }))

  it.live("DiscordBot's session brings what was not answered: the next incarnation says so, once each, and only of those.", () =>
    Effect.gen(function*() {
      const sandbox = yield* Sandbox.make()
      const kept = Bot.kept()
      const begun = yield* Queue.unbounded<string>()
      const first = yield* Bot.start({
        address: sandbox,
        kept,
        fetch: (url) => Effect.andThen(Queue.offer(begun, url), Effect.never)
      })
      yield* first.build
      // Deferred after two seconds, then another one that is not deferred yet, and a message.
      yield* sandbox.say("ada", "/scrape url:https://slow.example")
      yield* Bot.line(sandbox, ({ content }) => content === "is thinking…")
      yield* sandbox.say("ada", "/ping")
      yield* Bot.answer(sandbox, "Pong")
      const said = [yield* sandbox.say("ada", "/scrape url:https://b.example"), yield* sandbox.say("bob", "!scrape c")]
      for (let n = 0; n < 3; n++) yield* Queue.take(begun)
      yield* first.stop
      const second = yield* Bot.start({ address: sandbox, kept })
      yield* second.build
      for (const { id } of said) {
        yield* Bot.line(sandbox, ({ answers, content }) => answers === id && content.startsWith("I was restarted"))
      }
      yield* sandbox.say("ada", "!help")
      yield* Bot.answer(sandbox, "I can do this")
      const lines = yield* Stream.runCollect(
        Stream.takeUntil(sandbox.transcript, ({ content }) => content.includes("I can do this"))
      )
      const excuses = lines.filter(({ content }) => content.includes("I was restarted"))
      assert.lengthOf(excuses, 3)
      assert.lengthOf(new Set(excuses.map(({ answers }) => answers)), 3)
    }))

  it.live("DiscordBot's session makes no second answer when the crash came after the first.", () =>
    Effect.gen(function*() {
      const sandbox = yield* Sandbox.make()
      const { crashed } = yield* scraping(sandbox)
      for (const text of ["!scrape https://a.example", "/scrape url:https://a.example"]) {
        yield* sandbox.say("ada", text)
        yield* Bot.line(sandbox, ({ content, fromBot }) => fromBot && content.includes("Example"))
        const { restRequests } = yield* sandbox.counters
        const second = yield* Bot.start({ address: sandbox, kept: crashed })
        yield* second.build
        yield* Bot.counted(sandbox, (counters) => counters.restRequests >= restRequests + 3)
        yield* second.stop
      }
      yield* sandbox.say("ada", "over")
      const lines = yield* Stream.runCollect(Stream.takeUntil(sandbox.transcript, ({ content }) => content === "over"))
      assert.deepStrictEqual(lines.filter(({ content }) => content.includes("restarted")), [])
    }))

  it.live("DiscordBot's session ends with the system: only then the bot goes offline.", () =>
    Effect.gen(function*() {
      const sandbox = yield* Sandbox.make({ identifyEvery: 0 })
      const kept = Bot.kept()
      const stopping = { _tag: "Stopping", atMillis: 0, why: "SIGTERM" } as const
      const first = yield* Bot.start({ address: sandbox, kept, events: Stream.make(stopping) })
      yield* first.build
      yield* first.stop
      const second = yield* Bot.start({ address: sandbox, kept })
      yield* second.build
      assert.deepInclude(yield* sandbox.counters, { identifies: 2, resumes: 0 })
    }))

  it.live("DiscordBot's session is replaced by a new one when Discord no longer knows it.", () =>
    Effect.gen(function*() {
      const sandbox = yield* Sandbox.make({ identifyEvery: 0, sessionTimeToLive: 0 })
      const kept = Bot.kept()
      const first = yield* Bot.start({ address: sandbox, kept })
      yield* first.build
      yield* first.stop
      const second = yield* Bot.start({ address: sandbox, kept })
      const behavior = yield* second.build
      assert.deepInclude(yield* sandbox.counters, { identifies: 2, resumes: 0 })
      assert.deepInclude(yield* Bot.ask(behavior, "Status"), { state: "ready", user: "heddle" })
    }))

  it.live("DiscordBot's session survives a cut, op 7 and an outage.", () =>
    Effect.gen(function*() {
      const sandbox = yield* Sandbox.make()
      const bot = yield* Bot.start({ address: sandbox })
      const behavior = yield* bot.build
      yield* sandbox.controls.dropConnections
      yield* Bot.counted(sandbox, ({ resumes }) => resumes === 1)
      yield* sandbox.controls.requestReconnect
      yield* Bot.counted(sandbox, ({ resumes }) => resumes === 2)
      yield* sandbox.controls.refuseConnections(true)
      yield* sandbox.controls.dropConnections
      yield* Bot.counted(sandbox, ({ refusedConnects }) => refusedConnects === 2)
      yield* sandbox.say("ada", "!ping")
      yield* sandbox.controls.refuseConnections(false)
      yield* Bot.answer(sandbox, "Pong")
      assert.deepInclude(yield* sandbox.counters, { identifies: 1, resumes: 3 })
      assert.deepInclude(yield* Bot.ask(behavior, "Status"), { resumes: 3, reconnects: 3 })
    }))
})

describe("DiscordBot's heart", () => {
  it.live("DiscordBot's heart beats as Discord says, the first time at a random moment of the interval.", () =>
    Effect.gen(function*() {
      const firsts = yield* Effect.forEach([1, 2, 3, 4, 5], () =>
        Effect.gen(function*() {
          const sandbox = yield* Sandbox.make({ heartbeatInterval: "2 seconds" })
          const bot = yield* Bot.start({ address: sandbox })
          yield* bot.build
          const since = performance.now()
          yield* Bot.counted(sandbox, ({ heartbeats }) => heartbeats === 1)
          const first = performance.now() - since
          yield* Bot.counted(sandbox, ({ heartbeats }) => heartbeats === 2)
          assert.isAtLeast(performance.now() - since - first, 1500)
          return first
        }), { concurrency: "unbounded" })
      assert.isAtLeast(Math.max(...firsts) - Math.min(...firsts), 50)
    }))

  it.live("Two beats without an answer between them: the connection is dead, and its session goes on in another.", () =>
    Effect.gen(function*() {
      const sandbox = yield* Sandbox.make({ heartbeatInterval: "1 second" })
      const bot = yield* Bot.start({ address: sandbox })
      yield* bot.build
      yield* sandbox.controls.muteAcks(true)
      const { heartbeats } = yield* sandbox.counters
      yield* Bot.counted(sandbox, ({ connects }) => connects === 2)
      assert.isAtMost((yield* sandbox.counters).heartbeats, heartbeats + 2)
      yield* sandbox.controls.muteAcks(false)
      yield* Bot.counted(sandbox, ({ resumes }) => resumes >= 1)
      yield* sandbox.say("ada", "!ping")
      yield* Bot.answer(sandbox, "Pong")
      assert.deepInclude(yield* sandbox.counters, { identifies: 1 })
    }))
})

/** A Discord whose gateway takes TCP connections and then says nothing. */
const silentDiscord = Effect.gen(function*() {
  const listen = (server: Server) =>
    Effect.acquireRelease(
      Effect.callback<number>((resume) => {
        server.listen(0, "127.0.0.1", () => {
          const address = server.address()
          resume(Effect.succeed(typeof address === "object" && address !== null ? address.port : 0))
        })
      }),
      () => Effect.sync(() => server.close())
    )
  const opened = yield* Deferred.make<void>()
  const closed = yield* Deferred.make<void>()
  const gateway = yield* listen(createServer((socket) => {
    socket.resume().on("error", () => {}).on("close", () => Deferred.doneUnsafe(closed, Effect.void))
    Deferred.doneUnsafe(opened, Effect.void)
  }))
  const session_start_limit = { total: 1000, remaining: 1000, reset_after: 0, max_concurrency: 1 }
  const rest = yield* listen(createHttpServer((_, response) => {
    response.setHeader("content-type", "application/json")
    response.end(JSON.stringify({ url: `ws://127.0.0.1:${gateway}`, shards: 1, session_start_limit }))
  }))
  return {
    address: { url: `http://127.0.0.1:${rest}`, token: "token" },
    opened: Deferred.await(opened),
    closed: Deferred.await(closed)
  }
})

describe("DiscordBot", () => {
  it.live("DiscordBot leaves no connection behind when it ends while it connects.", () =>
    Effect.gen(function*() {
      const discord = yield* silentDiscord
      const bot = yield* Bot.start({ address: discord.address })
      yield* bot.built
      yield* discord.opened
      yield* Effect.timeout(bot.stop, "5 seconds")
      yield* Effect.timeout(discord.closed, "5 seconds")
    }))

  it.live("DiscordBot never connects again once it ended, at whatever moment of a reconnect that was.", () =>
    Effect.forEach([0, 2, 100, 499, 501, 505, 520], (millis) =>
      Effect.gen(function*() {
        const sandbox = yield* Sandbox.make()
        const bot = yield* Bot.start({ address: sandbox })
        yield* bot.build
        yield* sandbox.controls.dropConnections
        yield* Effect.sleep(millis)
        yield* Effect.timeout(bot.stop, "5 seconds")
        yield* roundTrips(sandbox)
        const { connects } = yield* Bot.counted(sandbox, ({ connections }) => connections === 0)
        // The library would connect again after 500 ms.
        yield* Effect.sleep("600 millis")
        assert.deepInclude(yield* sandbox.counters, { connects, connections: 0 }, `stopped after ${millis} ms`)
      }), { concurrency: "unbounded" }))

  it.live("DiscordBot stays refused when its token is revoked: it answers why, and doesn't connect again.", () =>
    Effect.gen(function*() {
      const sandbox = yield* Sandbox.make()
      const bot = yield* Bot.start({ address: sandbox })
      const behavior = yield* bot.build
      yield* sandbox.controls.revokeToken
      const { problem } = yield* Bot.statusWhere(behavior, ({ state }) => state === "refused")
      assert.include(problem, "DISCORD_TOKEN")
      const post = yield* Effect.flip(Bot.ask(behavior, "Post", { channelId: sandbox.channelId, content: "hi" }))
      assert.include(String(post), "DISCORD_TOKEN")
      // The library would connect again after 500 ms.
      yield* Effect.sleep("700 millis")
      assert.deepInclude(yield* sandbox.counters, { connects: 1, refusedConnects: 0 })
    }))

  for (const code of [4004, 4010, 4011, 4012, 4013, 4014]) {
    it.live(`DiscordBot stays refused after close code ${code}: it answers why, and doesn't connect again.`, () =>
      Effect.gen(function*() {
        const sandbox = yield* Sandbox.make({ identifyEvery: 0 })
        const bot = yield* Bot.start({ address: sandbox })
        const behavior = yield* bot.build
        yield* sandbox.controls.closeConnections(code)
        const { problem } = yield* Bot.statusWhere(behavior, ({ state }) => state === "refused")
        assert.include(problem, code === 4004 ? "DISCORD_TOKEN" : `(${code})`)
        // The library would connect again after 500 ms.
        yield* Effect.sleep("700 millis")
        assert.deepInclude(yield* sandbox.counters, { connects: 1, refusedConnects: 0 })
      }))
  }

  for (
    const [code, again] of [[4000, "resumes"], [4007, "identifies"], [4008, "resumes"], [4009, "identifies"]] as const
  ) {
    it.live(`DiscordBot goes on after close code ${code}: it ${again}.`, () =>
      Effect.gen(function*() {
        const sandbox = yield* Sandbox.make({ identifyEvery: 0 })
        const bot = yield* Bot.start({ address: sandbox })
        yield* bot.build
        const before = yield* sandbox.counters
        yield* sandbox.controls.closeConnections(code)
        const after = yield* Bot.counted(sandbox, (counters) => counters[again] === before[again] + 1)
        assert.strictEqual(after.identifies + after.resumes, 2)
      }))
  }

  it.live("DiscordBot stops asking once Discord answered 401.", () =>
    Effect.gen(function*() {
      const sandbox = yield* Sandbox.make()
      const bot = yield* Bot.start({ address: sandbox })
      const behavior = yield* bot.build
      yield* sandbox.controls.holdRest("50 millis")
      const posts = yield* Effect.forkChild(
        Effect.forEach([1, 2, 3], (n) =>
          Effect.exit(Bot.ask(behavior, "Post", { channelId: sandbox.channelId, content: `${n}` })), {
          concurrency: "unbounded"
        })
      )
      yield* sandbox.controls.revokeToken
      yield* Bot.statusWhere(behavior, ({ state }) =>
        state === "refused")
      yield* bot.stop
      yield* Fiber.interrupt(posts)
      const { restRequests } = yield* sandbox.counters
      yield* Effect.sleep("400 millis")
      assert.deepInclude(yield* sandbox.counters, { restRequests, connects: 1 })
    }))

  it.live("DiscordBot is refused with a wrong token before it connects, and keeps the token to itself.", () =>
    Effect.gen(function*() {
      const sandbox = yield* Sandbox.make()
      const env = { DISCORD_TOKEN: "wrong-secret", DISCORD_API_URL: `${sandbox.url}/` }
      const bot = yield* Bot.start({ address: null, env })
      const problem = yield* bot.refused
      assert.include(problem, "DISCORD_TOKEN")
      assert.notInclude(problem, "wrong-secret")
      assert.deepInclude(yield* sandbox.counters, { connects: 0, unauthorized: 1 })
    }))

  it.live("DiscordBot is refused when an intent is not allowed, and does without it when told so.", () =>
    Effect.gen(function*() {
      const sandbox = yield* Sandbox.make({ disallowedIntents: messageContent, identifyEvery: 0 })
      const env = { DISCORD_TOKEN: sandbox.token, DISCORD_API_URL: sandbox.url }
      const bot = yield* Bot.start({ address: null, env })
      assert.include(yield* bot.refused, "Message Content Intent")
      yield* bot.stop
      const slash = yield* Bot.start({ address: null, env: { ...env, DISCORD_READ_MESSAGES: "false" } })
      const behavior = yield* slash.build
      assert.deepInclude(yield* Bot.ask(behavior, "Status"), { state: "ready", mode: "discord" })
    }))

  for (const how of ["refuses connections", "answers 503", "answers with a page of its own"] as const) {
    it.live(`DiscordBot is built, and connects by itself, when Discord ${how} at first.`, () =>
      Effect.gen(function*() {
        const away = how === "refuses connections"
          ? "http://127.0.0.1:9"
          : yield* portal(how === "answers 503" ? 503 : 200)
        const address = { url: away, token: "token" }
        const bot = yield* Bot.start({ address })
        const behavior = yield* bot.built
        const { problem } = yield* Bot.statusWhere(behavior, ({ state }) => state === "disconnected")
        assert.include(problem, `can't log in at ${away}`)
        const post = yield* Effect.flip(Bot.ask(behavior, "Post", { channelId: "1", content: "hi" }))
        assert.include(String(post), "PostFailed")
        const sandbox = yield* Sandbox.make()
        Object.assign(address, { url: sandbox.url, token: sandbox.token })
        yield* Bot.statusWhere(behavior, ({ state }) => state === "ready")
        assert.deepInclude(yield* sandbox.counters, { identifies: 1, connects: 1 })
      }))
  }

  it.live("DiscordBot says where a token belongs when there is neither token nor sandbox.", () =>
    Effect.gen(function*() {
      const bot = yield* Bot.start({ address: null })
      yield* Effect.forkScoped(bot.build)
      const ended = yield* bot.ended
      assert.isTrue(ended.fatal)
      assert.include(ended.message, "DISCORD_TOKEN")
    }))

  it.live("DiscordBot doesn't log in when that would be one login too many for today.", () =>
    Effect.gen(function*() {
      const sandbox = yield* Sandbox.make({ identifyLimit: 1, identifyEvery: 0 })
      const first = yield* Bot.start({ address: sandbox })
      yield* first.build
      yield* first.stop
      const second = yield* Bot.start({ address: sandbox })
      const behavior = yield* second.built
      const { problem } = yield* Bot.statusWhere(behavior, ({ state }) => state === "disconnected")
      assert.include(problem, "no logins are left for today")
      assert.deepInclude(yield* sandbox.counters, { connects: 1, identifies: 1 })
    }))

  it.live("DiscordBot is uncertain when a heartbeat is overdue, replaces the dead connection soon, and resumes.", () =>
    Effect.gen(function*() {
      const sandbox = yield* Sandbox.make({ heartbeatInterval: "6 seconds" })
      const bot = yield* Bot.start({ address: sandbox })
      const behavior = yield* bot.build
      const well = yield* Bot.statusWhere(behavior, ({ signAgeMillis }) => signAgeMillis !== null)
      assert.isFalse(well.isUncertain)
      yield* sandbox.controls.blackHole
      const since = performance.now()
      const { signAgeMillis, state } = yield* Bot.statusWhere(behavior, ({ isUncertain }) => isUncertain)
      assert.strictEqual(state, "ready")
      assert.isAtLeast(signAgeMillis ?? 0, 3000)
      yield* Effect.timeout(sandbox.until(({ resumes }) => resumes === 1), "20 seconds")
      // The library would wait for two heartbeats, and then half a minute for the close.
      assert.isBelow(performance.now() - since, 2 * 6000)
      assert.isFalse((yield* Bot.statusWhere(behavior, ({ state }) => state === "ready")).isUncertain)
      assert.deepInclude(yield* sandbox.counters, { identifies: 1 })
    }))
})

/** A server that is not Discord, as a network that wants a login first has one. */
const portal = (status: number) =>
  Effect.acquireRelease(
    Effect.callback<{ readonly url: string; readonly close: () => void }>((resume) => {
      const server = createHttpServer((_, response) => {
        response.writeHead(status, { "content-type": "text/html" }).end("<h1>Welcome to our network</h1>")
      })
      server.listen(0, "127.0.0.1", () => {
        const address = server.address()
        const port = typeof address === "object" && address !== null ? address.port : 0
        resume(Effect.succeed({ url: `http://127.0.0.1:${port}`, close: () => server.closeAllConnections() }))
      })
    }),
    ({ close }) => Effect.sync(close)
  ).pipe(Effect.map(({ url }) => url))

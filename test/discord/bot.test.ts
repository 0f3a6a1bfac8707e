import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { FetchFailed } from "../../services/scraper/Scraper.ts"
import * as Bot from "./botHarness.ts"
import * as Fake from "./fakeDiscord.ts"

const message = (content: string, author: object = { username: "ada" }) => ({
  id: "500",
  channel_id: "3",
  content,
  author
})

const interaction = (name: string, options: ReadonlyArray<object> = []) => ({
  id: "900",
  token: "itoken",
  application_id: "2",
  type: 2,
  channel_id: "3",
  member: { user: { username: "ada" } },
  data: { name, options }
})

const isReply = ({ method, path }: Fake.Request) => method === "POST" && path === "/channels/3/messages"
const contentOf = ({ body }: Fake.Request) => String(body["content"])

describe("DiscordBot", () => {
  it.live("logs in, registers its commands once, and tells its status", () =>
    Effect.gen(function*() {
      const discord = yield* Fake.make()
      const bot = yield* Bot.start({ address: discord })
      const behavior = yield* bot.build
      yield* discord.request(({ method, path }) => method === "PUT" && path === "/applications/2/commands")
      const status = yield* Bot.ask(behavior, "Status")
      assert.deepInclude(status, { state: "ready", mode: "sandbox", user: "heddle", guilds: 1, identifiesLeft: 999 })
      yield* bot.stop

      const again = yield* Bot.start({ address: discord })
      yield* again.build
      yield* discord.request(() =>
        discord.requests.filter(({ method, path }) => method === "GET" && path.endsWith("/commands")).length === 2
      )
      yield* again.stop
      assert.lengthOf(discord.requests.filter(({ method }) => method === "PUT"), 1)
    }))

  it.live("answers commands that are typed as messages, and nothing else", () =>
    Effect.gen(function*() {
      const discord = yield* Fake.make()
      const bot = yield* Bot.start({ address: discord })
      yield* bot.build
      discord.dispatch("MESSAGE_CREATE", message("/ping", { username: "another", bot: true }))
      discord.dispatch("MESSAGE_CREATE", message("hello"))
      discord.dispatch("MESSAGE_CREATE", message("!play something"))
      discord.dispatch("MESSAGE_CREATE", message("/health"))
      const health = yield* discord.request(isReply)
      assert.include(contentOf(health), "**Bot** ready: logged in as heddle, in the sandbox")
      assert.include(contentOf(health), "thread **web**: running, incarnation 3, 2 restarts")
      assert.deepInclude(health.body, {
        message_reference: { message_id: "500", fail_if_not_exists: false },
        allowed_mentions: { parse: [] }
      })
      discord.dispatch("MESSAGE_CREATE", message("!scrape https://example.com"))
      const scraped = yield* discord.request((request) => isReply(request) && contentOf(request).includes("Example"))
      assert.include(contentOf(scraped), "Example \\*Domain\\*")
      assert.include(contentOf(scraped), "1 link")
      assert.include(contentOf(scraped), "<https://www.iana.org/domains/example>")
      assert.lengthOf(discord.requests.filter(isReply), 2)
    }))

  it.live("answers interactions at once, and says in words why a page can't be read", () =>
    Effect.gen(function*() {
      const discord = yield* Fake.make()
      const bot = yield* Bot.start({
        address: discord,
        fetch: (url) =>
          Effect.fail(new FetchFailed({ url, reason: "Unreachable", detail: "ENOTFOUND", retryable: true }))
      })
      yield* bot.build
      discord.dispatch("INTERACTION_CREATE", interaction("scrape", [{ name: "url", value: "https://nowhere.example" }]))
      const { body } = yield* discord.request(({ path }) => path === "/interactions/900/itoken/callback")
      assert.strictEqual(body["type"], 4)
      const text = JSON.stringify(body["data"])
      assert.include(text, "could not be reached")
      assert.include(text, "try again")
    }))

  it.live("defers an interaction whose answer takes longer than 2 seconds, and answers others meanwhile", () =>
    Effect.gen(function*() {
      const discord = yield* Fake.make()
      const bot = yield* Bot.start({
        address: discord,
        fetch: () => Effect.delay(Effect.succeed(Bot.page), "2500 millis")
      })
      yield* bot.build
      discord.dispatch("INTERACTION_CREATE", interaction("scrape", [{ name: "url", value: "https://slow.example" }]))
      discord.dispatch("MESSAGE_CREATE", message("/ping"))
      yield* discord.request((request) => isReply(request) && contentOf(request).startsWith("Pong"))
      assert.isFalse(discord.requests.some(({ path }) => path.endsWith("/callback")))
      const deferral = yield* discord.request(({ path }) => path === "/interactions/900/itoken/callback")
      assert.deepStrictEqual(deferral.body, { type: 5 })
      const edit = yield* discord.request(({ method }) => method === "PATCH")
      assert.strictEqual(edit.path, "/webhooks/2/itoken/messages/@original")
      assert.include(contentOf(edit), "Example")
    }))

  it.live("tells why Discord didn't take a message", () =>
    Effect.gen(function*() {
      const discord = yield* Fake.make()
      const bot = yield* Bot.start({ address: discord })
      const behavior = yield* bot.build
      discord.answers.set("POST /channels/404/messages", {
        status: 404,
        body: { message: "Unknown Channel", code: 10003 }
      })
      const error = yield* Effect.flip(Bot.ask(behavior, "Post", { channelId: "404", content: "hello" }))
      assert.deepInclude(error, { _tag: "PostFailed", status: 404, detail: "Unknown Channel" })
      const posted = yield* Bot.ask(behavior, "Post", { channelId: "3", content: "hello" })
      assert.deepStrictEqual(posted, { messageId: "77" })
    }))
})

describe("DiscordBot's session", () => {
  it.live("is resumed by the next incarnation, which answers what came meanwhile", () =>
    Effect.gen(function*() {
      const discord = yield* Fake.make()
      const kept = Bot.kept()
      const first = yield* Bot.start({ address: discord, kept })
      yield* first.build
      discord.dispatch("MESSAGE_CREATE", message("/help"))
      yield* discord.request(isReply)
      yield* first.stop
      assert.deepStrictEqual(discord.counts.closes, [4200])

      discord.dispatch("MESSAGE_CREATE", message("/ping"))
      const second = yield* Bot.start({ address: discord, kept })
      const behavior = yield* second.build
      const pong = yield* discord.request((request) => isReply(request) && contentOf(request).startsWith("Pong"))
      assert.include(contentOf(pong), "Pong")
      assert.lengthOf(discord.requests.filter(isReply), 2)
      assert.deepInclude(discord.counts, { identifies: 1, resumes: 1 })
      assert.deepInclude(yield* Bot.ask(behavior, "Status"), { state: "ready", user: "heddle", resumes: 1 })
    }))

  it.live("is given up for good when Discord refuses the token", () =>
    Effect.gen(function*() {
      const discord = yield* Fake.make()
      discord.refuseWith = 4004
      const bot = yield* Bot.start({ address: discord })
      yield* Effect.forkScoped(bot.build)
      const ended = yield* bot.ended
      assert.isTrue(ended.fatal)
      assert.include(ended.message, "DISCORD_TOKEN")
      yield* Effect.sleep("700 millis")
      assert.strictEqual(discord.counts.connects, 1)
    }))

  it.live("ends at once with a wrong token, before any connection", () =>
    Effect.gen(function*() {
      const discord = yield* Fake.make()
      const bot = yield* Bot.start({
        address: null,
        env: { DISCORD_TOKEN: "wrong", DISCORD_API_URL: `${discord.url}/` }
      })
      yield* Effect.forkScoped(bot.build)
      const ended = yield* bot.ended
      assert.isTrue(ended.fatal)
      assert.include(ended.message, "DISCORD_TOKEN")
      assert.notInclude(ended.message, "wrong")
      assert.strictEqual(discord.counts.connects, 0)
    }))

  it.live("is unwell in time when Discord no longer answers, and ends without waiting for it", () =>
    Effect.gen(function*() {
      const discord = yield* Fake.make({ heartbeatMillis: 1000 })
      const bot = yield* Bot.start({ address: discord })
      const { options } = yield* bot.build
      const health = options.health ?? Effect.void
      yield* health
      discord.blackhole()
      const since = Date.now()
      const sick = yield* Effect.forkChild(
        Effect.flip(Effect.forever(Effect.andThen(health, Effect.sleep("50 millis"))))
      )
      const error = yield* Fiber.join(sick)
      assert.include(String(error), "heartbeat")
      assert.isBelow(Date.now() - since, 2600)
      const stopping = Date.now()
      yield* bot.stop
      assert.isBelow(Date.now() - stopping, 1500)
    }))
})

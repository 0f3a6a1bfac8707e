/** The bot in the sandbox: its commands, as messages and as slash commands, and its protocol. */
import { assert, describe, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Metric from "effect/Metric"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import * as Sandbox from "../../services/discord/sandbox/Sandbox.ts"
import { CrawlFailed, FetchFailed, type Page } from "../../services/scraper/Scraper.ts"
import * as Bot from "./botHarness.ts"
import { call } from "./wire.ts"

const ready = Effect.fnUntraced(function*(fetch?: (url: string) => Effect.Effect<Page, FetchFailed>) {
  const sandbox = yield* Sandbox.make({ identifyEvery: 0 })
  const bot = yield* Bot.start({ address: sandbox, fetch })
  return { sandbox, bot, behavior: yield* bot.build }
})

/** How often the bot says this, up to the last thing that is said. */
const timesSaid = Effect.fnUntraced(function*(sandbox: Sandbox.Sandbox, text: string) {
  const over = yield* sandbox.say("ada", "over")
  const lines = yield* Stream.runCollect(Stream.takeUntil(sandbox.transcript, ({ id }) => id === over.id))
  return lines.filter(({ content, fromBot }) => fromBot && content.includes(text)).length
})

/** Waits for so many more REST requests. */
const requests = (sandbox: Sandbox.Sandbox, more: number) =>
  Effect.flatMap(
    sandbox.counters,
    ({ restRequests }) => Bot.counted(sandbox, (counters) => counters.restRequests >= restRequests + more)
  )

describe.concurrent("DiscordBot", () => {
  it.live("DiscordBot logs in and tells its status.", () =>
    Effect.gen(function*() {
      const { behavior } = yield* ready()
      const status = yield* Bot.ask(behavior, "Status")
      assert.deepInclude(status, { state: "ready", mode: "sandbox", user: "heddle", guilds: 1, identifiesLeft: 999 })
    }))

  it.live("DiscordBot registers its commands when Discord doesn't know them or knows others, not at each start.", () =>
    Effect.gen(function*() {
      const { bot, sandbox } = yield* ready()
      const { restRequests } = yield* sandbox.counters
      assert.strictEqual(restRequests, 3)
      yield* bot.stop
      const again = yield* Bot.start({ address: sandbox })
      yield* again.build
      assert.strictEqual((yield* sandbox.counters).restRequests, restRequests + 2)
      yield* again.stop
      const path = `/applications/${sandbox.applicationId}/commands`
      yield* call(sandbox, "POST", path, { name: "ping", description: "of an older version" })
      const changed = yield* Bot.start({ address: sandbox })
      yield* changed.build
      const { body } = yield* call(sandbox, "GET", path)
      const commands: ReadonlyArray<{ readonly name: string; readonly description: string }> = body
      assert.strictEqual(commands.find(({ name }) => name === "ping")?.description, "Answers at once")
    }))

  it.live("DiscordBot registers them after each login, because a sandbox that was restarted knows none.", () =>
    Effect.gen(function*() {
      const sandbox = yield* Sandbox.make({ identifyEvery: 0 })
      const bot = yield* Bot.start({ address: sandbox })
      yield* bot.build
      const path = `/applications/${sandbox.applicationId}/commands`
      yield* call(sandbox, "PUT", path, [])
      yield* sandbox.controls.closeConnections(4007)
      // The library lets five seconds pass between two logins.
      yield* Bot.counted(sandbox, ({ identifies }) => identifies === 2)
      yield* call(sandbox, "GET", path).pipe(
        Effect.repeat({ until: ({ body }) => body.length > 0 }),
        Effect.timeout("8 seconds")
      )
      yield* sandbox.say("ada", "/ping")
      yield* Bot.answer(sandbox, "Pong")
      assert.deepInclude(yield* sandbox.counters, { identifies: 2, resumes: 0 })
    }))

  it.live("DiscordBot answers /health and /scrape as slash commands.", () =>
    Effect.gen(function*() {
      const { sandbox } = yield* ready()
      yield* sandbox.say("ada", "/health")
      const { content } = yield* Bot.answer(sandbox, "**Bot**")
      assert.include(content, "**Bot** ready: logged in as heddle, in the sandbox")
      assert.include(content, "thread **web**: running, incarnation 3, 2 restarts")
      yield* sandbox.say("ada", "/scrape url:https://example.com")
      const scraped = yield* Bot.answer(sandbox, "Example \\*Domain\\*")
      assert.include(scraped.content, "1 link")
      assert.include(scraped.content, "<https://www.iana.org/domains/example>")
    }))

  it.live("DiscordBot crawls a site, and says what it found or why it couldn't.", () =>
    Effect.gen(function*() {
      const sandbox = yield* Sandbox.make({ identifyEvery: 0 })
      const bot = yield* Bot.start({
        address: sandbox,
        crawl: ({ maxPages = 0, seeds: [seed = ""] }) =>
          typeof seed === "string" && seed.startsWith("https:")
            ? Stream.range(1, 3).pipe(Stream.map((fetched) => ({
              _tag: "Fetched",
              depth: 1,
              page: { ...Bot.page, title: `Page ${fetched} of ${maxPages}` },
              progress: { fetched, failed: 0, queued: 3 - fetched }
            })))
            : Stream.fail(new CrawlFailed({ reason: "InvalidSeed", detail: `"${seed}" is not an address` }))
      })
      yield* bot.build
      yield* sandbox.say("ada", "/crawl url:https://example.com")
      const { content } = yield* Bot.answer(sandbox, "Crawl of")
      assert.include(content, "3 pages read, 0 failed.")
      assert.include(content, "- Page 1 of 50 <https://example.com/>")
      yield* sandbox.say("ada", "!crawl nonsense")
      yield* Bot.answer(sandbox, "I could not crawl <nonsense>: \"nonsense\" is not an address")
    }))

  it.live("DiscordBot counts its commands by name, however they are given.", () =>
    Effect.gen(function*() {
      const { sandbox } = yield* ready()
      for (const text of ["/ping", "!ping", "/help"]) yield* sandbox.say("ada", text)
      const counted = Effect.map(Metric.snapshot, (all) =>
        Object.fromEntries(all.flatMap(({ attributes, id, state }) =>
          id === "discord_commands_total" && "count" in state ? [[attributes?.["command"], state.count]] : []
        )))
      const all = { ping: 2, help: 1 }
      yield* Effect.repeat(Effect.delay(counted, 10), {
        until: (now) =>
          now["ping"] === all.ping && now["help"] === all.help
      })
      assert.deepStrictEqual(yield* counted, all)
    }).pipe(Effect.provideService(Metric.MetricRegistry, new Map())))

  it.live("DiscordBot answers commands that are typed as messages, and leaves the rest alone.", () =>
    Effect.gen(function*() {
      const { sandbox } = yield* ready()
      for (const text of ["hello", "!play a song", "!ping", "!scrape https://example.com", "!health"]) {
        yield* sandbox.say("ada", text)
      }
      yield* Bot.answer(sandbox, "Pong")
      yield* Bot.answer(sandbox, "Example")
      yield* Bot.answer(sandbox, "**Bot** ready")
      yield* Bot.answer(sandbox, "`/help` lists them")
      yield* sandbox.say("bob", "hello to you too")
      const over = yield* sandbox.say("ada", "!help")
      yield* Bot.line(sandbox, ({ answers }) => answers === over.id)
      const lines = yield* Stream.runCollect(Stream.takeUntil(sandbox.transcript, ({ answers }) => answers === over.id))
      // One hint for two texts that are no commands.
      assert.lengthOf(lines.filter(({ fromBot }) => fromBot), 5)
    }))

  it.live("DiscordBot announces /scrape and /crawl at once, and shows how far a crawl has come.", () =>
    Effect.gen(function*() {
      const sandbox = yield* Sandbox.make({ identifyEvery: 0 })
      const [fetched, next] = [yield* Deferred.make<Page>(), yield* Deferred.make<void>()]
      const item = (n: number) => ({
        _tag: "Fetched" as const,
        depth: 1,
        page: Bot.page,
        progress: { fetched: n, failed: 0, queued: 9 - n }
      })
      const bot = yield* Bot.start({
        address: sandbox,
        fetch: () => Deferred.await(fetched),
        crawl: () =>
          Stream.concat(
            // Progress is shown every three seconds at most.
            Stream.tick("500 millis").pipe(Stream.map(() => item(1)), Stream.interruptWhen(Deferred.await(next))),
            Stream.make(item(2))
          )
      })
      yield* bot.build
      for (const command of ["/scrape url:https://slow.example", "/crawl url:https://slow.example"]) {
        const { id } = yield* sandbox.say("ada", command)
        yield* Bot.line(sandbox, ({ answers, content }) => answers === id && content === "is thinking…")
      }
      yield* Bot.answer(sandbox, "⏳ Crawling <https://slow.example>: 1 page read, 0 failed, 8 to go.")
      yield* Deferred.succeed(next, undefined)
      yield* Bot.answer(sandbox, "**Crawl of <https://slow.example>**: 2 pages read")
      yield* Deferred.succeed(fetched, Bot.page)
      yield* Bot.answer(sandbox, "1 link")
    }))

  it.live("An answer whose announcement somebody has deleted meanwhile is a message of its own.", () =>
    Effect.gen(function*() {
      const gate = yield* Deferred.make<void>()
      const sandbox = yield* Sandbox.make({ identifyEvery: 0 })
      const bot = yield* Bot.start({ address: sandbox, fetch: () => Effect.as(Deferred.await(gate), Bot.page) })
      yield* bot.build
      yield* sandbox.say("ada", "/scrape url:https://example.com")
      const announced = yield* Bot.answer(sandbox, "thinking")
      const path = `/channels/${sandbox.channelId}/messages/${announced.id}`
      assert.strictEqual((yield* call(sandbox, "DELETE", path)).status, 204)
      yield* Deferred.succeed(gate, undefined)
      yield* Bot.answer(sandbox, "Example")
    }))

  it.live("DiscordBot limits how much one person asks for at a time, and says so.", () =>
    Effect.gen(function*() {
      const fetched = yield* Deferred.make<Page>()
      const { sandbox } = yield* ready(() => Deferred.await(fetched))
      for (const n of [1, 2]) {
        const { id } = yield* sandbox.say("ada", `/scrape url:https://${n}.example`)
        yield* Bot.line(sandbox, ({ answers, content }) => answers === id && content === "is thinking…")
      }
      const third = yield* sandbox.say("ada", "!scrape https://3.example")
      const refused = yield* Bot.line(sandbox, ({ answers }) => answers === third.id)
      assert.include(refused.content, "You have 2 pages or sites being read already")
      // Others, and other commands, are served.
      yield* sandbox.say("ada", "/ping")
      yield* Bot.answer(sandbox, "Pong")
      const other = yield* sandbox.say("bob", "/scrape url:https://4.example")
      yield* Bot.line(sandbox, ({ answers, content }) => answers === other.id && content === "is thinking…")
      yield* Deferred.succeed(fetched, Bot.page)
      yield* Bot.answer(sandbox, "1 link")
    }))

  it.live("DiscordBot works in the channels that DISCORD_CHANNELS lists, and says so elsewhere.", () =>
    Effect.gen(function*() {
      const sandbox = yield* Sandbox.make({ identifyEvery: 0 })
      const closed = yield* Bot.start({ address: sandbox, env: { DISCORD_CHANNELS: "1, 2" } })
      const behavior = yield* closed.build
      const events = yield* Bot.stream(behavior, "Events").pipe(Stream.runCollect, Effect.forkChild)
      yield* sandbox.say("ada", "!ping")
      yield* sandbox.say("ada", "/ping")
      yield* Bot.answer(sandbox, "I don't work in this channel")
      assert.strictEqual(yield* timesSaid(sandbox, "Pong"), 0)
      assert.isUndefined(events.pollUnsafe())
      yield* closed.stop
      const open = yield* Bot.start({ address: sandbox, env: { DISCORD_CHANNELS: `1,${sandbox.channelId}` } })
      yield* open.build
      yield* sandbox.say("ada", "!ping")
      yield* Bot.answer(sandbox, "Pong")
      const faulty = yield* Bot.start({ address: sandbox, env: { DISCORD_CHANNELS: "general" } })
      yield* Effect.forkScoped(faulty.built)
      const ended = yield* faulty.ended
      assert.isTrue(ended.fatal)
      assert.include(ended.message, "DISCORD_CHANNELS: \"general\" is no channel's id")
    }))

  it.live("DiscordBot says in words why a page can't be read.", () =>
    Effect.gen(function*() {
      const { sandbox } = yield* ready((url) =>
        Effect.fail(new FetchFailed({ url, reason: "Unreachable", detail: "ENOTFOUND", retryable: true }))
      )
      yield* sandbox.say("ada", "/scrape url:https://nowhere.example")
      const { content } = yield* Bot.answer(sandbox, "nowhere.example")
      assert.include(content, "could not be reached")
      assert.include(content, "try again")
    }))

  it.live("DiscordBot answers a command that dies, and goes on.", () =>
    Effect.gen(function*() {
      const { sandbox } = yield* ready(() => Effect.die(new Error("a bug")))
      yield* sandbox.say("ada", "/scrape url:https://example.com")
      yield* Bot.answer(sandbox, "Something went wrong")
      yield* sandbox.say("ada", "/ping")
      yield* Bot.answer(sandbox, "Pong")
    }))

  it.live("DiscordBot defers a slow answer before Discord's 3 seconds are over, and answers others meanwhile.", () =>
    Effect.gen(function*() {
      const { sandbox } = yield* ready(() => Effect.delay(Effect.succeed(Bot.page), "3500 millis"))
      yield* sandbox.say("ada", "/scrape url:https://slow.example")
      yield* sandbox.say("ada", "/ping")
      yield* Bot.answer(sandbox, "Pong")
      const { content } = yield* Bot.answer(sandbox, "Example")
      assert.include(content, "1 link")
      const lines = yield* Stream.runCollect(Stream.take(sandbox.transcript, 5))
      assert.isFalse(lines.some(({ content }) => content.includes("did not respond")))
    }))

  it.live("DiscordBot posts, waits out a rate limit, and tells why Discord didn't take a message.", () =>
    Effect.gen(function*() {
      const { behavior, sandbox } = yield* ready()
      yield* sandbox.controls.rateLimitNext(1, "200 millis")
      const posted = yield* Bot.ask(behavior, "Post", { channelId: sandbox.channelId, content: "hello" })
      const { id } = yield* Bot.answer(sandbox, "hello")
      assert.deepStrictEqual(posted, { messageId: id })
      assert.strictEqual((yield* sandbox.counters).rateLimited, 1)
      const unknown = yield* Effect.flip(Bot.ask(behavior, "Post", { channelId: "404", content: "hello" }))
      assert.deepInclude(unknown, { _tag: "PostFailed", status: 404, detail: "Unknown Channel" })
      const empty = yield* Effect.flip(Bot.ask(behavior, "Post", { channelId: sandbox.channelId, content: "" }))
      assert.deepInclude(empty, { _tag: "PostFailed", status: 400 })
    }))

  it.live("DiscordBot keeps within Discord's limits: twelve posts in order, and no 429.", () =>
    Effect.gen(function*() {
      const { behavior, sandbox } = yield* ready()
      const posts = Array.from({ length: 12 }, (_, n) => `post ${n}`)
      const began = Date.now()
      yield* Effect.forEach(
        posts,
        (content) => Bot.ask(behavior, "Post", { channelId: sandbox.channelId, content }),
        { concurrency: "unbounded" }
      )
      // Five in five seconds to a channel: the last two go in the third window.
      assert.isAtLeast(Date.now() - began, 9000)
      assert.strictEqual((yield* sandbox.counters).rateLimited, 0)
      const lines = yield* Stream.runCollect(Stream.take(sandbox.transcript, 12))
      assert.deepStrictEqual(lines.map(({ content }) => content), posts)
    }), 40_000)

  it.live("DiscordBot tells its listeners what people say, and leaves out what bots say.", () =>
    Effect.gen(function*() {
      const { behavior, sandbox } = yield* ready()
      const hearing = yield* Bot.stream(behavior, "Events").pipe(Stream.take(2), Stream.runCollect, Effect.forkChild)
      yield* Effect.yieldNow
      yield* sandbox.say("ada", "/ping")
      yield* Bot.answer(sandbox, "Pong")
      yield* sandbox.say("bob", "thanks")
      const channelId = sandbox.channelId
      assert.deepStrictEqual(yield* Fiber.join(hearing), [
        { kind: "interaction", channelId, author: "ada", content: "/ping" },
        { kind: "message", channelId, author: "bob", content: "thanks" }
      ])
    }))
})

describe.concurrent("DiscordBot, while Discord is out", () => {
  for (const outage of ["unavailable", "unreachable", "unheard"] as const) {
    it.live(`After an outage DiscordBot replies to a message, once (${outage}).`, () =>
      Effect.gen(function*() {
        const { sandbox } = yield* ready()
        yield* sandbox.controls.restOutage(outage)
        yield* sandbox.say("ada", "!ping")
        yield* requests(sandbox, 3)
        yield* sandbox.controls.restOutage(null)
        yield* Bot.answer(sandbox, "Pong")
        // It queues behind what the bot still has to say.
        yield* sandbox.say("ada", "!help")
        yield* Bot.answer(sandbox, "I can do this")
        assert.strictEqual(yield* timesSaid(sandbox, "Pong"), 1)
      }))

    it.live(`After an outage DiscordBot puts the answer that it announced in its place (${outage}).`, () =>
      Effect.gen(function*() {
        const fetched = yield* Deferred.make<Page>()
        const { sandbox } = yield* ready(() => Deferred.await(fetched))
        yield* sandbox.say("ada", "/scrape url:https://slow.example")
        yield* Bot.line(sandbox, ({ content }) => content === "is thinking…")
        yield* sandbox.controls.restOutage(outage)
        yield* Deferred.succeed(fetched, Bot.page)
        yield* requests(sandbox, 3)
        yield* sandbox.controls.restOutage(null)
        yield* Bot.answer(sandbox, "Example")
      }))
  }

  it.live("A post that was taken and nobody said so is said once, and may be made again.", () =>
    Effect.gen(function*() {
      const { behavior, sandbox } = yield* ready()
      const post = Bot.ask(behavior, "Post", { channelId: sandbox.channelId, content: "news" })
      const { restRequests } = yield* sandbox.counters
      yield* sandbox.controls.restOutage("unheard")
      assert.deepInclude(yield* Effect.flip(post), { _tag: "PostFailed", status: 504 })
      // The library tries three times.
      assert.strictEqual((yield* sandbox.counters).restRequests, restRequests + 3)
      assert.strictEqual(yield* timesSaid(sandbox, "news"), 1)
      yield* sandbox.controls.restOutage(null)
      yield* post
      assert.strictEqual(yield* timesSaid(sandbox, "news"), 2)
    }))

  it.live("DiscordBot goes on with a command when its announcement was taken and nobody said so.", () =>
    Effect.gen(function*() {
      const fetched = yield* Deferred.make<Page>()
      const { sandbox } = yield* ready(() => Deferred.await(fetched))
      yield* sandbox.controls.restOutage("unheard")
      yield* sandbox.say("ada", "/scrape url:https://slow.example")
      yield* requests(sandbox, 2)
      yield* sandbox.controls.restOutage(null)
      yield* Deferred.succeed(fetched, Bot.page)
      yield* Bot.answer(sandbox, "Example")
    }))

  it.live("DiscordBot gives a command up when Discord says that it is too late for it.", () =>
    Effect.gen(function*() {
      const sandbox = yield* Sandbox.make({ identifyEvery: 0, interactionDeadline: "300 millis" })
      const gaveUp = yield* Deferred.make<string>()
      const bot = yield* Bot.start({
        address: sandbox,
        log: (line) => {
          if (line.includes("could not answer")) Deferred.doneUnsafe(gaveUp, Effect.succeed(line))
        }
      })
      yield* bot.build
      yield* sandbox.controls.restOutage("unreachable")
      yield* sandbox.say("ada", "/ping")
      yield* Bot.line(sandbox, ({ content }) => content.includes("did not respond"))
      yield* sandbox.controls.restOutage(null)
      assert.match(yield* Deferred.await(gaveUp), /POST \/interactions\/\S+: HTTP 404 \(Unknown interaction\)/)
    }))

  it.live("DiscordBot registers its commands when an outage is over.", () =>
    Effect.gen(function*() {
      const sandbox = yield* Sandbox.make({ identifyEvery: 0 })
      const bot = yield* Bot.start({ address: sandbox })
      const building = yield* Effect.forkChild(bot.build)
      yield* sandbox.until(({ identifies }) => identifies === 1)
      yield* sandbox.controls.restOutage("unreachable")
      // Ready without them.
      yield* Fiber.join(building)
      yield* sandbox.controls.restOutage(null)
      const ping = Effect.flatMap(
        sandbox.say("ada", "/ping"),
        ({ id }) => Bot.line(sandbox, ({ answers }) => answers === id)
      )
      yield* Effect.repeat(ping, { until: ({ content }) => content.startsWith("Pong"), schedule: Schedule.spaced(50) })
        .pipe(Effect.timeout("12 seconds"))
    }))
})

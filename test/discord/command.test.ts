/** Commands that users declare: in one file each, listed in a config. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { Actor, System, Thread } from "heddle"
import * as Testing from "heddle/Testing"
import * as bot from "../../services/discord/bot.ts"
import * as Command from "../../services/discord/Command.ts"
import { DiscordBot } from "../../services/discord/DiscordBot.ts"
import { DiscordSandbox } from "../../services/discord/DiscordSandbox.ts"
import * as repertoire from "../../services/discord/repertoire.ts"
import { bodyOf, buttonOf } from "../../services/discord/reply.ts"
import * as Sandbox from "../../services/discord/sandbox/Sandbox.ts"
import { Uptime } from "../../services/uptime/Uptime.ts"
import config from "../../services/uptime/withBot.ts"
import { site } from "../scraper/site.ts"
import { environment } from "../services/environment.ts"
import * as Bot from "./botHarness.ts"
import { call } from "./wire.ts"

const text = Schema.String.annotate({ description: "A text" })
const empty = { name: "a", description: "A command", run: () => Effect.succeed("") } as const

/** The command of services/uptime, in the sandbox. */
const watching = Effect.gen(function*() {
  const state = { up: true }
  const local = yield* site((request, response) => {
    response.statusCode = request.url === "/robots.txt" ? 404 : state.up ? 200 : 500
    response.setHeader("content-type", "text/html")
    response.end("<title>x</title>")
  })
  const sandbox = yield* Sandbox.make({ identifyEvery: 0 })
  yield* environment({
    DISCORD_TOKEN: sandbox.token,
    DISCORD_API_URL: sandbox.url,
    UPTIME_URLS: local.url("/"),
    UPTIME_EVERY: "50 millis",
    SCRAPER_ALLOW_ORIGINS: local.host,
    SCRAPER_HOST_DELAY: "0 millis",
    SCRAPER_RETRIES: "0"
  })
  return { sandbox, state, url: local.url("/") }
})

/** Waits until the watcher has seen the site so, and the bot is ready. */
const seen = (up: boolean) =>
  Effect.gen(function*() {
    const [uptime, discord] = [yield* Uptime, yield* DiscordBot]
    yield* Effect.repeat(Effect.delay(uptime.Status(), "20 millis"), { until: (all) => all[0]?.up === up })
    yield* Effect.repeat(Effect.delay(discord.Status(), "20 millis"), { until: ({ state }) => state === "ready" })
  }).pipe(Effect.timeout("10 seconds"))

/** The commands that the bot has registered, once there are any. */
const registered = (sandbox: Sandbox.Sandbox) =>
  call(sandbox, "GET", `/applications/${sandbox.applicationId}/commands`).pipe(
    Effect.delay("20 millis"),
    Effect.repeat({ until: ({ body }) => body.length > 0 }),
    Effect.map(({ body }): ReadonlyArray<Record<string, unknown>> => body),
    Effect.timeout("10 seconds")
  )

describe("a command in a file of its own", () => {
  it.live("A command in a file of its own is registered, proposes values, answers privately and in two languages, has a button, and asks for permissions.", () =>
    Effect.gen(function*() {
      const { sandbox, state, url } = yield* watching
      yield* Effect.gen(function*() {
        yield* seen(true)
        const all = yield* registered(sandbox)
        assert.deepInclude(all.find(({ name }) => name === "uptime"), {
          description_localizations: { de: "Wie es einer Adresse geht" },
          default_member_permissions: "32",
          contexts: [0]
        })
        const [owner, ada] = [{ author: "owner" }, { author: "Ada", locale: "de" }]
        assert.deepStrictEqual(yield* sandbox.actions.complete(ada, "/uptime 127"), [{ name: url, value: url }])
        assert.deepStrictEqual(yield* sandbox.actions.complete(ada, "/uptime nowhere"), [])
        yield* sandbox.say("owner", `/uptime ${url}`)
        const first = yield* Bot.answer(sandbox, `<${url}>: up`)
        assert.strictEqual(first.onlyFor, "owner")
        sandbox.actions.say(ada, `/uptime ${url}`)
        yield* Bot.answer(sandbox, `<${url}>: erreichbar`)
        state.up = false
        yield* seen(false)
        yield* sandbox.actions.press(owner, first.id, `uptime:again:${url}`)
        const again = yield* Bot.answer(sandbox, "down, ")
        assert.strictEqual(again.id, first.id)
        yield* sandbox.say("owner", "/uptime https://elsewhere.example")
        yield* Bot.answer(sandbox, "Nobody watches <https://elsewhere.example>.")
        yield* sandbox.say("Ada", `/uptime ${url}`)
        const answer = yield* Bot.line(
          sandbox,
          ({ content, onlyFor }) => onlyFor === "Ada" && content.includes("down, ")
        )
        yield* call(sandbox, "PATCH", `/guilds/${sandbox.guildId}/roles/${sandbox.guildId}`, { permissions: "0" })
        yield* sandbox.actions.press({ author: "Ada" }, answer.id, `uptime:again:${url}`)
        yield* Bot.answer(sandbox, "You lack the permissions that this takes.")
        yield* sandbox.say("Ada", `!uptime ${url}`)
        yield* Bot.answer(sandbox, "Give `/uptime` as a slash command")
        yield* sandbox.say("Ada", `/uptime ${url}`)
        const isRefusal = ({ content }: { readonly content: string }) => content.startsWith("You lack the permissions")
        yield* Bot.line(sandbox, (line) => isRefusal(line) && line.author === "sandbox")
      }).pipe(Effect.provide(Testing.layer(config)))
    }))

  it("A command in a file of its own whose actors no thread declares does not compile.", () => {
    const sandbox = Thread.make({
      actors: [Actor.lazy(DiscordSandbox, () => import("../../services/discord/DiscordSandboxLayer.ts"))]
    })
    const declared = (commands: Parameters<typeof bot.load>[0]) => bot.load(commands)
    assert.isFunction(declared([]))
    const faulty = () =>
      // @ts-expect-error: /uptime asks Uptime, which no thread hosts.
      System.make({
        module: import.meta.url,
        threads: {
          sandbox,
          bot: Thread.make({
            actors: [Actor.lazy(DiscordBot, bot.load([() => import("../../services/uptime/command.ts")]))]
          })
        }
      })
    assert.isFunction(faulty)
  })
})

describe("Command.make", () => {
  it("Command.make derives Discord's options from schemas, required ones first.", () => {
    const { registered } = Command.make({
      ...empty,
      options: {
        times: Schema.optionalKey(
          Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 9 })).annotate({ description: "How often" })
        ),
        text: text.check(Schema.isMaxLength(50)).annotate({ description: "A text" }),
        size: Schema.Literals(["big", "small"]).annotate({ description: "How big" }),
        loud: Schema.optionalKey(Schema.Boolean.annotate({ description: "Loud?" })),
        rate: Schema.Finite.annotate({ description: "A number" }),
        who: Command.User("Whom")
      },
      complete: { text: () => Effect.succeed(["one"]) },
      locales: { de: { name: "äh", options: { who: { name: "wer" } } } }
    })
    assert.deepStrictEqual(registered.name_localizations, { de: "äh" })
    assert.deepStrictEqual(
      registered.options.map(({ autocomplete, name, required, type }) => [name, type, required, autocomplete]),
      [
        ["text", 3, true, true],
        ["size", 3, true, false],
        ["rate", 10, true, false],
        ["who", 6, true, false],
        ["times", 4, false, false],
        ["loud", 5, false, false]
      ]
    )
    const [first, size, , who, times] = registered.options
    assert.strictEqual(first?.max_length, 50)
    assert.deepStrictEqual(size?.choices?.map(({ value }) => value), ["big", "small"])
    assert.deepStrictEqual(who?.name_localizations, { de: "wer" })
    assert.deepStrictEqual([times?.min_value, times?.max_value], [1, 9])
  })

  it("Command.make says what Discord would not take.", () => {
    const faults: ReadonlyArray<readonly [make: () => unknown, problem: string]> = [
      [() => Command.make({ ...empty, name: "Two Words" }), "can't be called \"Two Words\""],
      [() => Command.make({ ...empty, description: "" }), "needs a description"],
      [() => Command.make({ ...empty, options: { x: Schema.String } }), "needs a description of its option x"],
      [() => Command.make({ ...empty, options: { "a b": text } }), "has an option \"a b\""],
      [
        () => Command.make({ ...empty, options: { x: Schema.Struct({ y: Schema.String }) } }),
        "option x that is no text, number, boolean or literal"
      ],
      [() => Command.make({ ...empty, permissions: ["BanMembers"], contexts: ["direct"] }), "nobody has in direct"],
      [() => Command.make({ ...empty, contexts: [] }), "can be given nowhere"],
      [
        () => Command.make({ ...empty, buttons: { "a:b": { run: () => Effect.succeed("") } } }),
        "has a button \"a:b\""
      ],
      [
        () =>
          Command.make({
            ...empty,
            options: Object.fromEntries(Array.from({ length: 26 }, (_, i) => [`o${i}`, text]))
          }),
        "more than 25 options"
      ],
      [() => repertoire.make([Command.make(empty), Command.make(empty)]), "Two commands are called /a"]
    ]
    for (const [make, problem] of faults) assert.throws(make, problem)
  })

  it.effect("Command.make gives the handler decoded options, and the person a sentence when they can't be.", () =>
    Effect.gen(function*() {
      const command = Command.make({
        ...empty,
        options: { count: Schema.FiniteFromString.annotate({ description: "A number" }) },
        run: ({ options: { count } }) => Effect.succeed(`${count + 1}`)
      })
      const asked: Command.Asked = {
        user: { id: "1", name: "Ada" },
        channelId: "2",
        guildId: null,
        locale: "en-US",
        progress: () => Effect.void,
        bot: { status: Effect.never, threads: Effect.succeed([]), commands: [] }
      }
      assert.strictEqual(yield* command.run({ count: "41" }, asked), "42")
      const failed = yield* Effect.flip(command.run({ count: [] }, asked))
      assert.include(failed.message, "I can't use that")
      assert.isUndefined(command.button("constructor"))
      assert.isUndefined(command.complete("toString", "", asked))
    }))
})

describe("reply.bodyOf", () => {
  it("reply.bodyOf puts five buttons in a row, pings nobody, and names buttons so that the bot finds them again.", () => {
    const buttons = Array.from({ length: 6 }, (_, i) => ({ button: "go", label: `${i}`, argument: `a:${i}` }))
    const { allowed_mentions, components } = bodyOf("cmd", { buttons })
    assert.deepStrictEqual(allowed_mentions, { parse: [] })
    assert.lengthOf(components, 2)
    assert.deepStrictEqual(buttonOf("cmd:go:a:5"), { command: "cmd", button: "go", argument: "a:5" })
    assert.isUndefined(buttonOf("another bot's"))
    assert.strictEqual(bodyOf("cmd", "").content, "Done.")
  })

  it("reply.bodyOf refuses what can't be a button.", () => {
    const of = (argument: string) => bodyOf("cmd", { buttons: [{ button: "go", label: "Go", argument }] })
    assert.throws(() => of("x".repeat(100)), "has an argument that is too long")
    assert.throws(
      () => bodyOf("cmd", { buttons: Array.from({ length: 26 }, () => ({ url: "x", label: "x" })) }),
      "25 buttons"
    )
  })
})

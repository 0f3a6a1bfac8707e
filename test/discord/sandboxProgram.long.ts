/** The sandbox as a program of its own: two lines for a shell, a page for people, and the bot of discord.js' guide on it. */
import { assert, describe, it } from "@effect/vitest"
import { ApplicationCommandOptionType } from "discord.js"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { cpSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import * as Sandbox from "../../services/discord/sandbox/Sandbox.ts"
import { findings, isInstalled, open } from "../web/chromium.ts"
import * as Bot from "./botHarness.ts"
import { login, wait } from "./discordjs.ts"
import { call } from "./wire.ts"

const root = fileURLToPath(new URL("../..", import.meta.url))

/** Runs a program until the scope ends; `says` waits for a text in what it prints. */
const running = Effect.fnUntraced(function*(args: ReadonlyArray<string>, cwd: string) {
  const child = yield* Effect.acquireRelease(
    Effect.sync((): ChildProcess => spawn(process.execPath, args, { cwd, stdio: ["ignore", "pipe", "pipe"] })),
    (child) =>
      Effect.promise(async () => {
        if (child.exitCode !== null || child.signalCode !== null) return
        const exited = once(child, "exit")
        child.kill("SIGTERM")
        await exited
      })
  )
  let printed = ""
  const listeners = new Set<() => void>()
  const hear = (chunk: unknown) => {
    printed += String(chunk)
    for (const look of listeners) look()
  }
  child.stdout?.on("data", hear)
  child.stderr?.on("data", hear)
  const says = (text: RegExp) =>
    Effect.callback<string>((resume) => {
      const look = () => {
        if (text.test(printed)) resume(Effect.succeed(printed))
      }
      listeners.add(look)
      look()
    }).pipe(Effect.timeoutOrElse({
      duration: "15 seconds",
      orElse: () => Effect.die(new Error(`It did not print ${text}, but: ${printed}`))
    }))
  return { child, says }
})

/** The guide's bot in a folder of its own, with its `config.json`. */
const guide = (sandbox: Sandbox.Sandbox) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const folder = mkdtempSync(join(tmpdir(), "heddle-guide-"))
      cpSync(join(root, "test/discord/guide"), folder, { recursive: true })
      symlinkSync(join(root, "node_modules"), join(folder, "node_modules"))
      const { applicationId: clientId, guildId, token, url } = sandbox
      writeFileSync(join(folder, "config.json"), JSON.stringify({ token, clientId, guildId, api: `${url}/api` }))
      return folder
    }),
    (folder) => Effect.sync(() => rmSync(folder, { recursive: true, force: true }))
  )

describe("heddle-discord-sandbox", () => {
  const bin = join(root, "services/discord/sandbox/bin.js")

  it.live("heddle-discord-sandbox prints its URL and token as two export lines, and serves bots and its page there.", () =>
    Effect.gen(function*() {
      const { child, says } = yield* running([bin, "--port", "0"], root)
      const printed = yield* says(/# discord\.js: .*\n/)
      const exports = printed.split("\n").filter((line) => line.startsWith("export "))
      assert.lengthOf(exports, 2)
      const url = /^export DISCORD_API_URL=(http:\/\/127\.0\.0\.1:\d+)$/.exec(exports[0] ?? "")?.[1] ?? ""
      const token = /^export DISCORD_TOKEN=(\S+)$/.exec(exports[1] ?? "")?.[1] ?? ""
      const me = yield* wait(() => fetch(`${url}/api/v10/users/@me`, { headers: { authorization: `Bot ${token}` } }))
      assert.strictEqual(me.status, 200)
      const page = yield* wait(() => fetch(url))
      assert.include(yield* wait(() => page.text()), "<title>Discord sandbox</title>")
      const exited = once(child, "exit")
      child.kill("SIGINT")
      yield* wait(() => exited)
    }))

  it.live("heddle-discord-sandbox says how it is used, and refuses what it doesn't know.", () =>
    Effect.gen(function*() {
      for (const args of [["--port", "x"], ["--port"], ["--port=70000"], ["--what"]]) {
        const { child, says } = yield* running([bin, ...args], root)
        yield* says(/heddle-discord-sandbox \[--port PORT\]/)
        if (child.exitCode === null) yield* wait(() => once(child, "exit"))
        assert.strictEqual(child.exitCode, 2, args.join(" "))
      }
    }))
})

describe("the bot of discord.js' guide", () => {
  it.live("The bot of discord.js' guide deploys its commands to the guild, answers them, and bans after a button was pressed.", () =>
    Effect.gen(function*() {
      const sandbox = yield* Sandbox.make()
      const folder = yield* guide(sandbox)
      const deploying = yield* running(["deploy-commands.js"], folder)
      yield* deploying.says(/Successfully reloaded 4 application/)
      const { says } = yield* running(["index.js"], folder)
      yield* says(/Ready! Logged in as heddle/)
      yield* sandbox.say("Ada", "/ping")
      yield* Bot.answer(sandbox, "Pong!")
      yield* sandbox.say("Ada", "/user")
      yield* Bot.answer(sandbox, "This command was run by Ada, who joined on")
      yield* sandbox.say("Ada", "/server")
      yield* Bot.answer(sandbox, "This server is Sandbox and has")
      yield* sandbox.say("Eve", "hello")
      const { body } = yield* call(sandbox, "GET", `/guilds/${sandbox.guildId}/members/search?query=Eve&limit=1`)
      const eve: string = body[0].user.id
      yield* sandbox.say("Ada", `/ban <@${eve}> noise`)
      const question = yield* Bot.answer(sandbox, "Are you sure you want to ban")
      // The guide's bot listens for the button only once it has heard that its question is there: press until it does.
      const press = Effect.ignore(sandbox.actions.press({ author: "Ada" }, question.id, "confirm"))
      yield* Effect.raceFirst(
        Bot.answer(sandbox, "Eve has been banned for reason: noise"),
        Effect.forever(Effect.delay(press, "200 millis"))
      )
    }))
})

describe.skipIf(!isInstalled)("the sandbox's page", () => {
  for (const viewport of [{ width: 1280, height: 900 }, { width: 375, height: 700 }]) {
    it.live(
      `The sandbox's page shows and does what people do, ${viewport.width} pixels wide.`,
      () =>
        Effect.gen(function*() {
          const { client, general, sandbox } = yield* login
          client.on("interactionCreate", (interaction) => {
            if (interaction.isButton()) {
              void interaction.showModal({
                custom_id: "form",
                title: "Why?",
                components: [{
                  type: 1,
                  components: [{ type: 4, custom_id: "why", label: "Reason", style: 1 }]
                }]
              })
            }
            if (interaction.isModalSubmit()) {
              const { fields } = interaction
              void interaction.reply(`Because ${fields.getTextInputValue("why")}`)
            }
            if (!interaction.isChatInputCommand()) return
            const named = interaction.options.getString("name")
            void interaction.reply(named === null ? `in ${interaction.locale}` : `watching ${named}`)
          })
          yield* wait(() =>
            client.application.commands.set([
              { name: "language", description: "Which it is" },
              {
                name: "watch",
                description: "Watches",
                options: ["add", "drop"].map((name) => ({
                  type: ApplicationCommandOptionType.Subcommand,
                  name,
                  description: `To ${name} something`,
                  options: [
                    {
                      type: ApplicationCommandOptionType.String,
                      name: "name",
                      description: "What",
                      required: true,
                      choices: ["this", "that"].map((value) => ({ name: value, value }))
                    }
                  ]
                }))
              }
            ])
          )
          const { complaints, page } = yield* open(sandbox.url, viewport)
          const log = page.getByRole("log", { name: "Messages" })
          const sent = yield* wait(() =>
            general.send({
              content: "**Look**",
              embeds: [{
                title: "Weather",
                color: 0x00aa55,
                fields: [{ name: "Wind", value: "3 km/h", inline: true }]
              }],
              files: [{ attachment: Buffer.from("notes"), name: "notes.txt" }],
              components: [{
                type: 1,
                components: [{ type: 2, style: 1, label: "Ask me", custom_id: "ask" }]
              }]
            })
          )
          yield* wait(() => sent.react("🎉"))
          yield* wait(() => log.getByRole("heading", { name: "Weather" }).waitFor())
          yield* wait(() => log.getByText("3 km/h").waitFor())
          yield* wait(() => log.getByRole("link", { name: /notes\.txt/ }).waitFor())
          yield* wait(() => log.getByRole("button", { name: "🎉, 1" }).click())
          yield* wait(() => log.getByRole("button", { name: "🎉, 2" }).waitFor())
          yield* wait(() => log.getByRole("button", { name: "Ask me" }).click())
          yield* wait(() => page.getByLabel("Reason").fill("I can"))
          yield* wait(() => page.getByRole("button", { name: "Submit" }).click())
          yield* wait(() => log.getByText("Because I can").waitFor())
          yield* wait(() => general.sendTyping())
          yield* wait(() => page.getByText("heddle is typing…").waitFor())
          const box = page.getByRole("combobox", { name: "Message" })
          const proposed = (name: RegExp) => page.getByRole("option", { name })
          yield* wait(() => box.fill("/wa"))
          yield* wait(() => proposed(/\/watch drop/).waitFor())
          assert.deepStrictEqual(yield* findings(page), [])
          yield* wait(() => box.press("ArrowDown"))
          yield* wait(() => box.press("Enter"))
          assert.strictEqual(yield* wait(() => box.inputValue()), "/watch add ")
          yield* wait(() => proposed(/^that/).click())
          assert.strictEqual(yield* wait(() => box.inputValue()), "/watch add that")
          yield* wait(() => box.press("Enter"))
          yield* wait(() => log.getByText("watching that").waitFor())
          yield* wait(() => box.fill("/la"))
          yield* wait(() => proposed(/\/language/).click())
          yield* wait(() => page.getByLabel("Language").selectOption("de"))
          yield* wait(() => box.press("Enter"))
          yield* wait(() => log.getByText("in de").waitFor())
          const thread = yield* wait(() => sent.startThread({ name: "More of it" }))
          yield* wait(() => thread.send("in the thread"))
          yield* wait(() => page.getByRole("button", { name: "# More of it" }).click())
          yield* wait(() => log.getByText("in the thread").waitFor())
          const wide = yield* wait(() => page.evaluate("document.documentElement.scrollWidth"))
          assert.isAtMost(Number(wide), viewport.width)
          const high = yield* wait(() => page.evaluate("document.documentElement.scrollHeight"))
          assert.isAtMost(Number(high), viewport.height)
          const channels = yield* wait(() => page.getByRole("navigation", { name: "Channels" }).boundingBox())
          assert.isAtLeast(channels?.height ?? 0, 36)
          const to = process.env["SCREENSHOTS"]
          if (to !== undefined) {
            yield* wait(() => page.getByRole("button", { name: "# general" }).click())
            yield* wait(() => page.screenshot({ path: join(to, `sandbox-${viewport.width}.png`) }))
          }
          yield* wait(() => client.destroy())
          yield* wait(() => page.getByText("No bot is connected.").waitFor())
          yield* wait(() => page.getByText(`export DISCORD_TOKEN=${sandbox.token}`).waitFor())
          assert.deepStrictEqual(yield* findings(page), [])
          assert.deepStrictEqual(complaints, [])
        }),
      40_000
    )
  }

  it.live("The sandbox's page obeys no other page.", () =>
    Effect.gen(function*() {
      const sandbox = yield* Sandbox.make()
      const ask = (headers: Readonly<Record<string, string>>) =>
        wait(() =>
          fetch(`${sandbox.url}/page/do`, {
            method: "POST",
            headers,
            body: JSON.stringify({ _tag: "Say", author: "Eve", content: "hello" })
          })
        )
      const refused = [
        { origin: "https://evil.example" },
        { origin: "null" },
        { origin: "http://127.0.0.1:1", "sec-fetch-site": "same-site" },
        { "sec-fetch-site": "cross-site" },
        { "sec-fetch-site": "none" }
      ]
      for (const headers of refused) {
        assert.strictEqual((yield* ask(headers)).status, 403, JSON.stringify(headers))
      }
      assert.strictEqual((yield* ask({ origin: sandbox.url })).status, 200)
      const said = yield* Stream.runCollect(Stream.take(sandbox.transcript, 1))
      assert.lengthOf(said, 1)
    }))
})

import { assert, describe, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as System from "heddle/System"
import { browser, click, executablePath, isInstalled, open, sees } from "./chromium.ts"
import { send } from "./client.ts"
import { makeWorld, stalled, start, type World } from "./fakes.ts"

/** The bot's thread does what is ordered, as a supervisor would have it. */
const obey = (world: World) => {
  world.onOrder = (order) =>
    Effect.sync(() => {
      const thread = world.threads.find(({ name }) => order.endsWith(name))
      if (thread === undefined) return
      if (order.startsWith("stop")) Object.assign(thread, { state: "stopped", readyAtMillis: null })
      if (order.startsWith("start")) Object.assign(thread, { state: "running", incarnation: thread.incarnation + 1 })
      if (order.startsWith("drill")) Object.assign(thread, { state: "restarting", lastCause: stalled })
    })
}

/** The relative luminance of a colour, `rgb(...)` as browsers compute it: https://www.w3.org/TR/WCAG22/#dfn-relative-luminance */
const luminance = (colour: string): number => {
  const linear = Array.from(colour.matchAll(/[\d.]+/g), ([part]) => Number(part) / 255).map((part) =>
    part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4
  )
  const [red = Number.NaN, green = Number.NaN, blue = Number.NaN] = linear
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}

/** From 1 to 21; texts need 4.5. */
const contrast = (one: string, other: string): number => {
  const [dark = Number.NaN, light = Number.NaN] = [luminance(one), luminance(other)].toSorted((a, b) => a - b)
  return (light + 0.05) / (dark + 0.05)
}

describe.skipIf(!isInstalled)(`the dashboard in ${executablePath}`, () => {
  it.live(`The dashboard in ${executablePath} shows embeds, buttons and reactions of the sandbox, and presses them.`, () =>
    Effect.gen(function*() {
      const world = makeWorld()
      const { url } = yield* start(world)
      const { complaints, page } = yield* open(url, { width: 375, height: 800 })
      world.say({
        id: "m1",
        author: "heddle",
        fromBot: true,
        answers: null,
        content: "",
        atMillis: Date.now(),
        channel: "#general",
        channelId: "1",
        embeds: [{ title: "Weather", color: 0x00aa55, fields: [{ name: "Wind", value: "3 km/h", inline: true }] }],
        components: [[{ _tag: "Button", customId: "ask", label: "Ask me", style: "primary", disabled: false }]],
        reactions: [{ emoji: "🎉", name: "🎉", count: 1 }]
      })
      const log = page.getByRole("log", { name: "Chat" })
      yield* Effect.promise(() => log.getByRole("heading", { name: "Weather" }).waitFor())
      yield* sees(page, "3 km/h")
      yield* Effect.promise(() => log.getByRole("button", { name: "Ask me" }).click())
      yield* Effect.promise(() => log.getByRole("button", { name: "🎉, 1" }).click())
      yield* Effect.sync(() => world.pressed.length).pipe(
        Effect.delay("20 millis"),
        Effect.repeat({ until: (count) => count === 2 }),
        Effect.timeout("5 seconds")
      )
      assert.deepStrictEqual(world.pressed, [
        { author: "you", messageId: "m1", customId: "ask", values: [] },
        { author: "you", messageId: "m1", emoji: "🎉" }
      ])
      assert.deepStrictEqual(complaints, [])
    }))

  it.live(`The dashboard in ${executablePath} shows the system, carries out orders and chats, and nothing in its console is wrong.`, () =>
    Effect.gen(function*() {
      const world = makeWorld()
      obey(world)
      const { url } = yield* start(world)
      const { complaints, page } = yield* open(url)
      yield* sees(page, "Everything is running")
      for (const name of ["scraper", "bot", "web", "Scraper", "DiscordSandbox", "DiscordBot", "Dashboard"]) {
        yield* sees(page, new RegExp(`^\\s*${name}\\s*$`))
      }
      const actions = page.getByRole("group", { name: "Actions for bot" })
      yield* Effect.promise(() => actions.getByRole("button", { name: "Stop" }).click())
      yield* sees(page, "Not ready: bot")
      yield* Effect.promise(() => actions.getByRole("button", { name: "Start", exact: true }).click())
      yield* sees(page, "incarnation 2")

      yield* Effect.promise(() => page.getByRole("textbox", { name: "Message" }).fill("/health"))
      yield* Effect.promise(() => page.keyboard.press("Enter"))
      yield* Effect.promise(() => page.getByRole("log", { name: "Chat" }).getByText("/health").waitFor())
      world.say({
        id: "answer",
        author: "heddle",
        fromBot: true,
        answers: null,
        content: "All is well.",
        atMillis: Date.now()
      })
      yield* sees(page, "All is well.")

      world.push({
        _tag: "ActorFailed",
        atMillis: Date.now(),
        thread: "bot",
        incarnation: 2,
        actor: "B",
        cause: stalled
      })
      yield* sees(page, `actor B on thread "bot" #2 failed`)
      yield* Effect.promise(() => actions.getByRole("button", { name: "Restart" }).click())
      yield* Effect.repeat(Effect.sleep("20 millis"), { until: () => world.orders.length === 3 })
      assert.deepStrictEqual(world.orders, ["stop bot", "start bot", "restart bot"])
      assert.deepStrictEqual(complaints, [])
    }))

  it.live(`The dashboard in ${executablePath} keeps what is typed while the last message is on its way.`, () =>
    Effect.gen(function*() {
      const { url } = yield* start(makeWorld())
      const { page } = yield* open(url)
      const arrives = yield* Deferred.make<void>()
      yield* Effect.promise(() =>
        page.route("**/api/chat", async (route) => {
          await Effect.runPromise(Deferred.await(arrives))
          await route.continue()
        })
      )
      const box = page.getByRole("textbox", { name: "Message" })
      yield* Effect.promise(() => box.fill("the first"))
      yield* click(page, "button", "Send")
      yield* Effect.promise(() => page.getByRole("button", { name: "Send", disabled: true }).waitFor())
      yield* Effect.promise(() => box.fill("the second"))
      yield* Deferred.succeed(arrives, undefined)
      yield* click(page, "button", "Send")
      for (const said of ["the first", "the second"]) {
        yield* Effect.promise(() => page.getByRole("log", { name: "Chat" }).getByText(said).waitFor())
      }
      yield* Effect.promise(() => page.getByRole("button", { name: "Send", disabled: false }).waitFor())
      assert.strictEqual(yield* Effect.promise(() => box.inputValue()), "")
    }))

  it.live(`The dashboard in ${executablePath} draws each thread's event loop, heap, messages and mailbox as they change.`, () =>
    Effect.gen(function*() {
      const world = makeWorld()
      const { url } = yield* start(world)
      const { page } = yield* open(url)
      const bot = page.locator("li.thread", { has: page.getByRole("heading", { name: "bot", exact: true }) })
      const shows = (name: RegExp) => Effect.promise(() => bot.getByRole("img", { name }).waitFor())
      for (const name of [/^Event loop: 2 %$/, /^Heap: 24/, /^Messages: 0 \/ s$/, /^Mailbox: 0$/]) yield* shows(name)
      const [, thread] = world.threads
      assert.isDefined(thread)
      Object.assign(thread, { eventLoopUtilization: 0.5, heapUsedBytes: 99_000_000 })
      Object.assign(thread.actors[0] ?? {}, { mailboxDepth: 7, handled: 1000 })
      for (const name of [/^Event loop: 50 %$/, /^Heap: 99/, /^Messages: \d+ \/ s$/, /^Mailbox: 7$/]) yield* shows(name)
      yield* shows(/^Messages: [1-9]/)
      // Each as a line over the last minute.
      yield* Effect.promise(() => bot.locator("svg polyline").nth(3).waitFor({ state: "attached" }))
      assert.strictEqual(yield* Effect.promise(() => bot.locator("svg polyline").count()), 4)
    }))

  it.live(`The dashboard in ${executablePath} can be read without colour: each state has a word and a mark of its own.`, () =>
    Effect.gen(function*() {
      const world = makeWorld()
      const { url } = yield* start(world)
      const { page } = yield* open(url)
      yield* Effect.promise(() => page.emulateMedia({ forcedColors: "active" }))
      const state = page.locator("li.thread", { has: page.getByRole("heading", { name: "bot", exact: true }) })
        .locator("header .state")
      const marks = new Set<string>()
      const [, thread] = world.threads
      assert.isDefined(thread)
      for (const name of System.ThreadStatus.fields.state.literals) {
        thread.state = name
        yield* Effect.promise(() => state.filter({ hasText: name }).waitFor())
        marks.add((yield* Effect.promise(() => state.innerText())).replace(name, "").trim())
      }
      assert.lengthOf(marks, System.ThreadStatus.fields.state.literals.length)
    }))

  it.live(`The dashboard in ${executablePath} crashes a thread on purpose with the keyboard alone.`, () =>
    Effect.gen(function*() {
      const world = makeWorld()
      obey(world)
      const { url } = yield* start(world)
      const { page } = yield* open(url)
      yield* sees(page, "Everything is running")
      yield* Effect.promise(() => page.getByLabel("Crash on purpose: bot").focus())
      for (const key of ["Enter", "Escape", "Enter", "Tab", "Tab", "Tab", "Tab", "Enter"]) {
        yield* Effect.promise(() => page.keyboard.press(key))
      }
      yield* sees(page, "Last ended: event loop blocked for 5 s")
      assert.deepStrictEqual(world.orders, ["drill spin bot"])
    }))

  it.live(`The dashboard in ${executablePath} is up to date within a second while the bot and its thread are stuck.`, () =>
    Effect.gen(function*() {
      const world = makeWorld()
      world.bot = "silent"
      const { url } = yield* start(world)
      const { page } = yield* open(url)
      yield* sees(page, "Not ready: DiscordBot")
      yield* sees(page, "DiscordBot did not answer within 500 ms")
      Object.assign(world.threads[1] ?? {}, { state: "restarting", lastCause: stalled })
      yield* sees(page, "Last ended: event loop blocked for 5 s")
    }))

  it.live(`The dashboard in ${executablePath} connects again by itself when the server comes back.`, () =>
    Effect.gen(function*() {
      const world = makeWorld()
      const { page, port } = yield* Effect.gen(function*() {
        const { url } = yield* Effect.scoped(start(makeWorld()))
        return {
          port: new URL(url).port,
          page: yield* Effect.flatMap(browser, (b) => Effect.promise(() => b.newPage()))
        }
      })
      page.setDefaultTimeout(8000)
      yield* Effect.scoped(Effect.gen(function*() {
        const { url } = yield* start(world, { PORT: port })
        yield* Effect.promise(() => page.goto(url))
        yield* sees(page, "Everything is running")
      }))
      yield* sees(page, "Connection lost; connecting again")
      yield* start(world, { PORT: port })
      yield* sees(page, "Everything is running")
    }))

  it.live(`The dashboard in ${executablePath} asks for the token once.`, () =>
    Effect.gen(function*() {
      const { url } = yield* start(makeWorld(), { HEDDLE_TOKEN: "secret" })
      const { page } = yield* open(url)
      yield* Effect.promise(() => page.getByLabel("Token").fill("wrong"))
      yield* click(page, "button", "Open")
      yield* sees(page, "That is not the token.")
      yield* Effect.promise(() => page.getByLabel("Token").fill("secret"))
      yield* click(page, "button", "Open")
      yield* sees(page, "Everything is running")
      yield* Effect.promise(() => page.reload())
      yield* sees(page, "Everything is running")
      yield* click(page, "link", "API")
      yield* sees(page, "/api/threads/{name}/drill")
    }))

  it.live(`The dashboard in ${executablePath} shows what the server said when it refuses, and never calls that a lost connection.`, () =>
    Effect.gen(function*() {
      const { url } = yield* start(makeWorld(), { HEDDLE_TOKEN: "secret" })
      const { page } = yield* open(url)
      const answers = [
        { status: 503, contentType: "text/plain", body: "64 pages are open already; close one.\n" },
        { status: 502, contentType: "text/html", body: "<h1>nginx</h1>" },
        { status: 421, contentType: "text/plain", body: "This server is not \"evil\".\n" }
      ]
      const says = ["64 pages are open already; close one. Trying again.", /answered 502/, `not "evil".`]
      for (const [index, answer] of answers.entries()) {
        yield* Effect.promise(() => page.unroute("**/api/events"))
        yield* Effect.promise(() => page.route("**/api/events", (route) => route.fulfill(answer)))
        if (index === 0) {
          yield* Effect.promise(() => page.getByLabel("Token").fill("secret"))
          yield* click(page, "button", "Open")
        }
        yield* sees(page, says[index] ?? "")
        assert.strictEqual(yield* Effect.promise(() => page.getByText("Connection lost").count()), 0)
      }
      yield* Effect.promise(() => page.unroute("**/api/events"))
      yield* sees(page, "Everything is running")
    }))

  it.live(`The dashboard in ${executablePath} says how long to wait after too many wrong tokens, and takes the right one meanwhile.`, () =>
    Effect.gen(function*() {
      const { url } = yield* start(makeWorld(), { HEDDLE_TOKEN: "secret" })
      for (let n = 0; n < 10; n++) yield* send(`${url}/metrics`, { headers: { authorization: `Bearer ${n}` } })
      const { page } = yield* open(url)
      yield* Effect.promise(() => page.getByLabel("Token").fill("wrong"))
      yield* click(page, "button", "Open")
      yield* sees(page, /Too many wrong tokens came from your address. Wait \d+ s/)
      yield* Effect.promise(() => page.getByLabel("Token").fill("secret"))
      yield* click(page, "button", "Open")
      yield* sees(page, "Everything is running")
    }))

  it.live(`The dashboard in ${executablePath} can be read under the mouse.`, () =>
    Effect.gen(function*() {
      const { url } = yield* start(makeWorld())
      const { page } = yield* open(url)
      yield* sees(page, "Everything is running")
      const actions = page.getByRole("group", { name: "Actions for bot" })
      for (
        const button of [page.getByRole("button", { name: "Send" }), actions.getByRole("button", { name: "Stop" })]
      ) {
        yield* Effect.promise(() => button.hover())
        const style = (name: string) =>
          Effect.promise(() => page.evaluate(`getComputedStyle(document.querySelector("button:hover")).${name}`)).pipe(
            Effect.map(String)
          )
        const [ink, paper] = [yield* style("color"), yield* style("backgroundColor")]
        assert.isAtLeast(contrast(ink, paper), 4.5, `${ink} on ${paper}`)
      }
    }))

  it.live(`The dashboard in ${executablePath} fits a phone.`, () =>
    Effect.gen(function*() {
      const { url } = yield* start(makeWorld())
      const { page } = yield* open(url, { width: 390, height: 844 })
      yield* sees(page, "Everything is running")
      const width = yield* Effect.promise(() => page.evaluate("document.documentElement.scrollWidth"))
      assert.strictEqual(width, 390)
      const restart = page.getByRole("button", { name: "Restart" }).first()
      const box = yield* Effect.promise(() => restart.boundingBox())
      assert.isAtLeast(box?.height ?? 0, 36)
    }))
})

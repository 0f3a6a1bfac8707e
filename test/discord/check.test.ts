/** The shipped command of subcommands, with a form and with a file: `/check list` and `/check file`. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { textOf } from "../../services/discord/givenFiles.ts"
import * as Sandbox from "../../services/discord/sandbox/Sandbox.ts"
import { FetchFailed } from "../../services/scraper/Scraper.ts"
import { site } from "../scraper/site.ts"
import * as Bot from "./botHarness.ts"

const bytesOf = (text: string) => new TextEncoder().encode(text)

/** Pages of which some are down, some are pictures, and some keep us out. */
const pages = (url: string) => {
  const reason = { down: "Unreachable", picture: "ContentType", robots: "Robots" } as const
  const failed = Object.entries(reason).find(([part]) => url.includes(part))
  return failed === undefined
    ? Effect.succeed(Bot.page)
    : Effect.fail(new FetchFailed({ url, reason: failed[1], detail: `${url} refused`, retryable: false }))
}

const ready = Effect.gen(function*() {
  const sandbox = yield* Sandbox.make({ identifyEvery: 0 })
  const asked: Array<string> = []
  const bot = yield* Bot.start({
    address: sandbox,
    fetch: (url) => Effect.suspend(() => (asked.push(url), pages(url)))
  })
  yield* bot.build
  const give = (text: string, name = "addresses.txt") => {
    const [file] = sandbox.actions.upload({ index: "0", name, type: "text/plain", bytes: bytesOf(text) })
    sandbox.actions.say({ author: "Ada" }, "/check file", undefined, file === undefined ? [] : [file.id])
  }
  return { asked, give, sandbox }
})

describe("/check", () => {
  it.live("/check list asks for addresses by a form, looks at each once, and names those that do not answer.", () =>
    Effect.gen(function*() {
      const { asked, sandbox } = yield* ready
      const shown = sandbox.signals.pipe(
        Stream.flatMap((signal) => signal._tag === "Form" ? Stream.succeed(signal.form) : Stream.empty),
        Stream.runHead,
        Effect.flatMap(Effect.fromOption),
        Effect.timeout("8 seconds")
      )
      const [form] = yield* Effect.all([shown, sandbox.say("Ada", "/check list")], { concurrency: "unbounded" })
      assert.strictEqual(form.title, "Which addresses?")
      const text = "https://a.example/ and <https://down.example/x>\nhttps://a.example/ http://picture.example/1 " +
        "https://robots.example"
      yield* sandbox.actions.submit({ author: "Ada" }, form.id, { addresses: [text] })
      const { content } = yield* Bot.answer(sandbox, "answer.**")
      assert.deepStrictEqual(content.split("\n"), [
        "**2 of 4 addresses answer.**",
        "- <https://down.example/x>: https://down.example/x refused",
        "- <https://robots.example>: its robots.txt keeps me out"
      ])
      assert.deepStrictEqual(asked.toSorted(), [
        "http://picture.example/1",
        "https://a.example/",
        "https://down.example/x",
        "https://robots.example"
      ])
    }))

  it.live("/check file reads the addresses of a file, says what it leaves out, and refuses what it can't use.", () =>
    Effect.gen(function*() {
      const { asked, give, sandbox } = yield* ready
      give(Array.from({ length: 30 }, (_, n) => `https://a.example/${n}`).join("\r\n"))
      const { content } = yield* Bot.answer(sandbox, "25 of 25 addresses answer")
      assert.include(content, "left out 5.")
      assert.lengthOf(asked, 25)
      give("nothing in here")
      yield* Bot.answer(sandbox, "I find no address there.")
      give("x".repeat(65_537), "big_one.txt")
      yield* Bot.answer(sandbox, "big\\_one.txt is larger than the 65536 bytes that I read.")
      yield* sandbox.say("Ada", "/check file")
      yield* Bot.line(sandbox, (line) => line.content.includes("/file needs the file file."))
      yield* sandbox.say("Ada", "!check file")
      yield* Bot.answer(sandbox, "Give `/check file` as a slash command")
    }))

  it.live("A file that somebody gives is read within its limit, whatever its server sends.", () =>
    Effect.gen(function*() {
      const server = yield* site((request, response) => {
        if (request.url === "/gone") return void response.writeHead(404).end("no")
        if (request.url === "/cut") {
          return void response.writeHead(200, { "content-length": "10" }).end("x", () => response.destroy())
        }
        if (request.url === "/endless") {
          const more = () => {
            while (response.write("x".repeat(1000))) continue
          }
          response.on("drain", more)
          return more()
        }
        response.end("grüße")
      })
      const read = (path: string) =>
        textOf({ id: "1", name: "a.txt", bytes: 1, url: server.url(path) }, 10_000).pipe(
          Effect.catchTag("CommandFailed", ({ detail }) => Effect.succeed(detail))
        )
      assert.strictEqual(yield* read("/"), "grüße")
      assert.strictEqual(yield* read("/endless"), "a.txt is larger than the 10000 bytes that I read.")
      for (const path of ["/gone", "/cut"]) {
        assert.strictEqual(yield* read(path), "Discord did not give me a.txt. Try again in a minute.")
      }
    }))
})

/** What the shipped bot has promised, and its process is killed before it has done it. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { createHash } from "node:crypto"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { page as html, site } from "../scraper/site.ts"
import { boot } from "../web/booting.ts"

/** The system, once the bot has logged in: what is said before that it does not know. */
const booted = (env: Readonly<Record<string, string>>) =>
  Effect.tap(boot(env), ({ says }) => says(/The bot is (\w+) on/))

/** Says something in the sandbox's channel. */
const say = (url: string, content: string) =>
  Effect.promise(async () => {
    const answer = await fetch(`${url}/api/chat`, {
      method: "POST",
      headers: { "content-type": "application/json", origin: url },
      body: JSON.stringify({ author: "Ada", content })
    })
    assert.strictEqual(answer.status, 200, await answer.text())
  })

/** Reads what the page is told, until it has a text. */
const hears = (url: string, text: RegExp) =>
  Effect.promise(async () => {
    const { body } = await fetch(`${url}/api/events`, { signal: AbortSignal.timeout(60_000) })
    let all = ""
    const decoder = new TextDecoder()
    for await (const chunk of body ?? []) {
      all += decoder.decode(chunk, { stream: true })
      const found = text.exec(all)
      if (found !== null) return found[0]
    }
    throw new Error(`${text} is not in:\n${all}`)
  })

const folder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "heddle-promised-"))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true }))
)

describe("what the bot has promised", () => {
  it.live(
    "A reminder comes though the process is killed before its time, and pings the person only.",
    () =>
      Effect.gen(function*() {
        const env = { SERVICES_STORAGE: join(yield* folder, "services.db") }
        yield* Effect.scoped(Effect.gen(function*() {
          const { url } = yield* booted(env)
          yield* say(url, "/remind soon tea")
          yield* hears(url, /I can't read \\?"soon\\?" as a time/)
          yield* say(url, "/remind 12s drink the tea @everyone")
          yield* hears(url, /I'll remind you <t:\d+:R>/)
        }))
        const { ended, url } = yield* booted(env)
        yield* hears(url, /<@\d+>, you asked me to remind you: drink the tea @everyone/)
        assert.strictEqual(yield* ended, 0)
      }),
    180_000
  )

  it.live(
    "A report comes though the process is killed while it crawls, and no page is fetched twice.",
    () =>
      Effect.gen(function*() {
        const env = {
          SERVICES_STORAGE: join(yield* folder, "services.db"),
          SCRAPER_DATA: yield* folder,
          SCRAPER_HOST_DELAY: "100 millis"
        }
        const asked: Array<string> = []
        const fifth = Promise.withResolvers<void>()
        const pages = yield* site((request, response) => {
          const path = request.url ?? ""
          if (path === "/robots.txt") return void response.writeHead(404).end()
          if (asked.push(path) === 5) fifth.resolve()
          const number = Number(path.slice(1))
          const links = number < 30 ? [`<a href="/${number + 1}">next</a>`] : []
          html(
            `<title>Page ${number}</title><p>${createHash("sha256").update(path).digest("hex")}</p>${links.join("")}`
          )(request, response)
        })
        yield* Effect.scoped(Effect.gen(function*() {
          const { url } = yield* booted(env)
          yield* say(url, `/report ${pages.url("/0")} 100`)
          yield* hears(url, /I'll crawl .*up to 100 pages/)
          yield* Effect.promise(() => fifth.promise)
        }))
        const before = asked.length
        assert.isBelow(before, 30)
        const { ended, url } = yield* booted(env)
        yield* hears(url, /the crawl of .* is done: 31 pages read, 0 failed/)
        assert.isAtMost(asked.length - new Set(asked).size, 4, "only what was in flight is asked for again")
        assert.strictEqual(yield* ended, 0)
      }),
    180_000
  )
})

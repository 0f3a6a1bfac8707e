/**
 * A visit to the real system in a real browser: talk to the bot, crash it, watch it come back, stop it, start it.
 *
 * `HEDDLE_SCREENSHOTS=docs/images npx vitest run test/web/journey.long.ts` renews the README's pictures.
 */
import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { join } from "node:path"
import type { Page } from "playwright-core"
import { page as html, site } from "../scraper/site.ts"
import { boot } from "./booting.ts"
import { executablePath, isInstalled, open, sees } from "./chromium.ts"

const folder = process.env["HEDDLE_SCREENSHOTS"]

const picture = (page: Page, name: string) =>
  folder === undefined
    ? Effect.void
    : Effect.promise(async () => {
      await page.evaluate("document.activeElement.blur(), scrollTo(0, 0)")
      await page.screenshot({ path: join(folder, name), scale: "css" })
    })

const say = (page: Page, text: string) =>
  Effect.promise(async () => {
    await page.getByRole("textbox", { name: "Message" }).fill(text)
    await page.keyboard.press("Enter")
  })

const hears = (page: Page, text: string | RegExp) =>
  Effect.promise(() => page.getByRole("log", { name: "Chat" }).getByText(text).last().waitFor())

it.live.skipIf(!isInstalled)(
  `The dashboard of the shipped system works in ${executablePath}.`,
  () =>
    Effect.gen(function*() {
      const slow = yield* site((request, response) => {
        if (request.url === "/robots.txt") return void response.writeHead(404).end()
        const links = ["a", "b", "c"].map((name) => `<a href="${request.url}${name}">${name}</a>`)
        setTimeout(() => html(`<title>Page ${request.url}</title>${links}`)(request, response), 150)
      })
      const { ended, url } = yield* boot()
      const { complaints, page } = yield* open(url, { width: 1240, height: 820 })
      page.setDefaultTimeout(20_000)
      yield* sees(page, "Everything is running")
      const bot = page.locator("li.thread", { has: page.getByRole("heading", { name: "bot", exact: true }) })
      const click = (name: string) => Effect.promise(() => bot.getByRole("button", { name, exact: true }).click())
      const shows = (text: string) => Effect.promise(() => bot.getByText(text).first().waitFor())

      yield* say(page, "/health")
      yield* hears(page, /: running, incarnation 1, 0 restarts/)
      yield* say(page, `/scrape url:${slow.url("/")}`)
      yield* hears(page, /answered 200 and has 3 links/)

      yield* Effect.promise(() => bot.getByLabel("Crash on purpose: bot").click())
      yield* Effect.promise(() => bot.getByRole("button", { name: /Throw an error/ }).click())
      yield* shows("incarnation 2")
      yield* shows("Last ended")
      yield* sees(page, "Everything is running")
      yield* say(page, "/ping")
      yield* hears(page, /Pong!/)

      yield* click("Stop")
      yield* sees(page, "Not ready: bot")
      yield* click("Start")
      yield* shows("incarnation 3")
      yield* sees(page, "Everything is running")

      yield* say(page, `/crawl url:${slow.url("/")}`)
      yield* Effect.promise(() => page.getByRole("progressbar", { name: `Crawl of ${slow.url("/")}` }).waitFor())
      if (folder !== undefined) yield* Effect.sleep("4 seconds")
      yield* picture(page, "dashboard.png")
      yield* Effect.promise(() => page.setViewportSize({ width: 390, height: 844 }))
      yield* picture(page, "dashboard-phone.png")
      const width = yield* Effect.promise(() => page.evaluate("document.documentElement.scrollWidth"))
      assert.strictEqual(width, 390)
      yield* hears(page, /40 pages read, 0 failed/)

      assert.deepStrictEqual(complaints, [])
      assert.strictEqual(yield* ended, 0)
    }),
  90_000
)

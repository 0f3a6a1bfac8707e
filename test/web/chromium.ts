/** A real browser, for tests that look at the dashboard. */
import * as Effect from "effect/Effect"
import { existsSync, readFileSync } from "node:fs"
import { createRequire } from "node:module"
import { chromium, type Page } from "playwright-core"

export const executablePath = process.env["CHROMIUM"] ?? "/usr/bin/chromium"
const quiet = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync"
]

export const isInstalled = existsSync(executablePath)

export const browser = Effect.acquireRelease(
  Effect.promise(() => chromium.launch({ executablePath, args: quiet })),
  (browser) => Effect.promise(() => browser.close())
)

/** Opens the page; `complaints` collects what the browser's console says. */
export const open = Effect.fnUntraced(function*(url: string, viewport = { width: 1280, height: 900 }) {
  const page = yield* Effect.flatMap(browser, (browser) => Effect.promise(() => browser.newPage({ viewport })))
  page.setDefaultTimeout(8000)
  const complaints: Array<string> = []
  page.on("pageerror", (error) => complaints.push(error.message))
  page.on("console", (message) => message.type() === "error" && complaints.push(message.text()))
  yield* Effect.promise(() => page.goto(url))
  return { page, complaints }
})

export const sees = (page: Page, text: string | RegExp) => Effect.promise(() => page.getByText(text).first().waitFor())
export const click = (page: Page, role: "button" | "link", name: string) =>
  Effect.promise(() => page.getByRole(role, { name, exact: true }).first().click())

const axe = createRequire(import.meta.url).resolve("axe-core/axe.min.js")

/** What axe finds that is serious or worse. The page's policy forbids scripts from elsewhere, so it is evaluated. */
export const findings = (page: Page) =>
  Effect.promise(async () => {
    await page.evaluate(readFileSync(axe, "utf8"))
    const found: ReadonlyArray<string> = await page.evaluate(
      `axe.run().then(({ violations }) => violations.filter(({ impact }) => impact === "serious" || impact === "critical")
        .flatMap(({ id, nodes }) => nodes.map(({ html }) => id + ": " + html.slice(0, 200))))`
    )
    return found
  })

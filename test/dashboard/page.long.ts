/** The dashboard's page in a real browser: many threads, a hung one, old news, an actor's forms, the log. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { Page } from "playwright-core"
import { launch } from "../cli/launching.ts"
import { click, executablePath, findings, isInstalled, open, sees } from "../web/chromium.ts"
import { post, send } from "../web/client.ts"
import { makeWorld, startWith } from "../web/fakes.ts"

/** Texts of a card that lie on each other, and what is wider than the page. */
const misplaced = (page: Page) =>
  Effect.promise(async () => {
    const found: ReadonlyArray<string> = await page.evaluate(`(() => {
      const out = []
      const width = document.documentElement.clientWidth
      if (document.documentElement.scrollWidth > width) out.push("the page is " + document.documentElement.scrollWidth + " wide")
      for (const cell of document.querySelectorAll(".actors th, .actors td")) {
        if (cell.scrollWidth > cell.clientWidth + 1) out.push("a cell is too narrow: " + cell.textContent.trim().slice(0, 40))
      }
      for (const header of document.querySelectorAll(".thread > header")) {
        const parts = [...header.children].map((part) => [part, part.getBoundingClientRect()])
        for (const [part, box] of parts) {
          if (box.right > width + 1 || part.scrollWidth > part.clientWidth + 1 && getComputedStyle(part).display !== "inline") {
            out.push(part.tagName + " is too wide: " + part.textContent.slice(0, 40))
          }
        }
        parts.forEach(([one, a], i) => parts.slice(i + 1).forEach(([other, b]) => {
          if (a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 1 && b.top < a.bottom - 1 && a.width > 0 && b.width > 0
            && !one.matches(".facts") && !other.matches(".facts")) {
            out.push(one.textContent.slice(0, 30) + " lies on " + other.textContent.slice(0, 30))
          }
        }))
      }
      return out.slice(0, 5)
    })()`)
    return found
  })

/** Forty threads whose names have sixty characters. */
const crowd = () => {
  const world = makeWorld()
  const [, thread] = world.threads
  assert(thread !== undefined)
  world.threads = Array.from({ length: 40 }, (_, index) => {
    const name = `thread-${String(index).padStart(2, "0")}-${"abcdefghij".repeat(6)}`.slice(0, 60)
    const [first, second] = thread.actors
    assert(first !== undefined && second !== undefined)
    return {
      ...structuredClone(thread),
      name,
      group: name,
      state: index === 3 ? "restarting" as const : "running" as const,
      ...index === 5 ? { unmovedMillis: 3200 } : {},
      lastCause: index === 3 ? { _tag: "OutOfMemory" as const, message: "the heap is full" } : null,
      actors: [{ ...first, name: `Actor${index}${"x".repeat(50)}` }, { ...second, name: `Other${index}` }]
    }
  })
  return world
}

/** Every thread is busier, and has handled more. */
const change = (world: ReturnType<typeof makeWorld>): void => {
  for (const thread of world.threads) {
    thread.eventLoopUtilization = Math.random()
    thread.heapUsedBytes = 2e7 + Math.random() * 1e7
    for (const actor of thread.actors) actor.handled += Math.ceil(Math.random() * 100)
  }
}

/** The part of a core that the page's own thread needs over ten seconds, by Chromium's own count. */
const busyOf = (page: Page) =>
  Effect.promise(async () => {
    const session = await page.context().newCDPSession(page)
    await session.send("Performance.enable", { timeDomain: "threadTicks" })
    const read = async () => {
      const { metrics } = await session.send("Performance.getMetrics")
      const of = (name: string) => metrics.find((metric) => metric.name === name)?.value ?? Number.NaN
      return { at: of("Timestamp"), busy: of("TaskDuration") }
    }
    const seconds = 10
    await page.waitForTimeout(2000)
    const before = await read()
    await page.waitForTimeout(seconds * 1000)
    const after = await read()
    return (after.busy - before.busy) / seconds
  })

/** A folder that goes with the test. */
const temporary = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "heddle-page-"))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true }))
)

/** Starts the fixture, a system of two threads; gives the dashboard's address. */
const running = Effect.gen(function*() {
  const heddle = yield* launch(["start", "dashboard/config.ts"], { env: { PORT: "0", HEDDLE_LOG: "text" } })
  const url = /(http:\S+)/.exec(yield* heddle.line(/dashboard at http:/))?.[1] ?? ""
  yield* heddle.line(/thread "greeting" #1 is ready/)
  return url
})

describe.skipIf(!isInstalled)(`the page in ${executablePath}`, () => {
  for (const width of [1280, 390, 320]) {
    it.live(`W3: Forty threads with long names fit ${width} pixels, folded and unfolded, and axe finds nothing serious.`, () =>
      Effect.gen(function*() {
        const { url } = yield* startWith({ port: 0 }, crowd())
        const { complaints, page } = yield* open(url, { width, height: 844 })
        yield* sees(page, "40 threads")
        assert.deepStrictEqual(yield* misplaced(page), [])
        assert.deepStrictEqual(yield* findings(page), [])
        yield* click(page, "button", "Unfold all")
        yield* sees(page, /^\s*Other39\s*$/)
        assert.deepStrictEqual(yield* misplaced(page), [])
        assert.deepStrictEqual(yield* findings(page), [])
        assert.deepStrictEqual(complaints, [])
      }))
  }

  it.live("W3: A search finds threads by their own names and their actors', and an address unfolds one.", () =>
    Effect.gen(function*() {
      const world = crowd()
      const { url } = yield* startWith({ port: 0 }, world)
      const { page } = yield* open(url)
      const search = page.getByRole("searchbox", { name: "Search threads and actors" })
      yield* Effect.promise(() => search.fill("other17"))
      yield* sees(page, "1 of 40")
      assert.strictEqual(yield* Effect.promise(() => page.locator("li.thread").count()), 1)
      const name = world.threads[30]?.name ?? ""
      yield* Effect.promise(() => page.goto(`${url}/#thread/${name}`))
      yield* Effect.promise(() => page.reload())
      yield* sees(page, /^\s*Other30\s*$/)
      const focused = yield* Effect.promise(() => page.evaluate("document.activeElement.textContent"))
      assert.include(String(focused), name)
    }))

  it.live("W3: The page is grey and says how old it is as soon as its newest snapshot is older than 3 seconds.", () =>
    Effect.gen(function*() {
      const world = makeWorld()
      const { url } = yield* startWith({ port: 0 }, world)
      const { page } = yield* open(url)
      yield* sees(page, "Everything is running")
      // Nothing changes for longer than that: no reason to be grey.
      yield* Effect.promise(() => page.waitForTimeout(4000))
      assert.strictEqual(yield* Effect.promise(() => page.locator("main.stale").count()), 0)
      world.supervisor = "fails"
      yield* sees(page, /What you see is [3-6] s old/)
      assert.strictEqual(yield* Effect.promise(() => page.locator("main.stale").count()), 1)
      world.supervisor = "answers"
      yield* sees(page, "Everything is running")
      assert.strictEqual(yield* Effect.promise(() => page.locator("main.stale").count()), 0)
    }))

  it.live("W3: The card of a thread that hangs says so before the watchdog acts, and then where it hung.", () =>
    Effect.gen(function*() {
      const url = yield* running
      const { page } = yield* open(url)
      yield* sees(page, "Everything is running")
      yield* post(`${url}/api/threads/greeting/drill`, { how: "spin" })
      yield* sees(page, "greeting does not move")
      yield* sees(page, /Its event loop has not turned for \d s/)
      yield* sees(page, /Last ended: event loop blocked for \d s, at \w+ \(.*:\d+:\d+\)/)
    }))

  it.live("W3: An actor's drawer sends a message by a form that is made from its schema, and has an address.", () =>
    Effect.gen(function*() {
      const url = yield* running
      const { complaints, page } = yield* open(`${url}/#actor/Greeter`)
      const drawer = page.getByRole("dialog", { name: "Greeter" })
      yield* Effect.promise(() => drawer.waitFor())
      yield* Effect.promise(() => drawer.getByText("Hello", { exact: true }).click())
      yield* Effect.promise(() => drawer.getByRole("textbox", { name: "name" }).fill("Ada"))
      yield* Effect.promise(() => drawer.getByRole("button", { name: "Send" }).click())
      yield* sees(page, `"Hello, Ada!"`)
      assert.deepStrictEqual(yield* findings(page), [])
      yield* Effect.promise(() => page.keyboard.press("Escape"))
      yield* Effect.promise(() => drawer.waitFor({ state: "detached" }))
      assert.notInclude(page.url(), "#actor")
      const link = page.getByRole("link", { name: "Greeter" })
      yield* Effect.promise(() => link.click())
      yield* Effect.promise(() => drawer.waitFor())
      assert.include(page.url(), "#actor/Greeter")
      yield* Effect.promise(() => drawer.getByRole("button", { name: "Close" }).click())
      yield* Effect.promise(() => drawer.waitFor({ state: "detached" }))
      assert.strictEqual(yield* Effect.promise(() => page.evaluate("document.activeElement.textContent")), "Greeter")
      assert.deepStrictEqual(complaints, [])
    }))

  it.live("W3: The last hour is kept on main: it goes on when the dashboard's own thread restarts.", () =>
    Effect.gen(function*() {
      const url = yield* running
      const samples = Effect.map(send(`${url}/api/history`), ({ text }) => {
        const { threads }: { readonly threads: ReadonlyArray<{ readonly samples: ReadonlyArray<unknown> }> } = JSON
          .parse(text)
        return threads[0]?.samples.length ?? 0
      })
      yield* Effect.repeat(Effect.delay(samples, "1 second"), { until: (count) => count === 2 })
      yield* send(`${url}/api/threads/web/restart`, { method: "POST" })
      const again = Effect.catchDefect(Effect.delay(samples, "200 millis"), () => Effect.succeed(0))
      assert.isAtLeast(yield* Effect.repeat(again, { until: (count) => count > 0 }), 2)
      const { complaints, page } = yield* open(url)
      yield* click(page, "button", "Last hour")
      yield* Effect.promise(() => page.locator("svg polyline").first().waitFor({ state: "attached" }))
      assert.deepStrictEqual(complaints, [])
    }))

  it.live("W3: The log shows what threads log, by level, thread and text, and stands still while it is paused.", () =>
    Effect.gen(function*() {
      const url = yield* running
      const { page } = yield* open(url)
      const log = page.getByRole("log", { name: "Log" })
      yield* Effect.promise(() => log.getByText("dashboard at http").waitFor())
      yield* Effect.promise(() => page.getByRole("combobox", { name: "Thread" }).selectOption("main"))
      yield* Effect.promise(() => log.getByText("dashboard at http").waitFor({ state: "detached" }))
      yield* Effect.promise(() => page.getByRole("searchbox", { name: "Text" }).fill("greeting"))
      yield* Effect.promise(() => log.getByText(`thread "greeting" #1 is ready`).waitFor())
      yield* Effect.promise(() => page.getByRole("button", { name: "Pause" }).click())
      yield* post(`${url}/api/threads/greeting/restart`, {})
      yield* Effect.promise(() =>
        page.getByRole("log", { name: "Events" }).getByText(`thread "greeting" #2 is ready`).waitFor()
      )
      assert.strictEqual(yield* Effect.promise(() => log.getByText(`thread "greeting" #2`).count()), 0)
      yield* Effect.promise(() => page.getByRole("button", { name: "Go on" }).click())
      yield* Effect.promise(() => log.getByText(`thread "greeting" #2 is ready`).waitFor())
    }))

  it.live("W4: An actor's drawer shows what it has handled and why it failed, and saves the heap of its thread.", () =>
    Effect.gen(function*() {
      const url = yield* running
      const { complaints, page } = yield* open(`${url}/#actor/Greeter`)
      const drawer = page.getByRole("dialog", { name: "Greeter" })
      yield* Effect.promise(() => drawer.getByText("None yet.").waitFor())
      yield* post(`${url}/api/actors/Greeter/call`, { message: "Hello", payload: { name: "Ada" } })
      yield* post(`${url}/api/actors/Greeter/call`, { message: "Hello", payload: { name: "" } })
      const messages = drawer.getByRole("region", { name: "Last messages" })
      yield* Effect.promise(() => messages.getByText("failed").waitFor())
      yield* Effect.promise(() => messages.getByText("handled").waitFor())
      yield* Effect.promise(() => messages.getByText(`{"name":""}`).waitFor())
      yield* Effect.promise(() => messages.getByText("nobody has no name").waitFor())
      assert.deepStrictEqual(yield* findings(page), [])
      const saved = yield* Effect.promise(() =>
        Promise.all([page.waitForEvent("download"), drawer.getByRole("button", { name: "Heap snapshot" }).click()])
      )
      assert.match(saved[0].suggestedFilename(), /^greeting-.*\.heapsnapshot$/)
      yield* Effect.promise(() => drawer.getByText("is for DevTools").waitFor())
      assert.deepStrictEqual(complaints, [])
    }))

  it.live("W4: A thread that hangs is inspected all the same, and its profile says where it is.", () =>
    Effect.gen(function*() {
      const url = yield* running
      yield* post(`${url}/api/threads/greeting/drill`, { how: "spin" })
      const { page } = yield* open(`${url}/#actor/Greeter`)
      const drawer = page.getByRole("dialog", { name: "Greeter" })
      yield* Effect.promise(() => drawer.getByText(/Its thread does not move, at \w+ \(.*:\d+:\d+\)/).waitFor())
      const { status, text } = yield* send(`${url}/api/threads/web/profile?seconds=1`)
      assert.strictEqual(status, 200, text)
      const { nodes }: { readonly nodes: ReadonlyArray<unknown> } = JSON.parse(text)
      assert.isAbove(nodes.length, 0)
      assert.strictEqual((yield* send(`${url}/api/threads/nobody/profile?seconds=1`)).status, 404)
      assert.strictEqual((yield* send(`${url}/api/threads/web/profile?seconds=0`)).status, 400)
    }))

  it.live("W4: The settings in force have an address, and show no secret.", () =>
    Effect.gen(function*() {
      const heddle = yield* launch(["start", "dashboard/config.ts"], {
        env: { PORT: "0", HEDDLE_LOG: "text", OTEL_EXPORTER_OTLP_HEADERS: "key=hidden" }
      })
      const url = /(http:\S+)/.exec(yield* heddle.line(/dashboard at http:/))?.[1] ?? ""
      const { complaints, page } = yield* open(`${url}/#settings`)
      const drawer = page.getByRole("dialog", { name: "Settings" })
      yield* Effect.promise(() => drawer.getByText("shutdownTimeout").first().waitFor())
      const shown = yield* Effect.promise(() => drawer.innerText())
      assert.match(shown, /OTEL_EXPORTER_OTLP_HEADERS\s+set, and not shown/)
      assert.notInclude(shown, "hidden")
      assert.deepStrictEqual(yield* findings(page), [])
      yield* Effect.promise(() => page.keyboard.press("Escape"))
      yield* Effect.promise(() => drawer.waitFor({ state: "detached" }))
      // Playwright hears of the address later than of the drawer.
      yield* Effect.promise(() => page.waitForURL(({ hash }) => hash === ""))
      assert.deepStrictEqual(complaints, [])
    }))

  it.live("W4: Dead letters of the storage are on the page, run again when they are repeated, and go when they are dropped.", () =>
    Effect.gen(function*() {
      const folder = yield* temporary
      const heddle = yield* launch(["start", "dashboard/durable.ts"], {
        env: { PORT: "0", HEDDLE_LOG: "text", LEDGER_DATABASE: join(folder, "ledger.db") }
      })
      const url = /(http:\S+)/.exec(yield* heddle.line(/dashboard at http:/))?.[1] ?? ""
      yield* heddle.line(/thread "money" #1 is ready/)
      for (const times of [5, 101]) {
        yield* post(`${url}/api/actors/Ledger/call`, { message: "Refuse", payload: { times } })
      }
      const { complaints, page } = yield* open(url)
      page.on("dialog", (dialog) => void dialog.accept())
      const card = page.getByRole("region", { name: "Dead letters" })
      yield* Effect.promise(() => card.getByText("Ledger.Refuse").nth(1).waitFor())
      assert.deepStrictEqual(yield* findings(page), [])
      yield* Effect.promise(() => card.getByRole("button", { name: /^Repeat/ }).last().click())
      yield* Effect.promise(() => card.getByText("Ledger.Refuse").nth(1).waitFor({ state: "detached" }))
      yield* Effect.promise(() => card.getByRole("button", { name: /^Drop/ }).click())
      yield* Effect.promise(() => card.getByText("All durable messages have run, or will.").waitFor())
      assert.deepStrictEqual(complaints, [])
    }))

  for (const view of ["folded", "unfolded"]) {
    it.live(`W5: Forty threads that change each second cost under 5 % of a core, ${view}.`, () =>
      Effect.gen(function*() {
        const world = crowd()
        const { url } = yield* startWith({ port: 0 }, world)
        const { page } = yield* open(url)
        yield* sees(page, "40 threads")
        if (view === "unfolded") yield* click(page, "button", "Unfold all")
        yield* Effect.forkScoped(Effect.forever(Effect.delay(Effect.sync(() => change(world)), "1 second")))
        assert.isBelow(yield* busyOf(page), 0.05)
      }))
  }
})

/** 24.4: `heddle start FILE --only web,scraper`. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { probe } from "../services/chaos/legitimate.ts"
import { post, send } from "../web/client.ts"
import { launch } from "./launching.ts"

const services = join(import.meta.dirname, "../../services/config.ts")

const directory = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "heddle-only-"))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true }))
)

const launchOnly = (only: string) =>
  Effect.flatMap(directory, (data) =>
    launch(["start", services, "--only", only], {
      env: { PORT: "0", DISCORD_TOKEN: "", SCRAPER_DATA: data }
    }))

const becomes = (url: string, path: string, wanted: number) =>
  Effect.repeat(probe(url, path, 5000), {
    until: (status) => status === wanted,
    schedule: Schedule.spaced("200 millis")
  })

describe("heddle start --only", () => {
  it.live(
    "F27: The other threads are stopped, asks to them fail at once, readiness leaves them out, and they can be started.",
    () =>
      Effect.gen(function*() {
        const run = yield* launchOnly("web, scraper")
        const [url = ""] = /http:\S+$/.exec(yield* run.line(/dashboard at http:\S+$/)) ?? []
        yield* becomes(url, "/readyz", 200)
        assert.notInclude(run.lines.join("\n"), "thread \"bot\"")
        const threads: ReadonlyArray<{ readonly name: string; readonly state: string }> = JSON.parse(
          (yield* send(`${url}/api/threads`)).text
        )
        assert.deepStrictEqual(threads.map(({ name, state }) => `${name} ${state}`), [
          "web running",
          "sandbox stopped",
          "scraper running",
          "bot stopped"
        ])
        const said = yield* post(`${url}/api/chat`, { author: "ada", content: "/ping" })
        assert.strictEqual(said.status, 503)
        assert.include(said.text, "was not started with the system")
        // At once: an ask that waits would have waited 5 s.
        assert.isBelow(said.millis, 4500)

        const restarted = yield* launch(["restart", "bot", "--pid", String(run.pid)])
        assert.strictEqual((yield* restarted.ended).code, 0, restarted.lines.join("\n"))
        yield* becomes(url, "/readyz", 503)
        assert.strictEqual((yield* post(`${url}/api/threads/sandbox/start`, {})).status, 200)
        yield* becomes(url, "/readyz", 200)

        yield* run.signal("SIGTERM")
        assert.strictEqual((yield* run.ended).code, 0)
      }),
    90_000
  )

  it.live("F27: A name that is no thread's stops the start, and the error lists those there are.", () =>
    Effect.gen(function*() {
      for (const only of ["web,nobody", " , "]) {
        const run = yield* launchOnly(only)
        const { code } = yield* run.ended
        assert.strictEqual(code, 1)
        assert.match(
          run.lines.join("\n"),
          only.includes("nobody")
            ? /"nobody" is no thread of it; there are web, sandbox, scraper, bot/
            : /no thread is named/
        )
      }
    }))
})

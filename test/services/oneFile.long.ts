/** The shipped services as one executable file, alone in an empty folder, without an environment. */
import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { launch } from "../cli/launching.ts"
import { isInstalled, open, sees } from "../web/chromium.ts"

const root = fileURLToPath(new URL("../../", import.meta.url))

const folder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "heddle-one-file-"))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true }))
)

/** Memory of its own: without the pages of the file, which the system can drop and other processes share. */
const ownMegabytes = (pid: number | undefined): number =>
  Number(/RssAnon:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) / 1000

/** Starts the executable and waits until all is ready. */
const startIn = Effect.fnUntraced(function*(folder: string) {
  const from = performance.now()
  const app = yield* launch([], { executable: join(folder, "app"), cwd: folder, env: { PORT: "0" } })
  const url = /dashboard at (http:\S+)/.exec(yield* app.line(/dashboard at http:\S+$/))?.[1] ?? ""
  yield* app.line(/thread "bot" #1 is ready/)
  return { app, url, millis: performance.now() - from }
})

it.live(
  "B1: The shipped services run as one file: page, bot, drills and an orderly stop, in 200 MB of its own.",
  () =>
    Effect.gen(function*() {
      const [target, empty] = [yield* folder, yield* folder]
      const built = yield* launch(["build", "services/config.ts", "--one-file", join(target, "app")], { cwd: root })
      assert.strictEqual((yield* built.ended).code, 0, built.lines.join("\n"))
      copyFileSync(join(target, "app"), join(empty, "app"))

      // A machine that has other work is slower: the best of three counts.
      let started = yield* startIn(empty)
      for (let again = 0; again < 2 && started.millis >= 2000; again++) {
        yield* started.app.signal("SIGTERM")
        yield* started.app.ended
        started = yield* startIn(empty)
      }
      const { app, millis, url } = started
      assert.isBelow(millis, 2000)
      yield* Effect.promise(() => fetch(`${url}/readyz`)).pipe(
        Effect.delay(50),
        Effect.repeat({ until: ({ status }) => status === 200 }),
        Effect.timeout("10 seconds")
      )
      assert.isAtMost(ownMegabytes(app.pid), 200)

      if (isInstalled) {
        const { complaints, page } = yield* open(url)
        yield* sees(page, "Everything is running")
        yield* Effect.promise(() => page.getByRole("textbox", { name: "Message" }).fill("/ping"))
        yield* Effect.promise(() => page.keyboard.press("Enter"))
        yield* Effect.promise(() => page.getByRole("log", { name: "Chat" }).getByText(/Pong!/).last().waitFor())
        assert.deepStrictEqual(complaints, [])
      }

      for (
        const [thread, how] of [["bot", "throw"], ["sandbox", "exit"], ["scraper", "oom"], ["bot", "spin"]] as const
      ) {
        const next = app.lines.filter((line) => new RegExp(`thread "${thread}" #\\d+ is ready`).test(line)).length + 1
        const { status } = yield* Effect.promise(() =>
          fetch(`${url}/api/threads/${thread}/drill`, {
            method: "POST",
            headers: { "content-type": "application/json", origin: url },
            body: JSON.stringify({ how })
          })
        )
        assert.isBelow(status, 300, `${thread} ${how}`)
        yield* app.line(new RegExp(`thread "${thread}" #${next} is ready`)).pipe(Effect.timeout("60 seconds"))
      }

      yield* app.signal("SIGTERM")
      assert.strictEqual((yield* app.ended).code, 0)
      assert.match(app.lines.at(-1) ?? "", / stopped$/)
    }),
  180_000
)

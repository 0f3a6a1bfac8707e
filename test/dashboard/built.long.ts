/** The dashboard in what `heddle build` makes, which has to bring the page along. */
import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { copyFileSync, cpSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { launch } from "../cli/launching.ts"
import { send } from "../web/client.ts"

const folder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "heddle-dashboard-"))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true }))
)

/** Every file that the page asks for, directly or by another one. */
const visit = Effect.fnUntraced(function*(url: string, path: string, seen: Set<string>): Effect.fn.Return<void> {
  if (seen.has(path)) return
  seen.add(path)
  const { status, text } = yield* send(`${url}/${path}`)
  assert.strictEqual(status, 200, path)
  for (const [, next = ""] of text.matchAll(/(?:from "\.\/|href="|src=")([a-z]+\.(?:js|css|svg))"/g)) {
    yield* visit(url, next, seen)
  }
})

it.live("W1, B1: A built folder and an executable have the dashboard with its page, wherever they are.", () =>
  Effect.gen(function*() {
    const [target, moved] = [yield* folder, yield* folder]
    const build = yield* launch([
      "build",
      "dashboard/config.ts",
      "--out",
      join(target, "dist"),
      "--one-file",
      join(target, "app")
    ])
    assert.strictEqual((yield* build.ended).code, 0, build.lines.join("\n"))
    cpSync(join(target, "dist"), join(moved, "dist"), { recursive: true })
    copyFileSync(join(target, "app"), join(moved, "app"))
    rmSync(target, { recursive: true })
    const env = { PORT: "0", HEDDLE_LOG: "text" }
    for (
      const what of [{ program: join(moved, "dist/start.mjs") }, { executable: join(moved, "app") }]
    ) {
      const heddle = yield* launch([], { ...what, cwd: moved, env })
      const url = /(http:\S+)/.exec(yield* heddle.line(/dashboard at http:/))?.[1] ?? ""
      const seen = new Set<string>()
      yield* visit(url, "", seen)
      yield* visit(url, "docs", seen)
      assert.isAtLeast(seen.size, 14)
      assert.isTrue(seen.has("preact.js"))
      yield* heddle.signal("SIGTERM")
      assert.strictEqual((yield* heddle.ended).code, 0)
    }
  }))

/** `heddle start FILE --bundled`, in a project of its own. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync
} from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { launch } from "./launching.ts"

const root = fileURLToPath(new URL("../../", import.meta.url))

/** A project with the program of a fixture. */
const project = Effect.acquireRelease(
  Effect.sync(() => {
    const path = mkdtempSync(join(tmpdir(), "heddle-bundled-"))
    cpSync(join(root, "test/fixtures/building"), path, { recursive: true })
    mkdirSync(join(path, "node_modules"))
    symlinkSync(root, join(path, "node_modules/heddle"))
    symlinkSync(join(root, "node_modules/effect"), join(path, "node_modules/effect"))
    writeFileSync(join(path, "package.json"), JSON.stringify({ type: "module" }))
    return path
  }),
  (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true }))
)

const start = Effect.fnUntraced(function*(cwd: string, ...args: ReadonlyArray<string>) {
  const heddle = yield* launch(["start", "program.ts", ...args], { cwd })
  const { code } = yield* heddle.ended
  return { code, text: heddle.lines.join("\n") }
})

/** The bundles in the cache of a project. */
const bundles = (path: string): ReadonlyArray<string> => {
  const cache = join(path, "node_modules/.cache/heddle")
  return readdirSync(cache).flatMap((name) =>
    readdirSync(join(cache, name), { withFileTypes: true }).filter((entry) => entry.isDirectory()).map((entry) =>
      entry.name
    )
  )
}

/** Writes a file as if that had been done some time ago, which a file system may not tell apart from the start of a build. */
const edit = (path: string, change: (text: string) => string, secondsAgo: number): void => {
  writeFileSync(path, change(readFileSync(path, "utf8")))
  const at = Date.now() / 1000 - secondsAgo
  utimesSync(path, at, at)
}

describe("heddle start --bundled", () => {
  it.live("B3: The first start bundles, the next one runs that bundle, and says of it what a start from sources says.", () =>
    Effect.gen(function*() {
      const path = yield* project
      const first = yield* start(path, "--bundled")
      assert.strictEqual(first.code, 0, first.text)
      assert.include(first.text, "Grüß Gott, Ada!")
      assert.match(first.text, /at .*\/\.cache\/heddle\/program-\w+\/[\w-]+\/ReaderLayer-[\w-]+\.mjs:\d+:\d+/)
      const [bundle = ""] = bundles(path)
      const second = yield* start(path, "--bundled")
      assert.strictEqual(second.code, 0, second.text)
      assert.deepStrictEqual(bundles(path), [bundle])
      for (const { text } of [first, second]) {
        for (const line of [/thread "reading" #1 is ready/, /stopping: the program has ended/]) assert.match(text, line)
      }
    }))

  it.live("B3: When a module or an asset has changed it is bundled again, and the old bundle goes once nobody runs it.", () =>
    Effect.gen(function*() {
      const path = yield* project
      edit(
        join(path, "program.ts"),
        (text) =>
          text.replace(
            "yield* Console.log(",
            "yield* Effect.never.pipe(Effect.timeoutOption(process.env.STAY ?? 0))\n    yield* Console.log("
          ),
        500
      )
      yield* start(path, "--bundled")
      const [old = ""] = bundles(path)
      const running = yield* launch(["start", "program.ts", "--bundled"], { cwd: path, env: { STAY: "10 minutes" } })
      yield* running.line(/thread "reading" #1 is ready/)
      edit(join(path, "words/greeting.txt"), () => "Servus", 400)
      assert.include((yield* start(path, "--bundled")).text, "Servus, Ada!")
      assert.lengthOf(bundles(path), 2)
      yield* running.signal("SIGTERM")
      yield* running.ended
      edit(join(path, "ReaderLayer.ts"), (text) => text.replace("}!`", "}?`"), 300)
      assert.include((yield* start(path, "--bundled")).text, "Servus, Ada?")
      assert.lengthOf(bundles(path), 1)
      assert.notInclude(bundles(path), old)
    }))

  it.live("B3: Several first starts at a time run, each with a bundle that is whole.", () =>
    Effect.gen(function*() {
      const path = yield* project
      const all = yield* Effect.all([1, 2, 3].map(() => start(path, "--bundled")), { concurrency: "unbounded" })
      for (const { code, text } of all) {
        assert.strictEqual(code, 0, text)
        assert.include(text, "Grüß Gott, Ada!")
      }
      yield* start(path, "--bundled")
      assert.lengthOf(bundles(path), 1)
    }))

  it.live("B3: What can't be bundled runs from its sources, and says why.", () =>
    Effect.gen(function*() {
      const path = yield* project
      writeFileSync(join(path, "node_modules/.cache"), "no folder")
      const { code, text } = yield* start(path, "--bundled")
      assert.strictEqual(code, 0, text)
      assert.match(text, /heddle: .*\.cache/)
      assert.match(text, /it runs from its sources, because it could not be bundled/)
      assert.include(text, "Grüß Gott, Ada!")
      assert.match((yield* start(path, "--bundled", "--only", "reading")).text, /--bundled starts all threads/)
    }))
})

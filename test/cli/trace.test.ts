/** `heddle trace`, as a process of its own, on logs and source maps written for it. */
import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { spawn } from "node:child_process"
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath, pathToFileURL } from "node:url"
import { launch } from "./launching.ts"

const bin = fileURLToPath(new URL("../../src/cli/bin.js", import.meta.url))

/** Line 2, column 3 of the bundle is line 11, column 5 of the source. */
const map = JSON.stringify({ version: 3, sources: ["../src/Käse.ts"], names: [], mappings: ";EAUI" })

const project = Effect.acquireRelease(
  Effect.sync(() => {
    const folder = realpathSync(mkdtempSync(join(tmpdir(), "heddle-trace-")))
    for (const name of ["src", "dist dir", "maps"]) mkdirSync(join(folder, name))
    writeFileSync(join(folder, "src/Käse.ts"), "")
    for (const name of ["dist dir", "maps"]) writeFileSync(join(folder, name, "app-1.mjs.map"), map)
    const url = pathToFileURL(join(folder, "dist dir/app-1.mjs")).href
    return { folder, url, log: join(folder, "app.log") }
  }),
  ({ folder }) => Effect.sync(() => rmSync(folder, { recursive: true }))
)

const traced = Effect.fnUntraced(function*(cwd: string, ...args: ReadonlyArray<string>) {
  const { ended, lines } = yield* launch(["trace", ...args], { cwd })
  return { code: (yield* ended).code, lines }
})

it.live("B1: Of each place that has a source map, heddle trace prints the place in the source, and the rest as it is.", () =>
  Effect.gen(function*() {
    const { folder, log, url } = yield* project
    const others = [
      "12:00 a line",
      "    at node:internal/x:1:2",
      "  at f (file:///nowhere/b.mjs:1:2)",
      "",
      "\u001b[1mend"
    ]
    writeFileSync(
      log,
      [`  at f (${url}:2:3)`, `  at async ${url}:2:9`, `{"at":"${url}:2:3"}`, `at=${url}:2:3`, ...others].join("\n")
    )
    const { code, lines } = yield* traced(folder, "app.log")
    assert.deepStrictEqual(lines, [
      "  at f (src/Käse.ts:11:5)",
      "  at async src/Käse.ts:11:5",
      "{\"at\":\"src/Käse.ts:11:5\"}",
      "at=src/Käse.ts:11:5",
      ...others
    ])
    assert.strictEqual(code, 0)
  }))

it.live("B1: With --maps, heddle trace reads the maps there, and a source that is not here is named as in the build.", () =>
  Effect.gen(function*() {
    const { folder, log } = yield* project
    rmSync(join(folder, "src"), { recursive: true })
    writeFileSync(log, "  at f (file:///srv/other/app-1.mjs:2:3)\n")
    assert.deepStrictEqual((yield* traced(folder, log, "--maps", "maps")).lines, ["  at f (src/Käse.ts:11:5)"])
  }))

it.live("B1: What heddle trace can't use is one sentence, and exit code 1; the log is printed all the same.", () =>
  Effect.gen(function*() {
    const { folder, log, url } = yield* project
    writeFileSync(log, "  at f (file:///nowhere/app-1.mjs:2:3)\n")
    const missing = yield* traced(folder, log)
    assert.deepStrictEqual(missing, {
      code: 1,
      lines: [
        "  at f (file:///nowhere/app-1.mjs:2:3)",
        "heddle: no source map was found, /nowhere/app-1.mjs.map for example; name the folder of the maps by --maps DIR"
      ]
    })
    writeFileSync(join(folder, "dist dir/app-1.mjs.map"), "{")
    writeFileSync(log, `  at f (${url}:2:3)\n`)
    const broken = yield* traced(folder, log)
    assert.strictEqual(broken.code, 1)
    assert.strictEqual(broken.lines[0], `  at f (${url}:2:3)`)
    assert.match(broken.lines[1] ?? "", /^heddle: a source map can't be used: .*app-1\.mjs\.map: /)
    for (const file of ["nowhere.log", "."]) {
      const { code, lines } = yield* traced(folder, file)
      assert.strictEqual(code, 1)
      assert.lengthOf(lines, 1)
      assert.match(lines[0] ?? "", /^heddle: .* can't be read: /)
    }
  }))

it("B1: In a pipe heddle trace prints each line as soon as it is there, and ends quietly when nobody reads.", async () => {
  const child = spawn(process.execPath, [bin, "trace"], { stdio: ["pipe", "pipe", "pipe"] })
  try {
    child.stdin.write("first\nsec")
    const next = async (): Promise<string> => {
      const { promise, resolve } = Promise.withResolvers<string>()
      child.stdout.once("data", (chunk) => resolve(String(chunk)))
      return await promise
    }
    assert.strictEqual(await next(), "first\n")
    child.stdin.write("ond\n")
    assert.strictEqual(await next(), "second\n")
    const ended = new Promise((resolve) => child.once("close", (code) => resolve(code)))
    let errors = ""
    child.stderr.on("data", (chunk) => errors += String(chunk))
    child.stdout.destroy()
    child.stdin.end("third\nfourth\n")
    assert.strictEqual(await ended, 0)
    assert.strictEqual(errors, "")
  } finally {
    child.kill("SIGKILL")
  }
})

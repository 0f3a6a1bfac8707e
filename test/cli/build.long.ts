/** `heddle build`, and bundles that are made by hand, as processes of their own. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync
} from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { rolldown } from "rolldown"
import { launch } from "./launching.ts"

const root = fileURLToPath(new URL("../../", import.meta.url))
const fixture = (name: string): string => join(root, "test/fixtures/building", name)

/** A folder that goes with the test. */
const folder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "heddle-built-"))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true }))
)

const build = Effect.fnUntraced(function*(...args: ReadonlyArray<string>) {
  const heddle = yield* launch(["build", ...args], { cwd: root, env: { PORT: "0" } })
  const { code } = yield* heddle.ended
  return { code, text: heddle.lines.join("\n") }
})

/** Runs a file of a bundle, or an executable, where nothing else is. */
const run = Effect.fnUntraced(function*(file: string, cwd: string, args: ReadonlyArray<string> = []) {
  const ran = yield* launch(args, file.endsWith("js") ? { program: file, cwd } : { executable: file, cwd })
  const { code } = yield* ran.ended
  return { code, text: ran.lines.join("\n") }
})

describe("heddle build", () => {
  it.live("B1: A built folder runs without sources and packages, as the program does, and again after a second build.", () =>
    Effect.gen(function*() {
      const [target, moved] = [yield* folder, yield* folder]
      const out = join(target, "dist")
      for (const _ of [1, 2]) {
        const { code, text } = yield* build(fixture("program.ts"), "--out", out)
        assert.strictEqual(code, 0, text)
        assert.match(text, /start\.mjs: [\d.]+ MB in \d+ files/)
      }
      cpSync(out, join(moved, "app"), { recursive: true })
      rmSync(out, { recursive: true })
      const { code, text } = yield* run(join(moved, "app/start.mjs"), moved)
      assert.include(text.split("\n"), "Grüß Gott, Ada!", text)
      assert.match(text, /broken/)
      assert.strictEqual(code, 0)
    }))

  it.live("B1: An executable runs alone, in an empty environment; with --check it starts its threads and stops them.", () =>
    Effect.gen(function*() {
      const [target, empty] = [yield* folder, yield* folder]
      const { code, text } = yield* build(fixture("program.ts"), "--one-file", join(target, "app"), "--check")
      assert.strictEqual(code, 0, text)
      assert.match(text, /ready after \d+ ms/)
      copyFileSync(join(target, "app"), join(empty, "renamed"))
      const ran = yield* run(join(empty, "renamed"), empty)
      assert.include(ran.text.split("\n"), "Grüß Gott, Ada!", ran.text)
      // The places are those of the program's own modules.
      assert.match(ran.text, /at .*ReaderLayer-[\w-]+\.mjs:\d+:\d+/)
      assert.strictEqual(ran.code, 0)
      assert.deepStrictEqual(readdirSync(empty), ["renamed"])
    }))

  it.live("B1: A pool runs from a folder and as an executable: its instances know each other, and are recycled.", () =>
    Effect.gen(function*() {
      const target = yield* folder
      const [dist, app] = [join(target, "dist"), join(target, "app")]
      const { code, text } = yield* build(fixture("pool.ts"), "--out", dist, "--one-file", app)
      assert.strictEqual(code, 0, text)
      for (const file of [join(dist, "start.mjs"), app]) {
        const ran = yield* run(file, target)
        assert.strictEqual(ran.code, 0, ran.text)
        assert.include(ran.text, "sum 328350; at most 10 a thread; 0 of 3, 1 of 3, 2 of 3")
      }
    }))

  it.live("B1, F32, F33: Processes, and what has no permissions, are the same in a folder and in an executable.", () =>
    Effect.gen(function*() {
      const [target, empty] = [yield* folder, yield* folder]
      for (const [name, args] of [["processes/program.ts", ["die"]], ["confined/program.ts", []]] as const) {
        const [dist, app] = [join(target, name, "dist"), join(target, name, "app")]
        const { code, text } = yield* build(join(root, "test/fixtures", name), "--out", dist, "--one-file", app)
        assert.strictEqual(code, 0, text)
        for (const file of [join(dist, "start.mjs"), app]) {
          const ran = yield* run(file, empty, args)
          assert.strictEqual(ran.code, 0, ran.text)
          if (name.startsWith("processes")) assert.match(ran.text, /^\{"pid":\d+,"isOther":true,"sum":6,/m)
          else {
            const tried: ReadonlyArray<Readonly<Record<string, string>>> = JSON.parse(
              /^\[\{.*$/m.exec(ran.text)?.[0] ?? "[]"
            )
            assert.lengthOf(tried, 2)
            for (const { import: late, ...others } of tried) {
              assert.deepStrictEqual([...new Set(Object.values(others))], ["ERR_ACCESS_DENIED"])
              // The modules of an executable are no files.
              assert.strictEqual(late, file === app ? "done" : "ERR_ACCESS_DENIED")
            }
          }
        }
      }
    }))

  it.live("B1: A system with a storage runs from a folder and as an executable, and its file is where it was started.", () =>
    Effect.gen(function*() {
      const [target, first, second] = [yield* folder, yield* folder, yield* folder]
      const [dist, app] = [join(target, "dist"), join(target, "app")]
      const program = join(root, "test/fixtures/durable/running.ts")
      const { code, text } = yield* build(program, "--out", dist, "--one-file", app)
      assert.strictEqual(code, 0, text)
      for (const [file, cwd] of [[join(dist, "start.mjs"), first], [app, second]] as const) {
        const ran = yield* run(file, cwd)
        assert.strictEqual(ran.text, "sum 4")
        assert.strictEqual(ran.code, 0)
        assert.deepStrictEqual(readdirSync(cwd), ["ledger.db"])
      }
    }))

  it.live("B1: heddle trace finds the lines of the sources for a built folder and for an executable, wherever that has run.", () =>
    Effect.gen(function*() {
      const [target, moved] = [yield* folder, yield* folder]
      const [dist, app] = [join(target, "dist"), join(target, "app")]
      const { code, text } = yield* build(fixture("program.ts"), "--out", dist, "--one-file", app)
      assert.strictEqual(code, 0, text)
      copyFileSync(app, join(moved, "renamed"))
      const cases = [
        [join(dist, "start.mjs"), []],
        [app, []],
        [join(moved, "renamed"), ["--maps", join(target, "app.bundle")]]
      ] as const
      for (const [file, args] of cases) {
        const log = join(moved, "app.log")
        writeFileSync(log, (yield* run(file, moved)).text)
        const traced = yield* launch(["trace", log, ...args], { cwd: root })
        assert.strictEqual((yield* traced.ended).code, 0, traced.lines.join("\n"))
        assert.match(traced.lines.join("\n"), /at .*\(?test\/fixtures\/building\/ReaderLayer\.ts:9:\d+/, file)
      }
    }))

  it.live("B1: The modules of a bundle have no comments but licenses, and no characters that double a thread's copy of them.", () =>
    Effect.gen(function*() {
      const out = join(yield* folder, "dist")
      const { code, text } = yield* build(fixture("program.ts"), "--out", out)
      assert.strictEqual(code, 0, text)
      const modules = readdirSync(out).filter((name) => name.endsWith(".mjs"))
      assert.isAbove(modules.length, 3)
      for (const name of modules) {
        const source = readFileSync(join(out, name), "utf8")
        assert.notMatch(source, /^\s*\* (\*\*Details|@since|@category)/m, name)
        // oxlint-disable-next-line no-control-regex
        assert.match(source, /^[\u0000-\u00ff]*$/, name)
      }
    }))

  it.live("B1: A package that looks for files next to itself is copied with what it needs, and runs from anywhere; others are bundled.", () =>
    Effect.gen(function*() {
      const [project, moved] = [yield* folder, yield* folder]
      const write = (path: string, text: string) => {
        mkdirSync(dirname(join(project, path)), { recursive: true })
        writeFileSync(join(project, path), text)
      }
      for (const name of ["heddle", "effect"]) {
        mkdirSync(join(project, "node_modules"), { recursive: true })
        symlinkSync(name === "heddle" ? root : join(root, "node_modules", name), join(project, "node_modules", name))
      }
      const modules = {
        "by-folder":
          `const { readFileSync } = require("node:fs")\nexports.word = readFileSync(require("node:path").join(__dirname, "word.txt"), "utf8") + require("helper")`,
        "helper": `module.exports = " helped"`,
        "by-url":
          `import { readFileSync } from "node:fs"\nexport const word = readFileSync(new URL("./word.txt", import.meta.url), "utf8")`,
        "asks": `exports.word = typeof __filename === "string" ? "a file" : "a bundle" // __dirname`,
        "named": `exports.word = "named"`
      }
      for (const [name, text] of Object.entries(modules)) {
        const manifest = { name, main: "./index.js", dependencies: name === "by-folder" ? { helper: "1" } : {} }
        write(
          `node_modules/${name}/package.json`,
          JSON.stringify(name === "by-url" ? { ...manifest, type: "module" } : manifest)
        )
        write(`node_modules/${name}/index.js`, text)
        write(`node_modules/${name}/word.txt`, name)
      }
      write("package.json", `{ "type": "module" }`)
      cpSync(join(root, "test/fixtures/building/Reader.ts"), join(project, "Reader.ts"))
      write(
        "program.ts",
        `import * as Effect from "effect/Effect"
         import { Actor, System, Thread } from "heddle"
         import { Reader } from "./Reader.ts"
         System.run(import.meta, { threads: { r: Thread.make({ actors: [Actor.lazy(Reader, () => import("./ReaderLayer.ts"))] }) } },
           Effect.gen(function*() { console.log(yield* (yield* Reader).Read({ name: "all" })) }))`
      )
      write(
        "ReaderLayer.ts",
        `import asks from "asks"
         import byFolder from "by-folder"
         import { word } from "by-url"
         import * as Effect from "effect/Effect"
         import { createRequire } from "node:module"
         import { Reader } from "./Reader.ts"
         const plugin = "named"
         export default Reader.toLayer(Reader.of({
           Read: () => Effect.sync(() => [byFolder.word, word, asks.word, createRequire(import.meta.url)(plugin).word].join(", ")),
           Break: () => Effect.void
         }))`
      )
      const dist = join(project, "out/dist")
      const { code, text } = yield* build(
        join(project, "program.ts"),
        "--out",
        dist,
        "--one-file",
        join(project, "out/app"),
        "--external",
        "named"
      )
      assert.strictEqual(code, 0, text)
      assert.deepStrictEqual(readdirSync(join(dist, "node_modules")).toSorted(), [
        "by-folder",
        "by-url",
        "helper",
        "named"
      ])
      cpSync(join(project, "out"), moved, { recursive: true })
      for (const file of ["dist/start.mjs", "app"]) {
        const ran = yield* run(join(moved, file), moved)
        assert.include(ran.text.split("\n"), "by-folder helped, by-url, a bundle, named", ran.text)
      }
    }))

  it.live("B1: What can't be built is one sentence that says what to do, and nothing is written.", () =>
    Effect.gen(function*() {
      const target = yield* folder
      const out = join(target, "dist")
      writeFileSync(join(target, "file"), "mine")
      const cases = [
        [["nowhere.ts", "--out", out], /nowhere\.ts does not exist/],
        [[fixture("program.ts"), "--out", join(target, "file/dist")], /file\/dist can't be written \(ENOTDIR/],
        [[fixture("program.ts"), "--one-file", join(target, "file/app")], /file\/app can't be written \(EEXIST/],
        [[fixture("program.ts")], /write --out DIR for a folder, or --one-file FILE/],
        [
          [fixture("unnamed.ts"), "--out", out],
          /unnamed\.ts:7: what Assets\.read reads is not written out.*nowhere\.txt/
        ],
        [[fixture("program.ts"), "--one-file", target], /is a folder; name a file/],
        [[fixture("program.ts"), "--out", out, "--node", "/nowhere"], /--one-file FILE as well/]
      ] as const
      for (const [args, expected] of cases) {
        const { code, text } = yield* build(...args)
        assert.strictEqual(code, 1, text)
        assert.match(text, expected)
        assert.notMatch(text, /\n {4}at /)
      }
      assert.isFalse(existsSync(out))
      rmSync(join(target, "file"))
      // Somebody's own file is not overwritten, nor what a link leads to, nor what a list names that no build has written.
      symlinkSync(join(target, "elsewhere"), join(target, "start.mjs"))
      writeFileSync(join(target, "heddle-build.json"), `["../victim", "/victim"`)
      const { code, text } = yield* build(fixture("program.ts"), "--out", target)
      assert.strictEqual(code, 1)
      assert.match(text, /start\.mjs exists, and heddle build has not made it/)
      assert.deepStrictEqual(readdirSync(target).toSorted(), ["heddle-build.json", "start.mjs"])
    }))

  it.live("B1: Two builds into one folder at the same time leave a bundle that runs, and a tampered list removes nothing outside.", () =>
    Effect.gen(function*() {
      const target = yield* folder
      const [out, victim] = [join(target, "dist"), join(target, "victim")]
      const builds = yield* Effect.all([1, 2].map(() => build(fixture("program.ts"), "--out", out)), {
        concurrency: "unbounded"
      })
      for (const { code, text } of builds) assert.strictEqual(code, 0, text)
      writeFileSync(victim, "mine")
      const list: unknown = JSON.parse(readFileSync(join(out, "heddle-build.json"), "utf8"))
      const paths = Array.isArray(list) ? list : []
      writeFileSync(join(out, "heddle-build.json"), JSON.stringify([...paths, "../victim", victim, "old.mjs"]))
      writeFileSync(join(out, "old.mjs"), "old")
      const { code, text } = yield* build(fixture("program.ts"), "--out", out)
      assert.strictEqual(code, 0, text)
      assert.deepStrictEqual([existsSync(victim), existsSync(join(out, "old.mjs"))], [true, false])
      assert.deepStrictEqual(readdirSync(out).filter((name) => name.startsWith(".")), [])
      const ran = yield* run(join(out, "start.mjs"), target)
      assert.include(ran.text.split("\n"), "Grüß Gott, Ada!", ran.text)
    }))

  it.live("B1: Without rolldown one sentence says how to install it.", () =>
    Effect.gen(function*() {
      const target = yield* folder
      const refuse = "data:text/javascript," + encodeURIComponent(
        `import { registerHooks } from "node:module"
         registerHooks({ resolve(specifier, context, next) {
           if (/rolldown/.test(specifier)) throw new Error("not installed")
           return next(specifier, context)
         } })`
      )
      const heddle = yield* launch(["build", fixture("program.ts"), "--out", join(target, "dist")], {
        env: { NODE_OPTIONS: `--import=${refuse}` }
      })
      assert.strictEqual((yield* heddle.ended).code, 1)
      assert.deepStrictEqual(heddle.lines, [
        "heddle: nothing was built: the bundler rolldown is not installed; run npm install --save-dev rolldown"
      ])
    }))
})

/** Bundles as people do without reading anything. */
const byHand = async (entry: string, dir: string, format: "esm" | "cjs", isSplit: boolean): Promise<string> => {
  const bundler = await rolldown({
    input: fixture(entry),
    platform: "node",
    onLog: () => {}
  })
  const name = `bundle.${format === "esm" ? "mjs" : "cjs"}`
  await bundler.write({ dir, format, entryFileNames: name, chunkFileNames: `[name].${name}`, codeSplitting: isSplit })
  await bundler.close()
  cpSync(fixture("words"), join(dir, "words"), { recursive: true })
  return join(dir, name)
}

describe("a bundle made by hand", () => {
  for (const entry of ["program.ts", "guarded.ts"]) {
    for (const isSplit of [true, false]) {
      it.live(`B2: A bundle made by hand of ${entry} runs as an ES module, ${isSplit ? "split" : "in one file"}.`, () =>
        Effect.gen(function*() {
          const dir = yield* folder
          const file = yield* Effect.promise(() => byHand(entry, dir, "esm", isSplit))
          const { code, text } = yield* run(file, dir)
          assert.include(text.split("\n"), "Grüß Gott, Ada!", text)
          assert.strictEqual(code, 0)
        }))
    }
  }

  it.live("B2: What can't run fails at once, and says what to do.", () =>
    Effect.gen(function*() {
      const dir = yield* folder
      const commonjs = yield* Effect.promise(() => byHand("program.ts", dir, "cjs", true))
      const first = yield* run(commonjs, dir)
      assert.strictEqual(first.code, 1)
      assert.match(first.text, /have the bundler write an ES module/)
      const unguarded = yield* Effect.promise(() => byHand("unguarded.ts", dir, "esm", true))
      const second = yield* run(unguarded, dir)
      assert.strictEqual(second.code, 1)
      assert.match(second.text, /in a bundle: an entry of its own/)
      const guarded = yield* Effect.promise(() => byHand("guarded.ts", dir, "esm", false))
      rmSync(join(dir, "words"), { recursive: true })
      const third = yield* run(guarded, dir)
      assert.strictEqual(third.code, 1)
      assert.match(third.text, /words\/greeting\.txt.*can't be read.*copy it there, or build with heddle build/)
    }))
})

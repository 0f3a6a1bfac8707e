/**
 * The package from outside: what `npm pack` makes, installed from the registry's point of view into an empty project, by npm and
 * pnpm, and run with every Node that `engines` allows. Needs the registry for `effect`.
 */
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { execFileSync } from "node:child_process"
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { missing, steps } from "./guides/guide.ts"
import { startAndStop } from "./guides/startAndStop.ts"
import { nodes, pack, root, run, tool } from "./packing.ts"

/** Everything is in here, and goes in the end. */
const { copy, tarball, unpacked, work } = await pack()

afterAll(() => rmSync(work, { recursive: true, force: true }), 120_000)

const filesOf = (folder: string): ReadonlyArray<string> =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))

describe("The tarball", () => {
  it("The tarball has the repository's package.json, except for paths to compiled files.", () => {
    const read = (folder: string) => readFileSync(join(folder, "package.json"), "utf8")
    assert.strictEqual(
      read(unpacked),
      read(root).replaceAll(/"(\.\/)?src\//g, "\"$1dist/").replaceAll(/("(?:\.\/)?dist\/.*)\.ts"/g, "$1.js\"")
    )
    assert.strictEqual(read(copy), read(root), "packing left the copy's package.json changed")
  })

  it("The tarball has the compiled sources with their types, the guides and the examples, and nothing else.", () => {
    const files = filesOf(unpacked)
    const sources = filesOf(join(root, "src"))
    const compiled = sources.flatMap((file) => {
      // The page goes out as it is.
      if (file.startsWith("dashboard/page/")) return [`dist/${file}`]
      const path = `dist/${file.replace(/\.(cjs|[jt]s)$/, "")}`
      return file.endsWith(".cjs") ? [`${path}.cjs`, `${path}.d.cts`] : [`${path}.js`, `${path}.d.ts`]
    })
    const library = ["preact.js", "LICENSES.txt"].map((name) => `dist/dashboard/page/${name}`)
    assert.deepStrictEqual(
      files.filter((file) => file.startsWith("dist/")).toSorted(),
      [...compiled, ...library].toSorted()
    )
    const others = /^(README\.md|LICENSE|CHANGELOG\.md|package\.json|(docs|examples|bench\/charts)\/.*)$/
    assert.deepStrictEqual(files.filter((file) => !file.startsWith("dist/") && !others.test(file)), [])
    assert.deepStrictEqual(files.filter((file) => file.startsWith("docs/api")), [])
  })

  it("The tarball has what README.md and the guides link to.", () => {
    const pages = ["README.md", ...filesOf(join(unpacked, "docs/guides")).map((name) => `docs/guides/${name}`)]
    const broken = pages.flatMap((page) =>
      Array.from(readFileSync(join(unpacked, page), "utf8").matchAll(/\]\(([^)#\s]+)/g), ([, target = ""]) => target)
        .filter((target) => !target.includes("://") && !existsSync(join(unpacked, dirname(page), target)))
        .map((target) => `${page}: ${target}`)
    )
    assert.isAbove(pages.length, 5)
    assert.deepStrictEqual(broken, [])
  })

  it("The tarball publint finds nothing.", async () => {
    const { stdout } = await run(work, nodes[26], tool("publint"), "--strict", tarball)
    assert.include(stdout, "All good!")
  })

  it("The tool are-the-types-wrong finds nothing, for ES modules.", async () => {
    // Without a format it prints what fits the terminal.
    const args = ["--profile", "esm-only", "--no-emoji", "--format", "ascii"]
    const { stdout } = await run(work, nodes[26], tool("attw"), tarball, ...args)
    // It fails by its exit code. "Ignored" are CommonJS, which gets ES modules by require, and Node 10.
    assert.include(stdout, "node16 (from ESM): OK (ESM)")
  })
})

/** What each package manager does in an empty project. */
const managers = {
  npm: { add: ["npm", "install", "--no-audit", "--no-fund", "--loglevel", "error"] },
  pnpm: { add: [tool("pnpm"), "add"] }
} as const

/** The command's file: pnpm puts a shell script in `.bin`, so ask the package. */
const bins = (project: string): string => {
  const manifest = JSON.parse(readFileSync(join(project, "node_modules/heddle/package.json"), "utf8"))
  return join(project, "node_modules/heddle", manifest.bin.heddle)
}

for (const [name, { add: [command, ...args] }] of Object.entries(managers)) {
  describe(`A project that installs it with ${name}`, () => {
    const project = join(work, name)

    beforeAll(async () => {
      mkdirSync(project)
      writeFileSync(join(project, "package.json"), `{ "name": "user", "private": true, "type": "module" }`)
      await run(project, nodes[26], command, ...args, tarball, "effect", "typescript", "@types/node")
      for (const step of steps("start.md")) if (step._tag === "File") writeFileSync(join(project, step.name), step.text)
      for (const step of steps("pools.md")) if (step._tag === "File") writeFileSync(join(project, step.name), step.text)
      cpSync(join(unpacked, "examples/01-hello.ts"), join(project, "hello.ts"))
    }, 300_000)

    it(`A project that installs it with ${name} has one copy of effect, and two dependencies besides it.`, async () => {
      const { stdout } = await run(project, nodes[26], command, "ls", "--json", "--depth", "1")
      const parsed = JSON.parse(stdout)
      const { heddle } = (Array.isArray(parsed) ? parsed[0] : parsed).dependencies
      // An optional peer that is not installed is listed without a version.
      const own = new Set(Object.keys(heddle.dependencies).filter((name) => "version" in heddle.dependencies[name]))
      own.delete("effect")
      assert.deepStrictEqual([...own], ["@effect/platform-node"])
      const copies = execFileSync("find", [
        "-L",
        project,
        "-path",
        "*/node_modules/effect/package.json",
        "-maxdepth",
        "9"
      ], {
        encoding: "utf8"
      })
      assert.lengthOf(new Set(copies.trim().split("\n").map((file) => realpathSync(file))), 1)
    })

    it(`A project that installs it with ${name} has the dashboard, whose page needs no other package.`, async () => {
      writeFileSync(
        join(project, "watched.ts"),
        `import { System, Thread } from "heddle"
import * as Dashboard from "heddle/Dashboard"

export default System.make({
  module: import.meta.url,
  threads: { web: Thread.make({ actors: [Dashboard.make({ port: 0 })] }) }
})
`
      )
      const read = `import { System } from "heddle"
import * as Effect from "effect/Effect"
import { Dashboard } from "heddle/Dashboard"
import config from "./watched.ts"

const program = Effect.gen(function*() {
  const url = yield* (yield* Dashboard).Address()
  const script = yield* Effect.promise(() => fetch(url + "/preact.js").then((answer) => answer.text()))
  const page = yield* Effect.promise(() => fetch(url + "/").then((answer) => answer.text()))
  console.log(script.includes("Copyright (c) 2015-present Jason Miller"), page.includes("dashboard.js"))
})
await Effect.runPromise(Effect.scoped(Effect.provide(program, System.layer(config))))
`
      writeFileSync(join(project, "read.ts"), read)
      const { stdout } = await run(project, nodes[26], "node", "read.ts")
      assert.include(stdout.split("\n"), "true true")
    })

    it(`A project that installs it with ${name} compiles against its types.`, async () => {
      await run(project, nodes[26], join(project, "node_modules/.bin/tsc"))
    })

    for (const [version, path] of Object.entries(nodes)) {
      it(`A project that installs it with ${name} runs README's program and the first guide with Node ${version}.`, async () => {
        assert.match((await run(project, path, "node", "--version")).stdout, new RegExp(`^v${version}\\.`))
        const { stderr, stdout } = await run(project, path, "node", "hello.ts")
        assert.strictEqual(stdout, "Hello, Ada! (1 on thread greeting)\nHello, Bob! (2 on thread greeting)\n")
        assert.strictEqual(stderr, "")
        const printed = await startAndStop([join(path, "node"), bins(project), "start", "main.ts"], {
          cwd: project,
          up: "Hello, Cid!"
        })
        assert.include(printed, "Crashed, may it have run? maybe")
        const { version: ours } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"))
        assert.include((await run(project, path, "node", bins(project), "--version")).stdout, ours)
      })

      it(`A project that installs it with ${name} runs the programs of the guide to pools with Node ${version}.`, async () => {
        const programs = steps("pools.md").flatMap((step) => step._tag === "Commands" ? [step] : [])
          .filter(({ prints }) => prints.length > 0)
        assert.lengthOf(programs, 2)
        for (const { commands: [line = ""], prints } of programs) {
          const { stdout } = await run(project, path, "node", line.replace("node ", ""))
          assert.isUndefined(missing(stdout, prints), stdout)
        }
      })
    }
  })
}

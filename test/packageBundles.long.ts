/**
 * Bundles of a project that has installed the package: by `heddle build`, and by hand with esbuild, tsup and rolldown. Each is run
 * with every Node that `engines` allows.
 */
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { spawnSync } from "node:child_process"
import { cpSync, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs"
import { basename, dirname, join } from "node:path"
import { nodes, pack, root, run, tool } from "./packing.ts"

const { tarball, work } = await pack()
const project = join(work, "project")

beforeAll(async () => {
  mkdirSync(project)
  writeFileSync(join(project, "package.json"), `{ "name": "user", "private": true, "type": "module" }`)
  const install = ["install", "--no-audit", "--no-fund", "--loglevel", "error"]
  await run(project, nodes[26], "npm", ...install, tarball, "effect", "rolldown")
  cpSync(join(root, "test/fixtures/building"), join(project, "src"), { recursive: true })
}, 300_000)

afterAll(() => rmSync(work, { recursive: true, force: true }), 120_000)

/** Runs a file where nothing else is, as its users would. */
const start = (node: string, file: string) => {
  const { status, stderr, stdout } = spawnSync(join(node, "node"), [file], {
    cwd: dirname(file),
    encoding: "utf8",
    env: { PATH: process.env["PATH"] },
    timeout: 60_000
  })
  return { code: status, text: `${stdout}${stderr}`, lines: stdout.split("\n") }
}

const greeting = "Grüß Gott, Ada!"

describe("heddle build in a project", () => {
  for (const [version, node] of Object.entries(nodes)) {
    it(
      `B1: What heddle build makes on Node ${version} runs on each Node, without packages, and its log is traced back.`,
      async () => {
        const out = join(work, `built${version}`, "dist")
        const command = ["heddle", "build", "src/program.ts", "--out", out, "--check"]
        const { stdout } = await run(project, node, "npx", ...command)
        assert.match(stdout, /ready after \d+ ms/)
        for (const [other, with_] of Object.entries(nodes)) {
          const { code, lines, text } = start(with_, join(out, "start.mjs"))
          assert.include(lines, greeting, `on Node ${other}: ${text}`)
          assert.strictEqual(code, 0)
          writeFileSync(join(work, "app.log"), text)
          const traced = await run(project, node, "npx", "heddle", "trace", join(work, "app.log"))
          assert.match(traced.stdout, /src\/ReaderLayer\.ts:9:\d+/)
        }
      },
      120_000
    )
  }

  it("B1: A Node that can't make executables says so, and what to do.", () => {
    for (const node of [nodes[22], nodes[24]]) {
      const app = join(work, "app")
      const { status, stderr } = spawnSync("npx", ["heddle", "build", "src/program.ts", "--one-file", app], {
        cwd: project,
        encoding: "utf8",
        env: { ...process.env, PATH: `${node}:${process.env["PATH"]}` }
      })
      assert.strictEqual(status, 1)
      assert.match(
        stderr,
        /^heddle: nothing was built: --one-file needs Node 25\.5 or newer, and this is Node 2[24]\.[^\n]*--out DIR[^\n]*\n$/
      )
      assert.isFalse(existsSync(app))
    }
  })
})

/** Bundlers as people call them. Each writes into `dir`. */
const bundlers = {
  "esbuild, split": (dir: string) => [
    tool("esbuild"),
    "src/program.ts",
    "--bundle",
    "--platform=node",
    "--format=esm",
    "--splitting",
    "--out-extension:.js=.mjs",
    `--outdir=${dir}`
  ],
  "esbuild, in one file, minified": (dir: string) => [
    tool("esbuild"),
    "src/program.ts",
    "--bundle",
    "--platform=node",
    "--format=esm",
    "--minify",
    `--outfile=${dir}/program.mjs`
  ],
  "tsup": (dir: string) => [tool("tsup"), "src/program.ts", "--format", "esm", "--out-dir", dir, "--no-config"],
  "rolldown": (dir: string) => ["npx", "rolldown", "src/program.ts", "--platform", "node", "--dir", dir]
} as const

const bundle = async (command: ReadonlyArray<string>, dir: string): Promise<string> => {
  const [name = "", ...args] = command
  await run(project, nodes[26], name, ...args)
  cpSync(join(project, "src/words"), join(dir, "words"), { recursive: true })
  const program = readdirSync(dir).find((name) => /^program\.[cm]?js$/.test(name))
  assert.isDefined(program, readdirSync(dir).join())
  return join(dir, program)
}

describe("a bundle made by hand in a project", () => {
  for (const [name, command] of Object.entries(bundlers)) {
    it(`B2: What ${name} makes runs on each Node.`, async () => {
      // In the project: tsup leaves packages outside, and `type` is the project's.
      const dir = join(project, basename(name.replaceAll(/\W+/g, "-")))
      const program = await bundle(command(dir), dir)
      for (const [version, node] of Object.entries(nodes)) {
        const { code, lines, text } = start(node, program)
        assert.include(lines, greeting, `on Node ${version}: ${text}`)
        assert.strictEqual(code, 0)
      }
    }, 120_000)
  }

  it("B2: A bundle in CommonJS, by esbuild or tsup, fails at once and says what to do.", async () => {
    const commands = {
      esbuild: (
        dir: string
      ) => [tool("esbuild"), "src/program.ts", "--bundle", "--platform=node", `--outfile=${dir}/program.cjs`],
      tsup: (dir: string) => [tool("tsup"), "src/program.ts", "--out-dir", dir, "--no-config"]
    }
    for (const [name, command] of Object.entries(commands)) {
      const dir = join(project, `${name}-commonjs`)
      const program = await bundle(command(dir), dir)
      for (const node of Object.values(nodes)) {
        const { code, text } = start(node, program)
        assert.strictEqual(code, 1)
        assert.match(text, /^.*module: undefined is not a URL.*have the bundler write an ES module.*$/m)
      }
    }
  }, 120_000)
})

/** Projects of `heddle init`, made from the packed package by npm and pnpm, and used with every Node that `engines` allows. */
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs"
import { join } from "node:path"
import { startAndStop } from "./guides/startAndStop.ts"
import { nodes, pack, run, tool } from "./packing.ts"

const { tarball, work } = await pack()

afterAll(() => rmSync(work, { recursive: true, force: true }), 120_000)

/** How each package manager runs a command of a package that is not installed. */
const managers = {
  npm: {
    command: "npm",
    dlx: ["npm", "exec", "--yes", `--package=${tarball}`, "--", "heddle"],
    lock: "package-lock.json"
  },
  pnpm: { command: tool("pnpm"), dlx: [tool("pnpm"), `--package=${tarball}`, "dlx", "heddle"], lock: "pnpm-lock.yaml" }
} as const

for (const [name, { command, dlx: [first, ...rest], lock }] of Object.entries(managers)) {
  describe(`A project of heddle init by ${name}`, () => {
    const folder = join(work, `by-${name}`)
    const project = join(folder, "My App")
    let printed = ""

    beforeAll(async () => {
      mkdirSync(folder)
      // pnpm is not on the path: it is found as the user's would be.
      const path = `${join(tool("pnpm"), "..")}:${nodes[26]}`
      printed = (await run(folder, path, first, ...rest, "init", "My App", "--heddle", `file:${tarball}`)).stdout
    }, 300_000)

    it(`C13: A project of heddle init by ${name} is installed by ${name}, and its types are right.`, async () => {
      assert.match(printed, new RegExp(`^next: cd "My App" && ${name} start$`, "m"))
      assert.isTrue(existsSync(join(project, lock)))
      assert.include(readFileSync(join(project, "README.md"), "utf8"), `${name} run start`)
      await run(project, nodes[26], command, "run", "types")
    }, 120_000)

    for (const [version, node] of Object.entries(nodes)) {
      it(
        `C13: A project of heddle init by ${name} starts, passes its test and is built with Node ${version}.`,
        async () => {
          const { stdout } = await run(project, node, command, "run", "test")
          assert.match(stdout, /pass 1\b[^]*fail 0\b/)
          const built = await run(project, node, command, "run", "build")
          assert.match(built.stdout, /ready after \d+ ms/)
          const heddle = join(project, "node_modules/heddle/dist/cli/bin.js")
          const up = "Greeter #1 is ready"
          await startAndStop([join(node, "node"), heddle, "start", "config.ts"], { cwd: project, up })
          await startAndStop([join(node, "node"), "dist/start.mjs"], { cwd: project, up })
        },
        180_000
      )
    }
  })
}

/** The package as `npm pack` makes it, and the Nodes that it is for. */
import { execFile } from "node:child_process"
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, realpathSync, symlinkSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"

export const root = fileURLToPath(new URL("..", import.meta.url))

const tools = join(root, "tools/node_modules")

/** A command of tools/package.json. */
export const tool = (name: string): string => join(tools, ".bin", name)

/** The folder of each Node's binary. */
export const nodes = {
  22: join(tools, "node22/bin"),
  24: join(tools, "node24/bin"),
  26: join(root, "node_modules/node/bin")
} as const

/** Runs a command with a folder before all others of `PATH`; fails if it does. */
export const run = (cwd: string, path: string, command: string, ...args: ReadonlyArray<string>) =>
  promisify(execFile)(command, args, {
    cwd,
    // Where CI is set, the test runner asks its children for colours, which are not what is compared here.
    env: { ...process.env, FORCE_COLOR: "0", PATH: `${path}:${process.env["PATH"]}` }
  })

/** What was packed, in a folder that goes with the tests. */
export interface Packed {
  readonly work: string
  /** A copy of the repository, in which it was packed. */
  readonly copy: string
  readonly tarball: string
  readonly unpacked: string
}

/** Installs the tools, and packs the repository in a copy: packing changes package.json for a moment. */
export const pack = async (): Promise<Packed> => {
  const work = realpathSync(mkdtempSync(join(tmpdir(), "heddle-package-")))
  const packed = {
    work,
    copy: join(work, "repository"),
    tarball: join(work, "heddle.tgz"),
    unpacked: join(work, "unpacked/package")
  }
  await run(root, nodes[26], "node", "tools/run.js")
  const { stdout } = await run(root, nodes[26], "git", "ls-files", "-co", "--exclude-standard")
  for (const file of stdout.trimEnd().split("\n").filter((file) => existsSync(join(root, file)))) {
    cpSync(join(root, file), join(packed.copy, file))
  }
  symlinkSync(join(root, "node_modules"), join(packed.copy, "node_modules"))
  await run(packed.copy, nodes[26], "npm", "pack", "--silent", "--pack-destination", work)
  const [name = ""] = readdirSync(work).filter((name) => name.endsWith(".tgz"))
  cpSync(join(work, name), packed.tarball)
  mkdirSync(dirname(packed.unpacked))
  await run(dirname(packed.unpacked), nodes[26], "tar", "xzf", packed.tarball)
  return packed
}

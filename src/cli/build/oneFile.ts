/**
 * Puts a bundle into an executable: a copy of Node with the bundle's files as its assets.
 */
import * as Effect from "effect/Effect"
import { spawnSync } from "node:child_process"
import { chmodSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { basename, dirname, join, resolve } from "node:path"
import * as folders from "../../base/folder.ts"
import { BuildError, writing } from "./BuildError.ts"
import type { File } from "./bundler.ts"

const boot = new URL("./boot.cjs", import.meta.url)

/** What the executable needs besides the bundle. */
const ownFiles = (): ReadonlyArray<File> => [
  { path: "boot.cjs", content: readFileSync(boot) },
  { path: "boot.mjs", content: "import(\"./start.mjs\")\n" },
  { path: "boot-thread.mjs", content: "import(\"./thread.mjs\")\n" }
]

/** The folder next to an executable for what is no part of it: the source maps. Its modules have their URLs in there. */
export const besides = (path: string): string => `${path}.bundle`

/** Whether this Node can make executables. */
const isAble = (): boolean => process.allowedNodeEnvironmentFlags.has("--build-sea") || hasFlag()

const hasFlag = (): boolean => {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number)
  return major > 25 || (major === 25 && minor >= 5)
}

/** Why no executable can be made here; nothing if one can. */
export const problem = (): string | undefined =>
  isAble()
    ? undefined
    : `--one-file needs Node 25.5 or newer, and this is Node ${process.versions.node}; use --out DIR, or a newer Node`

/** Makes the executable; why Node could not, if so. */
const make = (files: ReadonlyArray<File>, target: string, node: string | undefined): string | undefined => {
  folders.make(dirname(target))
  const folder = mkdtempSync(join(tmpdir(), "heddle-build-"))
  const output = join(dirname(target), `.${basename(target)}.${process.pid}`)
  try {
    const assets: Record<string, string> = {}
    for (const { content, path } of [...files, ...ownFiles()]) {
      const at = join(folder, path)
      folders.make(dirname(at))
      writeFileSync(at, content)
      assets[path] = at
    }
    const settings = join(folder, "sea.json")
    writeFileSync(
      settings,
      JSON.stringify({
        main: join(folder, "boot.cjs"),
        mainFormat: "commonjs",
        output,
        ...(node === undefined ? {} : { executable: resolve(node) }),
        disableExperimentalSEAWarning: true,
        useSnapshot: false,
        useCodeCache: false,
        assets
      })
    )
    const { error, status, stderr } = spawnSync(process.execPath, ["--build-sea", settings], { encoding: "utf8" })
    if (error !== undefined || status !== 0) return error?.message ?? stderr.trim()
    chmodSync(output, 0o755)
    renameSync(output, target)
    return undefined
  } finally {
    rmSync(output, { force: true })
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Writes the executable. `node`: another binary of Node, for another platform. */
export const write = Effect.fnUntraced(function*(files: ReadonlyArray<File>, path: string, node: string | undefined) {
  const problem = yield* writing(path, () => make(files, resolve(path), node))
  if (problem !== undefined) return yield* new BuildError({ problem: `Node could not make the executable: ${problem}` })
})

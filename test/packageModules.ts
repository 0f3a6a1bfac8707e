/** What of the package can be imported, and what must not. */
import { execFile } from "node:child_process"
import { readdirSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"

export const root = fileURLToPath(new URL("..", import.meta.url))
export const run = (cwd: string, ...args: ReadonlyArray<string>) =>
  promisify(execFile)(process.execPath, args, { cwd, timeout: 120_000 })

/** What the public surface is made of: the capitalised modules of `src`. */
export const publicModules = ["heddle"].concat(
  readdirSync(join(root, "src")).filter((file) => /^[A-Z].*\.ts$/.test(file)).map((file) =>
    `heddle/${file.slice(0, -3)}`
  )
)

/** A sample of all else, by each way to spell it. */
export const privateModules = [
  "heddle/topology",
  "heddle/log",
  "heddle/supervision",
  "heddle/index",
  "heddle/main/run",
  "heddle/link/endpoint",
  "heddle/host/actors",
  "heddle/life/run",
  "heddle/worker/entry.js",
  "heddle/cli/bin.js",
  "heddle/Actor.ts",
  "heddle/Actor.js",
  "heddle/src/base/log.ts",
  "heddle/dist/log.js",
  "heddle/dist/Actor.js"
]

/** The text of a manifest, with the paths of compiled files. */
export const pointedAtDist = (manifest: string): string =>
  manifest.replaceAll(/"(\.\/)?src\//g, "\"$1dist/").replaceAll(/("(?:\.\/)?dist\/.*)\.ts"/g, "$1.js\"")

/** Imports what it is given, and says what became of each. */
export const imports = `
const outcomes = {}
for (const name of process.argv.filter((name) => name.startsWith("heddle"))) {
  outcomes[name] = await import(name).then(() => "imported", (error) => error.code)
}
console.log(JSON.stringify(outcomes))
`

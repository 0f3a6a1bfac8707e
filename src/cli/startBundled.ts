/**
 * `heddle start FILE --bundled`: bundles the module as `heddle build` does, unless that was done and nothing has changed since, and runs
 * the bundle in this process. Loads nothing of heddle or Effect itself: the bundle has its own.
 *
 * ```text
 *   node_modules/.cache/heddle/NAME-HASH/   one for each module that was started so
 *     current.json                          the newest bundle, and the files that it was made of
 *     BUNDLE/                               a bundle, as heddle build writes it
 *     BUNDLE.pids                           the processes that have started it: it is removed when none of them lives
 * ```
 */
import { spawnSync } from "node:child_process"
import { createHash } from "node:crypto"
import {
  appendFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync
} from "node:fs"
import { basename, dirname, extname, join, resolve } from "node:path"
import { fileURLToPath, pathToFileURL } from "node:url"
import * as folders from "../base/folder.ts"

/** What is known of the newest bundle. */
interface Current {
  readonly bundle: string
  /** The version of heddle's command, and of Node. */
  readonly made: string
  /** The size and the time of change of each file that it was made of. */
  readonly stamps: Readonly<Record<string, string>>
}

const command = fileURLToPath(new URL("./bin.js", import.meta.url))
const version = String(
  Reflect.get(Object(JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"))), "version")
)
const made = `${version} ${command} ${process.version}`

/** The module of a command line that asks for nothing else; nothing otherwise. */
export const moduleOf = (args: ReadonlyArray<string>): string | undefined => {
  const rest = args.filter((argument) => argument !== "--bundled")
  const [file] = rest
  return rest.length === 1 && rest.length < args.length && file !== undefined && !file.startsWith("-")
    ? file
    : undefined
}

const stampOf = (file: string): string => {
  const { mtimeMs, size } = statSync(file)
  return `${size} ${mtimeMs}`
}

const isRecord = (value: unknown): value is Readonly<Record<string, string>> =>
  typeof value === "object" && value !== null && Object.values(value).every((stamp) => typeof stamp === "string")

const isCurrent = (value: unknown): value is Current =>
  typeof value === "object" && value !== null && "bundle" in value && typeof value.bundle === "string" &&
  "made" in value && "stamps" in value && isRecord(value.stamps)

const parsed = (file: string): unknown => {
  try {
    return JSON.parse(readFileSync(file, "utf8"))
  } catch {
    // It is not there, or was cut off.
    return undefined
  }
}

const isUnchanged = ([file, stamp]: readonly [file: string, stamp: string]): boolean => {
  try {
    return stampOf(file) === stamp
  } catch {
    return false
  }
}

/** The newest bundle, if it is what would be built now. */
const fresh = (cache: string): string | undefined => {
  const current = parsed(join(cache, "current.json"))
  if (!isCurrent(current) || current.made !== made || !existsSync(join(cache, current.bundle, "start.mjs"))) {
    return undefined
  }
  return Object.entries(current.stamps).every(isUnchanged) ? current.bundle : undefined
}

/** Writes a file in one step. */
const replace = (file: string, content: string): void => {
  writeFileSync(`${file}.${process.pid}`, content)
  renameSync(`${file}.${process.pid}`, file)
}

/** Builds; what is wrong is printed by the build. Nothing if it failed. */
const build = (module: string, cache: string): string | undefined => {
  folders.make(cache)
  const startedAt = Date.now()
  const name = `${startedAt.toString(36)}-${process.pid}`
  const list = join(cache, `${name}.json`)
  const { status } = spawnSync(
    process.execPath,
    [...process.execArgv, command, "build", module, "--out", join(cache, name), "--inputs", list],
    { stdio: ["ignore", "ignore", "inherit"] }
  )
  const files = status === 0 ? parsed(list) : undefined
  rmSync(list, { force: true })
  if (!Array.isArray(files)) return undefined
  const stamps = Object.fromEntries(files.map((file) => [String(file), stampOf(String(file))]))
  // What has changed meanwhile may not be in the bundle: it is used, and built again the next time.
  const isSure = files.every((file) => statSync(String(file)).mtimeMs < startedAt)
  const current: Current = { bundle: name, made: isSure ? made : "", stamps }
  replace(join(cache, "current.json"), JSON.stringify(current))
  return name
}

const lives = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM"
  }
}

/** Removes the bundles that no process runs any more. Threads load parts of theirs at any time. */
const clean = (cache: string, current: string): void => {
  for (const { name } of readdirSync(cache, { withFileTypes: true }).filter((entry) => entry.isDirectory())) {
    const pids = join(cache, `${name}.pids`)
    // Who builds has not started yet, and has its pid in the name.
    const users = existsSync(pids) ? readFileSync(pids, "utf8").split("\n").filter(Boolean) : [name.split("-")[1]]
    if (name === current || users.map(Number).some(lives)) continue
    rmSync(join(cache, name), { recursive: true, force: true })
    rmSync(pids, { force: true })
  }
}

/** Where bundles of a module lie: in the folder `node_modules` of its project. */
const cacheOf = (module: string): string => {
  let root = dirname(module)
  while (!existsSync(join(root, "package.json")) && root !== dirname(root)) root = dirname(root)
  const hash = createHash("sha256").update(module).digest("hex").slice(0, 8)
  return join(root, "node_modules/.cache/heddle", `${basename(module, extname(module))}-${hash}`)
}

/** The first file of a bundle of the module; nothing if there can't be one, which is printed. */
const startOf = (module: string): string | undefined => {
  try {
    const cache = cacheOf(module)
    const bundle = fresh(cache) ?? build(module, cache)
    if (bundle === undefined) return undefined
    appendFileSync(join(cache, `${bundle}.pids`), `${process.pid}\n`)
    clean(cache, bundle)
    return join(cache, bundle, "start.mjs")
  } catch (error) {
    process.stderr.write(`heddle: ${error instanceof Error ? error.message : String(error)}\n`)
    return undefined
  }
}

/** Runs the bundle of a module, in place of this command. Returns whether it could. */
export const startBundled = async (module: string): Promise<boolean> => {
  const start = existsSync(module) ? startOf(resolve(module)) : undefined
  if (start === undefined) return false
  process.argv = [process.execPath, start]
  await import(`${pathToFileURL(start).href}?command`)
  return true
}

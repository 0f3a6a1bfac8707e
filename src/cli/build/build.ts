/**
 * `heddle build CONFIG`: checks the declaration, bundles it, writes a folder or an executable, and starts that once if asked.
 */
import * as Effect from "effect/Effect"
import { spawn } from "node:child_process"
import { existsSync, realpathSync, statSync, writeFileSync } from "node:fs"
import { findPackageJSON } from "node:module"
import { basename, dirname, join, resolve } from "node:path"
import { fileURLToPath, pathToFileURL } from "node:url"
import * as log from "../../base/log.ts"
import { load } from "../start.ts"
import { BuildError, writing } from "./BuildError.ts"
import { type Bundle, bundle, type File } from "./bundler.ts"
import * as folder from "./folder.ts"
import * as oneFile from "./oneFile.ts"
import { copiesOf, type Copy } from "./packages.ts"

/** What `heddle build` is asked for. One of `out` and `oneFile` at least. */
export interface Options {
  /** A folder for the bundle. */
  readonly out: string | undefined
  /** A file for the executable. */
  readonly oneFile: string | undefined
  /** The Node that the executable contains. */
  readonly node: string | undefined
  /** Packages that are copied next to the bundle instead of becoming part of it. */
  readonly external: ReadonlyArray<string>
  /** A file for the list of the files that went into the bundle. */
  readonly inputs: string | undefined
  /** Starts what was built, and stops it in order. */
  readonly check: boolean
}

/** Source maps lie next to an executable, not in it. */
const isMap = ({ path }: File): boolean => path.endsWith(".map")

/** Builds; completes with the exit code of the process. */
export const build = Effect.fnUntraced(function*(config: string, options: Options) {
  const problem = problemOf(options)
  if (problem !== undefined) return yield* new BuildError({ problem })
  yield* load(config)
  const path = realpathSync(resolve(config))
  const copy = otherCopy(path)
  if (copy !== undefined) {
    return yield* new BuildError({
      problem: `${config} uses the heddle in ${copy}; run that one's command: npx heddle build`
    })
  }
  // The sources in a map are relative to where that lies, so each result has maps of its own.
  const bundleFor = (dir: string) => bundle(path, { dir, outside: new Set(options.external) })
  const inputs = new Set<string>()
  const started: Array<readonly [command: string, ...args: ReadonlyArray<string>]> = []
  if (options.out !== undefined) {
    const bundled = yield* bundleFor(resolve(options.out))
    for (const file of bundled.inputs) inputs.add(file)
    yield* writeFolder(bundled, options.out)
    started.push([process.execPath, join(resolve(options.out), "start.mjs")])
  }
  if (options.oneFile !== undefined) {
    const bundled = yield* bundleFor(oneFile.besides(resolve(options.oneFile)))
    for (const file of bundled.inputs) inputs.add(file)
    yield* writeOneFile(bundled, options.oneFile, options.node)
    started.push([resolve(options.oneFile)])
  }
  const { inputs: list } = options
  if (list !== undefined) yield* writing(list, () => writeFileSync(list, JSON.stringify([...inputs].toSorted())))
  if (!options.check) return 0
  for (const command of started) {
    const code = yield* start(command)
    if (code !== 0) return code
  }
  return 0
})

/** Why options make no sense, in words that say what to write instead. */
const problemOf = ({ check, node, oneFile: file, out }: Options): string | undefined => {
  if (out === undefined && file === undefined) {
    return "write --out DIR for a folder, or --one-file FILE for an executable"
  }
  return problemOfNode(node, { check, file }) ?? (file === undefined ? undefined : problemOfFile(file))
}

/** Why this Node can't make an executable. */
const problemOfNode = (
  node: string | undefined,
  { check, file }: { readonly check: boolean; readonly file: string | undefined }
): string | undefined => {
  if (node === undefined) return undefined
  if (file === undefined) return "--node names the Node of an executable; write --one-file FILE as well"
  if (!existsSync(node)) return `--node ${node} does not exist; name a binary of Node`
  return check
    ? "--check starts what was built, which may be for another platform; leave out --node or --check"
    : undefined
}

const problemOfFile = (file: string): string | undefined =>
  existsSync(file) && statSync(file).isDirectory() ? `${file} is a folder; name a file` : oneFile.problem()

/** The folder of the heddle that a config module imports, if it is not this one. */
const otherCopy = (config: string): string | undefined => {
  const found = findPackageJSON("heddle", pathToFileURL(config).href)
  const own = realpathSync(fileURLToPath(new URL("../../../package.json", import.meta.url)))
  return found === undefined || realpathSync(found) === own ? undefined : dirname(found)
}

const writeFolder = Effect.fnUntraced(function*({ files, packages }: Bundle, out: string) {
  yield* folder.write(files, copiesTo("", packages), out)
  say(`${join(out, "start.mjs")}: ${megabytes(files)} in ${files.filter((file) => !isMap(file)).length} files`)
  sayPackages(packages, out)
})

/** Writes a bundle as one executable, and its source maps next to it. */
const writeOneFile = Effect.fnUntraced(function*({ files, packages }: Bundle, path: string, node: string | undefined) {
  const parts = files.filter((file) => !isMap(file))
  yield* oneFile.write(parts, path, node)
  yield* folder.write(files.filter(isMap), copiesTo("../", packages), oneFile.besides(path))
  const size = statSync(path).size / 1e6
  say(
    `${path}: ${size.toFixed(0)} MB, of which the program is ${megabytes(files)}; source maps in ${
      basename(oneFile.besides(path))
    }`
  )
  sayPackages(packages, dirname(path))
})

/** Packages that are no part of the bundle, in a folder `node_modules` next to it; `path` leads there. */
const copiesTo = (path: string, packages: ReadonlyMap<string, string>): ReadonlyArray<Copy> =>
  copiesOf(packages).map(({ from, to }) => ({ from, to: `${path}node_modules/${to}` }))

const sayPackages = (packages: ReadonlyMap<string, string>, folder: string): void => {
  if (packages.size > 0) {
    say(`${join(folder, "node_modules")}: ${[...packages.keys()].join(", ")}; they are not bundled`)
  }
}

const megabytes = (files: ReadonlyArray<File>): string => {
  const bytes = files.filter((file) => !isMap(file)).reduce((sum, { content }) => sum + Buffer.byteLength(content), 0)
  return `${(bytes / 1e6).toFixed(1)} MB`
}

/** Starts what was built, with `--check`: it says itself how long that took. */
const start = ([command, ...args]: readonly [string, ...ReadonlyArray<string>]) =>
  Effect.callback<number>((resume) => {
    const child = spawn(command, [...args, "--check"], { stdio: "inherit" })
    child.on("error", (error) => {
      log.write(2, `heddle: ${command} can't be started: ${error.message}\n`)
      resume(Effect.succeed(1))
    })
    child.on("close", (code) => resume(Effect.succeed(code ?? 1)))
    return Effect.sync(() => child.kill())
  })

/** Prints a line of the result. */
const say = (line: string): void => log.write(1, `${line}\n`)

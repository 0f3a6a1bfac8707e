/**
 * Packages that can't be part of a bundle, because they load a native add-on: found, and copied with what they depend on.
 */
import { cpSync, existsSync, readdirSync, readFileSync, realpathSync } from "node:fs"
import { createRequire } from "node:module"
import { basename, dirname, join } from "node:path"

interface Manifest {
  readonly name: string
  readonly dependencies: ReadonlyArray<string>
  readonly optional: ReadonlyArray<string>
  /** It is made for some systems only. */
  readonly isForSystem: boolean
  readonly isCompiled: boolean
}

const keysOf = (value: unknown): ReadonlyArray<string> =>
  typeof value === "object" && value !== null ? Object.keys(value) : []

/** The manifest of a package, as far as a bundle needs it. */
const manifestOf = (folder: string): Manifest => {
  const json: unknown = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"))
  const read = (key: string): unknown => Reflect.get(Object(json), key)
  return {
    name: String(read("name") ?? basename(folder)),
    dependencies: keysOf(read("dependencies")),
    optional: [...keysOf(read("optionalDependencies")), ...keysOf(read("peerDependencies"))],
    isForSystem: read("cpu") !== undefined || read("os") !== undefined,
    isCompiled: read("gypfile") === true || read("napi") !== undefined
  }
}

/** The folder of the package that a file belongs to; nothing if it is no installed package's. */
export const packageOf = (file: string): string | undefined => {
  if (!/[\\/]node_modules[\\/]/.test(file)) return undefined
  for (let folder = dirname(file); folder !== dirname(folder); folder = dirname(folder)) {
    if (basename(folder) === "node_modules") return undefined
    const isRoot = basename(dirname(folder)) === "node_modules" ||
      (basename(dirname(folder)).startsWith("@") && basename(dirname(dirname(folder))) === "node_modules")
    if (isRoot) return folder
  }
  return undefined
}

/** The name by which the package of a folder `node_modules` is imported. */
export const packageName = (folder: string): string => {
  const scope = basename(dirname(folder))
  return scope.startsWith("@") ? `${scope}/${basename(folder)}` : basename(folder)
}

const hasAddOn = (folder: string, depth: number): boolean =>
  readdirSync(folder, { withFileTypes: true }).some((entry) =>
    entry.isDirectory()
      ? depth > 0 && entry.name !== "node_modules" && hasAddOn(join(folder, entry.name), depth - 1)
      : entry.name.endsWith(".node") || entry.name === "binding.gyp"
  )

/** How deep add-ons lie in a package: `prebuilds/linux-x64/x.node`, `build/Release/x.node`. */
const deepest = 3

const known = new Map<string, boolean>()

/** Whether a package loads a native add-on, of its own or of a package made for this system. */
export const isNative = (folder: string): boolean => {
  const before = known.get(folder)
  if (before !== undefined) return before
  const { isCompiled, optional } = manifestOf(folder)
  const native = isCompiled || hasAddOn(folder, deepest) ||
    optional.some((name) => {
      const found = locate(name, folder)
      return found !== undefined && manifestOf(found).isForSystem
    })
  known.set(folder, native)
  return native
}

/** The folder of a package as another one finds it. */
const locate = (name: string, from: string): string | undefined => {
  const paths = createRequire(join(from, "package.json")).resolve.paths(name) ?? []
  const found = paths.map((path) => join(path, name)).find((folder) => existsSync(join(folder, "package.json")))
  return found && realpathSync(found)
}

/** Packages that only help to install or compile others. */
const installers: ReadonlySet<string> = new Set(["node-addon-api", "nan", "node-gyp", "prebuild-install"])

/** A package to copy, and where to, below the folder `node_modules`. */
export interface Copy {
  readonly from: string
  readonly to: string
}

/** Packages by name and folder, with what they depend on, each in a place where it is found. */
export const copiesOf = (packages: ReadonlyMap<string, string>): ReadonlyArray<Copy> => {
  const places = new Map(packages)
  const copies: Array<Copy> = [...packages].map(([to, from]) => ({ from, to }))
  for (const { from, to } of copies) {
    const { dependencies, optional } = manifestOf(from)
    for (const name of new Set([...dependencies, ...optional])) {
      const found = installers.has(name) ? undefined : locate(name, from)
      if (found === undefined || places.get(name) === found) continue
      const place = places.has(name) ? `${to}/node_modules/${name}` : name
      if (places.get(place) === found) continue
      places.set(place, found)
      copies.push({ from: found, to: place })
    }
  }
  return copies
}

/** Copies a package without the packages inside it. */
export const copy = (from: string, to: string): void =>
  cpSync(from, to, {
    recursive: true,
    dereference: true,
    filter: (path) => basename(path) !== "node_modules"
  })

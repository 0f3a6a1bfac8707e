/**
 * Modules that users name: where a config module is, and what a config or layer module exports by default, whether it is an
 * ES module or CommonJS.
 *
 * ```text
 *   export default X                       { default: X }
 *   exports.default = X  (tsc, by import)  { default: { __esModule: true, default: X } }
 *   exports.default = X  (by require)      { __esModule: true, default: X }
 *   module.exports = X   (by import)       { default: X }
 *   module.exports = X   (by require)      X
 * ```
 */
import { statSync } from "node:fs"
import { isAbsolute } from "node:path"
import { fileURLToPath, pathToFileURL } from "node:url"
import { types } from "node:util"

/** How deep a default export may be wrapped: by a transpiler, and by a module that passes it on. */
const deepest = 3

/** Finds the wanted default export in what `import()` or `require` gave, however the module was compiled. */
export const defaultExportOf = <A>(module: unknown, isWanted: (value: unknown) => value is A): A | undefined => {
  let value = module
  for (let depth = 0; depth <= deepest; depth++) {
    if (isWanted(value)) return value
    if (!isObject(value) || !("default" in value)) return undefined
    value = value.default
  }
  return undefined
}

/** Says what a module exports where something else was wanted, to end a sentence about it. */
export const insteadOf = (module: unknown): string => {
  let value = module
  for (let depth = 0; depth < deepest && isObject(value) && "default" in value; depth++) value = value.default
  if (value !== module && !isTranspiled(value)) return `its default export is ${kindOf(value)}`
  const names = isObject(value) ? Object.keys(value) : []
  return names.length === 0 ? "it exports nothing" : `it has no default export, only ${names.join(", ")}`
}

/** The exports of an ES module that was compiled to CommonJS. */
const isTranspiled = (value: unknown): boolean => isObject(value) && "__esModule" in value

const kindOf = (value: unknown): string => {
  if (value === null || value === undefined) return String(value)
  if (types.isPromise(value)) return "a promise, which would have to be awaited"
  if (typeof value === "function") return value.name === "" ? "a function" : `the function or class ${value.name}`
  if (!isObject(value)) return `a ${typeof value}`
  const keys = Object.keys(value)
  return keys.length === 0 ? "an object without properties" : `an object with ${keys.slice(0, 5).join(", ")}`
}

/** A config module's URL, or what is wrong with what stands for it. */
export type Located = { readonly url: string } | { readonly problem: string }

const remedy = "write module: import.meta.url, or module: __filename in CommonJS"

/** In a bundle that is CommonJS, `import.meta.url` is undefined. */
const inBundle = " (a bundle in CommonJS has no import.meta: have the bundler write an ES module)"

/** Reads the `module` of a declaration: a URL, or the absolute path of a file. */
export const locate = (module: unknown): Located => {
  if (typeof module !== "string") return { problem: `is not a URL; ${remedy}${module === undefined ? inBundle : ""}` }
  const url = toUrl(module)
  if (url === undefined) return { problem: `is not a URL and not an absolute path; ${remedy}` }
  return isDirectory(url) ? { problem: `is a directory; ${remedy}` } : { url }
}

const windowsPath = /^([A-Za-z]:[\\/]|\\\\)/

const toUrl = (module: string): string | undefined => {
  if (windowsPath.test(module)) return pathToFileURL(module, { windows: true }).href
  if (isAbsolute(module)) return pathToFileURL(module).href
  // A scheme of one letter is the drive of a path that is not absolute.
  return URL.canParse(module) && !/^[A-Za-z]:/.test(module) ? module : undefined
}

/** Whether the file of a module was written after a time; what is no file was not. */
export const wasEdited = (url: string, sinceMillis: number): boolean => {
  try {
    return url.startsWith("file:") &&
      (statSync(fileURLToPath(url), { throwIfNoEntry: false })?.mtimeMs ?? 0) > sinceMillis
  } catch {
    return false
  }
}

/** What can't be looked at is left to who imports it. */
const isDirectory = (url: string): boolean => {
  try {
    return url.startsWith("file:") && statSync(fileURLToPath(url), { throwIfNoEntry: false })?.isDirectory() === true
  } catch {
    return false
  }
}

const isObject = (value: unknown): value is object => typeof value === "object" && value !== null

/**
 * What to do about an import that Node refuses.
 *
 * Main may have been loaded by something else (a test runner, tsx, a bundler's server) that resolves more than Node does. Threads
 * load their modules by Node alone, so the same import may work on main and fail in a thread.
 */
import { statSync } from "node:fs"
import { fileURLToPath } from "node:url"
import * as thrown from "./thrown.ts"

/** What to do about it, as a sentence without its full stop; `undefined` where Node's message says enough. */
export const adviceOn = (error: unknown): string | undefined => {
  const code = textOf(error, "code") ?? ""
  if (!Object.hasOwn(advices, code)) return undefined
  return advices[code]?.(thrown.describe(error).message, textOf(error, "url"))
}

/** The error with advice after its message; the error itself if there is none to give. */
export const withAdvice = (error: unknown): unknown => {
  const advice = adviceOn(error)
  if (advice === undefined) return error
  const { message, name, stack } = thrown.describe(error)
  const advised = new Error(`${message}. ${advice}`)
  advised.name = name
  advised.stack = stack.replace(message, () => advised.message)
  return advised
}

type Advise = (message: string, url: string | undefined) => string | undefined

/** By the `code` of Node's errors; "" is a `SyntaxError` of what links modules, which has none. */
const advices: Readonly<Record<string, Advise>> = {
  "": (message) => {
    const missing = /does not provide an export named '(.+)'/.exec(message)?.[1]
    return missing === undefined || missing === "default"
      ? undefined
      : `If ${missing} is a type, write: import type { ${missing} }`
  },
  ERR_MODULE_NOT_FOUND: (message, url) =>
    /^Cannot find package '(@\/[^']*|~|src)'/.test(message)
      ? `Node doesn't read the "paths" of tsconfig.json; use "imports" in package.json, whose names start with #`
      : namedInFull(url),
  ERR_UNSUPPORTED_DIR_IMPORT: (_message, url) => namedInFull(url),
  ERR_UNKNOWN_FILE_EXTENSION: (message) =>
    /"\.[jt]sx"/.test(message)
      ? "Node doesn't run JSX; compile the file first, or start the program by a loader such as tsx"
      : undefined,
  ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX: () =>
    `Node only removes types; write it without such syntax ("erasableSyntaxOnly" in tsconfig.json finds it), compile ` +
    "the file first, or start the program by a loader such as tsx",
  ERR_UNSUPPORTED_NODE_MODULES_TYPE_STRIPPING: () => "A package has to contain JavaScript; compile it first"
}

/** What bundlers and compilers put after a name, in the order in which they try. */
const endings = [".ts", ".tsx", ".mts", ".cts", ".js", ".mjs", ".cjs", "/index.ts", "/index.js"]

/** The name in full of a file that a bundler would have found: `./x` and `./x.js` may stand for `./x.ts`. */
const namedInFull = (url: string | undefined): string | undefined => {
  if (url === undefined) return undefined
  const asTypeScript = url.replace(/\.([cm]?)js$/, ".$1ts")
  const found = [asTypeScript, ...endings.map((ending) => url.replace(/\/$/, "") + ending)].find(isFile)
  if (found === undefined) return undefined
  const end = found.split("/").slice(found.includes("/index.") ? -2 : -1).join("/")
  return `Node needs the whole name of a file: let the import end with "${end}"`
}

const isFile = (url: string): boolean => {
  try {
    return statSync(fileURLToPath(url), { throwIfNoEntry: false })?.isFile() === true
  } catch {
    return false
  }
}

const textOf = (error: unknown, field: "code" | "url"): string | undefined => {
  try {
    const value: unknown = error instanceof Error ? Reflect.get(error, field) : undefined
    return typeof value === "string" ? value : undefined
  } catch {
    return undefined
  }
}

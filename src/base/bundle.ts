/**
 * Where the code of a thread is.
 *
 * ```text
 *   heddle's own files    worker/entry.js, which imports the config module
 *   a bundle by hand      the config module's file: it contains all of heddle, and System.make starts the thread in it
 *   heddle build          an entry of its own, which globalThis.heddleBundle names
 * ```
 */
import { existsSync } from "node:fs"
import { fileURLToPath } from "node:url"

/** A file, or the source of a CommonJS script. */
export type Entry =
  | { readonly _tag: "File"; readonly url: URL }
  | { readonly _tag: "Source"; readonly source: string }

declare global {
  /** What `heddle build` has made says here, on every thread, what threads are to run. */
  var heddleBundle: {
    readonly entry: Entry
    /** The content of a file that is part of an executable, by its URL. */
    readonly asset?: (url: string) => Uint8Array | undefined
  } | undefined
}

// Not written as `new URL("…", import.meta.url)`: bundlers take that for an asset. A CommonJS bundle has no URL.
const here: unknown = import.meta.url

const beside = (path: string): URL | undefined =>
  typeof here === "string" && URL.canParse(path, here) ? new URL(path, here) : undefined

const withoutExtension = (url: string): string => url.replace(/\.[jt]s$/, "")

/** The first module of a thread, if heddle's files are where they belong: not in a bundle. */
const ownEntry = (caller: unknown): URL | undefined => {
  const expected = beside("../main/thread")
  const entry = beside("../worker/entry.js")
  if (expected === undefined || entry === undefined || typeof caller !== "string") return undefined
  return withoutExtension(caller) === expected.href && exists(entry) ? entry : undefined
}

const exists = (url: URL): boolean => url.protocol !== "file:" || existsSync(fileURLToPath(url))

/** The folder of heddle's files, by its URL; nothing if they are part of a bundle. */
export const ownFolder = (): string | undefined => {
  const [folder, entry] = [beside("../"), beside("../worker/entry.js")]
  const isBundled = globalThis.heddleBundle !== undefined || folder === undefined || entry === undefined ||
    typeof here !== "string" || withoutExtension(here) !== `${folder.href}base/bundle` || !exists(entry)
  return isBundled ? undefined : folder.href
}

/** What a thread of the system of a config module runs. `caller`: the URL of the module `main/thread`. */
export const entryOf = (caller: unknown, module: string): Entry =>
  globalThis.heddleBundle?.entry ?? { _tag: "File", url: ownEntry(caller) ?? new URL(module) }

/** Why threads can't start from where this code is, and what to do; nothing if they can. */
export const problemOf = (caller: unknown, module: string): string | undefined => {
  if (globalThis.heddleBundle !== undefined || ownEntry(caller) !== undefined) return undefined
  if (isSingleExecutable()) {
    return "threads can't start from a single executable that was made by hand; make it with heddle build CONFIG --one-file FILE"
  }
  const { protocol } = new URL(module)
  if (protocol === "file:" && !exists(new URL(module))) {
    return `the config module ${module} does not exist, and this bundle's threads would import it; have the bundler keep ` +
      "import.meta.url, or use heddle build CONFIG --out DIR"
  }
  return protocol === "file:" || protocol === "data:"
    ? undefined
    : `threads of a bundle can't start from ${module}; write the bundle to a file, or use heddle build CONFIG --out DIR`
}

const isSingleExecutable = (): boolean => process.getBuiltinModule("node:sea").isSea()

/**
 * Which files this thread imports, for `heddle start --watch`.
 */
import { registerHooks } from "node:module"
import { fileURLToPath } from "node:url"

/** Files of packages are not edited; those of a package that is linked from elsewhere have their own paths. */
const isOfPackage = (path: string): boolean => /[\\/]node_modules[\\/]/.test(path)

/**
 * Tells which files are imported from now on, some at a time, each once. A file that does not load is among them. Returns what tells
 * the last ones at once, to be called before anything is said that may end the thread.
 */
export const watch = (tell: (files: ReadonlyArray<string>) => void): () => void => {
  const known = new Set<string>()
  let untold: Array<string> = []
  const flush = (): void => {
    if (untold.length > 0) tell(untold)
    untold = []
  }
  // What ends the thread while it imports comes after them.
  process.on("exit", flush)
  registerHooks({
    load(url, context, next) {
      const path = url.startsWith("file:") ? fileURLToPath(url) : undefined
      if (path !== undefined && !known.has(path) && !isOfPackage(path)) {
        known.add(path)
        if (untold.push(path) === 1) setImmediate(flush)
      }
      return next(url, context)
    }
  })
  return flush
}

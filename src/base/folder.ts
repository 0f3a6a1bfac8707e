/**
 * Makes folders.
 */
import { mkdirSync, statSync } from "node:fs"
import { dirname } from "node:path"

/** What the file system says when it does not make something. */
const codeOf = (error: unknown): unknown => error instanceof Error && "code" in error ? error.code : undefined

/** Makes one folder, if it is not there. */
const makeOne = (path: string, mode: number | undefined): void => {
  try {
    mkdirSync(path, { mode })
  } catch (error) {
    if (codeOf(error) !== "EEXIST" || !statSync(path).isDirectory()) throw error
  }
}

/**
 * Makes a folder, and those above it, where they are not. Node's own `recursive` never returns for a path such as `/proc/a`, in
 * which nothing can be made and which is said not to be there.
 */
export const make = (path: string, mode?: number): void => {
  try {
    makeOne(path, mode)
  } catch (error) {
    const parent = dirname(path)
    if (codeOf(error) !== "ENOENT" || parent === path) throw error
    if (statSync(parent, { throwIfNoEntry: false }) === undefined) make(parent, mode)
    makeOne(path, mode)
  }
}

/**
 * Writes a bundle into a folder. A list of what was written lies in it, so that the next build removes that and nothing else.
 */
import * as Effect from "effect/Effect"
import { existsSync, lstatSync, readFileSync, realpathSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs"
import { basename, dirname, join, normalize } from "node:path"
import * as folders from "../../base/folder.ts"
import { BuildError, writing } from "./BuildError.ts"
import type { File } from "./bundler.ts"
import { type Copy, copy } from "./packages.ts"

const listName = "heddle-build.json"

/** What a list says; nothing if a build was cut off while it wrote it. */
const parse = (list: string): ReadonlyArray<string> => {
  try {
    const paths: unknown = JSON.parse(readFileSync(list, "utf8"))
    return Array.isArray(paths) ? paths.map(String) : []
  } catch {
    return []
  }
}

/** The packages of an executable lie next to it, and so outside of the folder. */
const besides = join("..", "node_modules", "/")

/** Whether a path is one that a build has written, and not anything that somebody has put into the list. */
const isOwn = (path: string): boolean => {
  const place = normalize(path)
  return place.startsWith(besides)
    ? !place.slice(besides.length).startsWith("..")
    : !/^(?:\.\.(?:$|[\\/])|[\\/])/.test(place)
}

const written = (list: string): ReadonlySet<string> => new Set(existsSync(list) ? parse(list).filter(isOwn) : [])

/** Whether something is there, and be it a link to what is not. */
const isThere = (path: string): boolean => lstatSync(path, { throwIfNoEntry: false }) !== undefined

/** Puts something in the place of whatever is there. Another build may do the same at this moment. */
const put = (path: string, make: (at: string) => void): void => {
  folders.make(dirname(path))
  const made = join(dirname(path), `.${basename(path)}.${process.pid}`)
  try {
    make(made)
    if (statSync(made).isDirectory()) rmSync(path, { force: true, recursive: true })
    renameSync(made, path)
  } finally {
    rmSync(made, { force: true, recursive: true })
  }
}

/**
 * Writes the files, and copies the packages, whose places are relative to the folder too. What another build has written here
 * and this one has not is removed.
 */
export const write = Effect.fnUntraced(
  function*(files: ReadonlyArray<File>, packages: ReadonlyArray<Copy>, folder: string) {
    if (existsSync(folder) && !statSync(folder).isDirectory()) {
      return yield* new BuildError({ problem: `${folder} is a file; name a folder` })
    }
    const list = join(folder, listName)
    const before = written(list)
    // A build into a project's own root finds the package that it would copy.
    const copies = packages.filter(({ from, to }) => !isSame(from, join(folder, to)))
    const now = new Set([...files.map(({ path }) => path), ...copies.map(({ to }) => to)])
    const isNew = !existsSync(folder)
    yield* writing(folder, () => folders.make(folder))
    // Another build may have begun meanwhile: its list is read again.
    const isForeign = (path: string) => isThere(join(folder, path)) && !written(list).has(path)
    const foreign = [...now].find((path) => !before.has(path) && isForeign(path))
    if (foreign !== undefined) {
      return yield* new BuildError({
        problem: `${join(folder, foreign)} exists, and heddle build has not made it; name another place, or remove it`
      })
    }
    const note = (paths: ReadonlySet<string>): void =>
      put(list, (at) => writeFileSync(at, `${JSON.stringify([...paths], undefined, 1)}\n`))
    yield* writing(folder, () => {
      note(new Set([...before, ...now]))
      for (const { content, path } of files) put(join(folder, path), (at) => writeFileSync(at, content))
      for (const { from, to } of copies) put(join(folder, to), (at) => copy(from, at))
      for (const path of before) if (!now.has(path)) rmSync(join(folder, path), { force: true, recursive: true })
      note(now)
    }).pipe(Effect.tapError(() => Effect.sync(() => isNew && rmSync(folder, { force: true, recursive: true }))))
  }
)

const isSame = (from: string, to: string): boolean => existsSync(to) && realpathSync(from) === realpathSync(to)

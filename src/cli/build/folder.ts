/**
 * Writes a bundle into a folder. A list of what was written lies in it, so that the next build removes that and nothing else.
 */
import * as Effect from "effect/Effect"
import { existsSync, mkdirSync, readFileSync, realpathSync, rmSync, statSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { BuildError } from "./BuildError.ts"
import type { File } from "./bundler.ts"
import { type Copy, copy } from "./packages.ts"

const listName = "heddle-build.json"

const written = (list: string): ReadonlySet<string> => {
  if (!existsSync(list)) return new Set()
  const paths: unknown = JSON.parse(readFileSync(list, "utf8"))
  return new Set(Array.isArray(paths) ? paths.map(String) : [])
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
    const foreign = [...now].find((path) => !before.has(path) && existsSync(join(folder, path)))
    if (foreign !== undefined) {
      return yield* new BuildError({
        problem: `${join(folder, foreign)} exists, and heddle build has not made it; name another place, or remove it`
      })
    }
    mkdirSync(folder, { recursive: true })
    writeFileSync(list, JSON.stringify([...new Set([...before, ...now])]))
    for (const path of before) rmSync(join(folder, path), { force: true, recursive: true })
    for (const { content, path } of files) {
      mkdirSync(dirname(join(folder, path)), { recursive: true })
      writeFileSync(join(folder, path), content)
    }
    for (const { from, to } of copies) copy(from, join(folder, to))
    writeFileSync(list, `${JSON.stringify([...now], undefined, 1)}\n`)
  }
)

const isSame = (from: string, to: string): boolean => existsSync(to) && realpathSync(from) === realpathSync(to)

/**
 * Writes a bundle into a folder. A list of what was written lies in it, so that the next build removes that and nothing else.
 */
import * as Effect from "effect/Effect"
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { BuildError } from "./BuildError.ts"
import type { File } from "./bundler.ts"

const listName = "heddle-build.json"

const written = (list: string): ReadonlySet<string> => {
  if (!existsSync(list)) return new Set()
  const paths: unknown = JSON.parse(readFileSync(list, "utf8"))
  return new Set(Array.isArray(paths) ? paths.map(String) : [])
}

/** Writes the files; what another build has written and this one has not is removed. */
export const write = Effect.fnUntraced(function*(files: ReadonlyArray<File>, folder: string) {
  if (existsSync(folder) && !statSync(folder).isDirectory()) {
    return yield* new BuildError({ problem: `${folder} is a file; name a folder` })
  }
  const list = join(folder, listName)
  const before = written(list)
  const foreign = files.find(({ path }) => !before.has(path) && existsSync(join(folder, path)))
  if (foreign !== undefined) {
    return yield* new BuildError({
      problem: `${
        join(folder, foreign.path)
      } exists, and heddle build has not made it; name another folder, or remove it`
    })
  }
  const now = new Set(files.map(({ path }) => path))
  for (const path of before) if (!now.has(path)) rmSync(join(folder, path), { force: true })
  mkdirSync(folder, { recursive: true })
  writeFileSync(list, `${JSON.stringify([...new Set([...before, ...now])])}\n`)
  for (const { content, path } of files) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), content)
  }
  writeFileSync(list, `${JSON.stringify([...now], undefined, 1)}\n`)
})

/**
 * What modules have declared by `System.run`, by their URL: the thread that imports such a module takes the declaration
 * from here, as it takes it from the default export of others.
 *
 * Kept where every copy of heddle finds it: the `heddle` command may be another one than the module imports.
 */
import type * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { realpathSync } from "node:fs"
import { fileURLToPath, pathToFileURL } from "node:url"
import { isMainThread } from "node:worker_threads"
import { InvalidSystem } from "../SystemError.ts"
import type { Config } from "./config.ts"
import type { Meta } from "./declaration.ts"
import type { System } from "./system.ts"

/** A system and the program that runs with it, which agree in their actors. */
export interface Declared {
  readonly config: Config<unknown, unknown>
  readonly use: <A>(
    run: <Actors>(
      config: Config<Actors, unknown>,
      program: Effect.Effect<unknown, unknown, Actors | System | Scope.Scope>
    ) => A
  ) => A
}

declare global {
  var heddleDeclared: Map<string, Declared> | undefined
}

/** Declares; `launch` is called a moment later if the module is the process's entry. */
export const declare = (meta: Meta, declared: Declared, launch: (declared: Declared) => void): void => {
  const all = globalThis.heddleDeclared ??= new Map()
  if (all.has(meta.url)) {
    throw new InvalidSystem({ problems: [`System.run: ${meta.url} calls it a second time; write one call per module`] })
  }
  all.set(meta.url, declared)
  // Not at once: what the program uses may be defined further down.
  if (isMainThread && isEntry(meta)) setImmediate(() => launch(declared))
}

/** What the module of a URL has declared. */
export const find = (url: string): Declared | undefined =>
  globalThis.heddleDeclared?.get(url) ?? globalThis.heddleDeclared?.get(withoutLinks(url))

/** What was declared, if it is one: in a bundle, a module's URL may be that of another file. */
export const only = (): Declared | undefined => {
  const [first, second] = globalThis.heddleDeclared?.values() ?? []
  return second === undefined ? first : undefined
}

const isEntry = ({ main, url }: Meta): boolean => main ?? isSameFile(url, process.argv[1])

/** For Node before 24.2, whose `import.meta` does not say so. */
const isSameFile = (url: string, path: string | undefined): boolean => {
  try {
    return path !== undefined && withoutLinks(pathToFileURL(path).href) === withoutLinks(url)
  } catch {
    return false
  }
}

const withoutLinks = (url: string): string => {
  try {
    return pathToFileURL(realpathSync(fileURLToPath(url))).href
  } catch {
    return url
  }
}

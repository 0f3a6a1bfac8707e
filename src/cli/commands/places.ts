/**
 * Places in a bundle, and where they are in the sources, by the source maps that `heddle build` writes.
 */
import { existsSync, readFileSync } from "node:fs"
import { SourceMap } from "node:module"
import { basename, dirname, join, relative, resolve, sep } from "node:path"
import { fileURLToPath } from "node:url"

/** A file of a bundle with a line and a column, as stacks name it. */
const place = /(file:\/\/[^\s()"'`]+?|[^\s()"'`=]+?)(\.[cm]?js):(\d+):(\d+)/g

/** A map with the folder that its sources are relative to. */
interface Found {
  readonly map: SourceMap
  readonly folder: string
}

/** What became of the places of a text. */
export interface Places {
  /** Replaces each place that has a source map by the place in the source. */
  readonly translate: (text: string) => string
  /** How many places were replaced. */
  readonly replaced: () => number
  /** Maps that were looked for and are not there. */
  readonly missing: () => ReadonlyArray<string>
  /** Maps that are there and can't be used, with why. */
  readonly broken: () => ReadonlyArray<string>
}

/**
 * Makes a translator, which reads each map once.
 *
 * **Details**
 * - `folder`: where the maps are. Default: each next to the file that the place names.
 * - A source below the current directory is named relative to it; one that is not here, as it was when the bundle was built.
 */
export const make = (folder: string | undefined): Places => {
  const maps = new Map<string, Found | undefined>()
  const missing: Array<string> = []
  const broken: Array<string> = []
  let replaced = 0

  const mapOf = (file: string): Found | undefined => {
    const path = `${folder === undefined ? file : join(folder, basename(file))}.map`
    if (!maps.has(path)) maps.set(path, read(path))
    return maps.get(path)
  }
  const read = (path: string): Found | undefined => {
    if (!existsSync(path)) return void missing.push(path)
    try {
      return { map: new SourceMap(JSON.parse(readFileSync(path, "utf8"))), folder: dirname(path) }
    } catch (error) {
      return void broken.push(`${path}: ${error instanceof Error ? error.message : String(error)}`)
    }
  }
  const inSource = (written: string, name: string, extension: string, line: string, column: string): string => {
    const file = fileOf(name + extension)
    const found = file === undefined ? undefined : mapOf(file)
    const origin = found?.map.findEntry(Number(line) - 1, Number(column) - 1)
    if (found === undefined || origin === undefined || !("originalSource" in origin)) return written
    replaced++
    return `${sourceName(found.folder, origin.originalSource)}:${origin.originalLine + 1}:${origin.originalColumn + 1}`
  }
  return {
    translate: (text) => text.replaceAll(place, inSource),
    replaced: () => replaced,
    missing: () => missing,
    broken: () => broken
  }
}

/** The file that a stack names by URL or by path. */
const fileOf = (written: string): string | undefined => {
  if (!written.startsWith("file:")) return written
  try {
    return fileURLToPath(written)
  } catch {
    return undefined
  }
}

const sourceName = (folder: string, source: string): string => {
  const path = resolve(folder, source)
  if (!existsSync(path)) return source.replace("\0", "").replace(/^(\.\.[\\/])+/, "")
  const near = relative(process.cwd(), path)
  return near.startsWith(`..${sep}`) ? path : near
}

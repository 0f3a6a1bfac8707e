/**
 * Calls that the engine reports, named as in the sources that they were made of: bundles and compiled files have source maps.
 */
import * as Schema from "effect/Schema"
import { readFile, stat } from "node:fs/promises"
import { findSourceMap, SourceMap } from "node:module"
import { fileURLToPath } from "node:url"
import * as bundle from "../base/bundle.ts"
import * as ExitCause from "../ExitCause.ts"

/** A call in a script, whose lines and columns count from 1. The URL is empty for code that `eval` has made. */
export interface Call {
  readonly name: string
  readonly url: string
  readonly line: number
  readonly column: number
}

/** A source map, and the URL that the names of its sources are relative to. */
interface Loaded {
  readonly map: SourceMap
  readonly url: string
}

/** How code is named that `eval` or `new Function` has made. */
const evaluated = "eval"

/** The places of calls in their sources. What has no map, or none that can be read, is named as it runs. */
export const resolve = async (calls: ReadonlyArray<Call>): Promise<ReadonlyArray<ExitCause.Place>> => {
  const urls = [...new Set(calls.map(({ url }) => url))]
  const maps = new Map(await Promise.all(urls.map(async (url) => [url, await load(url)] as const)))
  return calls.map((call) => placeOf(call, maps.get(call.url)))
}

/** A call as a place in the sources. */
const placeOf = ({ column, line, name, url }: Call, loaded: Loaded | undefined): ExitCause.Place => {
  const entry = loaded?.map.findEntry(line - 1, column - 1)
  if (loaded === undefined || entry === undefined || !("originalSource" in entry)) {
    return { function: name, file: url === "" ? evaluated : pathOf(url), line, column }
  }
  const { originalColumn, originalLine, originalSource } = entry
  const source = URL.canParse(originalSource, loaded.url) ? new URL(originalSource, loaded.url).href : originalSource
  return { function: name, file: pathOf(source), line: originalLine + 1, column: originalColumn + 1 }
}

const pathOf = (url: string): string => {
  try {
    return url.startsWith("file:") ? fileURLToPath(url) : url
  } catch {
    return url
  }
}

const Payload = Schema.fromJsonString(Schema.Struct({
  file: Schema.optional(Schema.String),
  version: Schema.Number,
  sources: Schema.Array(Schema.NullOr(Schema.String)),
  names: Schema.optional(Schema.Array(Schema.String)),
  mappings: Schema.String,
  sourceRoot: Schema.optional(Schema.String)
}))
const decode = Schema.decodeUnknownPromise(Payload)

/** A script or a map that is larger would hold main up for too long. */
const mostBytes = 32 * 1024 * 1024

/** The source map of a script: what the script names, or what lies next to it; else what Node knows of scripts that are made at run time. */
const load = async (url: string): Promise<Loaded | undefined> => {
  if (!url.startsWith("file:")) return undefined
  const known = findSourceMap(pathOf(url))
  if (known !== undefined) return { map: known, url }
  try {
    const named = await nameOf(url)
    if (named === undefined) return undefined
    const isInline = named.startsWith("data:")
    const payload = await parse(isInline ? textOf(named) : await read(new URL(named, url)))
    return { map: new SourceMap(payload), url: isInline ? url : new URL(named, url).href }
  } catch {
    return undefined
  }
}

/** Where a script says that its map is. A part of an executable is no file, and has its map where it would lie. */
const nameOf = async (url: string): Promise<string | undefined> => {
  try {
    const text = await read(new URL(url))
    const at = text.lastIndexOf("//# sourceMappingURL=")
    return at < 0 ? undefined : text.slice(at).split("=", 2)[1]?.split(/\s/, 1)[0]
  } catch {
    return `${url}.map`
  }
}

/** Reads a source map. */
const parse = async (text: string) => {
  const { file = "", mappings, names = [], sourceRoot = "", sources, version } = await decode(text)
  return {
    file,
    version,
    sources: sources.map((source) => source ?? ""),
    sourcesContent: [],
    names: Array.from(names),
    mappings,
    sourceRoot
  }
}

const read = async (url: URL): Promise<string> => {
  if (url.protocol !== "file:" || (await stat(url)).size > mostBytes) throw new Error(`${url.href} is not read`)
  return readFile(url, "utf8")
}

const textOf = (url: string): string => {
  const comma = url.indexOf(",")
  const data = url.slice(comma + 1)
  return url.slice(0, comma).endsWith(";base64") ? Buffer.from(data, "base64").toString() : decodeURIComponent(data)
}

/** Where heddle's own files are, as sources or compiled; in a bundle they have the names of their sources. */
const own = bundle.ownFolder()

/** Whether a file is the program's or a package's that it uses: not Node's, not Effect's, not heddle's. */
export const isUsers = (file: string): boolean =>
  file !== evaluated && !file.startsWith("node:") && !/[\\/]node_modules[\\/](effect|heddle)[\\/]/.test(file) &&
  (own === undefined || !file.startsWith(pathOf(own)))

/** Places as the lines of a stack trace. */
export const format = (places: ReadonlyArray<ExitCause.Place>): string =>
  places.map((place) => `    at ${ExitCause.formatPlace(place)}`).join("\n")

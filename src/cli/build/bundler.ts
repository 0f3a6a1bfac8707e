/**
 * The bundler, rolldown: what goes in, what comes out, and what of a program it can't know by itself. Only this file knows it.
 */
import * as Effect from "effect/Effect"
import { createHash } from "node:crypto"
import { readFileSync } from "node:fs"
import { createRequire, findPackageJSON, isBuiltin } from "node:module"
import { basename, dirname, extname, isAbsolute, join, relative } from "node:path"
import { fileURLToPath, pathToFileURL } from "node:url"
import type { OutputOptions, Plugin, RolldownOptions } from "rolldown"
import { locate } from "../../base/assetFile.ts"
import { assetCalls } from "./assetCalls.ts"
import { BuildError } from "./BuildError.ts"
import { lightHttp } from "./builtins.ts"
import { looksForFiles, suspicious } from "./ownFiles.ts"
import { isNative, packageName, packageOf } from "./packages.ts"

/** A file of the bundle, by its path in it. */
export interface File {
  readonly path: string
  readonly content: string | Uint8Array
}

/** What the bundler has made, in memory. */
export interface Bundle {
  readonly files: ReadonlyArray<File>
  /** Packages that are no part of it, by name: their folders. */
  readonly packages: ReadonlyMap<string, string>
  /** The files that it was made of. */
  readonly inputs: ReadonlyArray<string>
}

/** The entries of a bundle, by the names of their files. */
const file = (path: string): string => fileURLToPath(new URL(path, import.meta.url))
const ownExtension = extname(fileURLToPath(import.meta.url))
const startId = "\0heddle:start"

const startOf = (config: string): string =>
  `import { enableCompileCache } from "node:module"
enableCompileCache()
const { start } = await import(${JSON.stringify(file(`../bundled${ownExtension}`))})
start(import.meta.url, () => import(${JSON.stringify(config)}))
`

/** Imports rolldown, as heddle or the project has it. */
const load = Effect.fnUntraced(function*(config: string) {
  const imports = async () => {
    const [{ rolldown }, { parseAst }] = await Promise.all([import("rolldown"), import("rolldown/parseAst")])
    return { rolldown, parseAst }
  }
  // Where heddle is linked, its own packages are not the project's.
  const fromProject = async (): ReturnType<typeof imports> => {
    const { resolve } = createRequire(config)
    const [{ rolldown }, { parseAst }] = await Promise.all(
      ["rolldown", "rolldown/parseAst"].map(async (name) => await import(pathToFileURL(resolve(name)).href))
    )
    return { rolldown, parseAst }
  }
  return yield* Effect.tryPromise({
    try: () => imports().catch(fromProject),
    catch: () =>
      new BuildError({ problem: "the bundler rolldown is not installed; run npm install --save-dev rolldown" })
  })
})

/** Why a module can't be built. */
const problemsOf = (): { readonly all: Array<string>; readonly add: (problem: string) => undefined } => {
  const all: Array<string> = []
  return { all, add: (problem) => void all.push(problem) }
}

/** Packages stay outside if they load native add-ons; what is not installed may only be missing where that is expected. */
const resolving = (
  outside: ReadonlySet<string>,
  packages: Map<string, string>,
  problem: (text: string) => undefined
): Plugin => ({
  name: "heddle:resolve",
  resolveId: {
    filter: { id: /^[^./\\\0]|\.node$/ },
    async handler(id, importer, { kind }) {
      if (importer === undefined || isBuiltin(id) || /^[A-Za-z]:[\\/]/.test(id)) return undefined
      const from = relative(process.cwd(), importer)
      const found = await this.resolve(id, importer, { kind, skipSelf: true })
      if (found === null || found.external !== false) {
        if (kind === "import-statement") return problem(`${from} imports ${id}, which is not installed`)
        return { id, external: true }
      }
      const packed = packageAt(id, found.id)
      if (packed !== undefined) {
        if (!outside.has(packed.name) && !isNative(packed.folder)) return undefined
        packages.set(packed.name, packed.folder)
        return { id, external: true }
      }
      return id.endsWith(".node")
        ? problem(`${from} imports the native add-on ${id}; put it into a package of its own, which is copied`)
        : undefined
    }
  }
})

/** The package that an import names, and its folder; nothing for a file of the importer's own package. */
const packageAt = (id: string, file: string): { readonly name: string; readonly folder: string } | undefined => {
  const folder = packageOf(file)
  return folder === undefined || id.startsWith(".") ? undefined : { name: nameOf(id), folder }
}

const nameOf = (id: string): string => id.split("/").slice(0, id.startsWith("@") ? 2 : 1).join("/")

/** Notes packages whose modules look for files next to themselves. */
const noting = (note: (name: string) => void): Plugin => ({
  name: "heddle:own-files",
  transform: {
    filter: { id: /[\\/]node_modules[\\/]/, code: suspicious },
    handler(code, id) {
      const folder = packageOf(id)
      if (folder !== undefined && looksForFiles(code)) note(packageName(folder))
      return undefined
    }
  }
})

/** What `Assets.read` names becomes a file of the bundle, under a name of its own. */
const assets = (
  parse: (code: string, options: { readonly lang: "ts" | "tsx" }) => unknown,
  problem: (text: string) => undefined
): Plugin => ({
  name: "heddle:assets",
  transform: {
    filter: { code: { include: [/import\.meta\.url/] } },
    handler(code, id) {
      if (!code.includes("heddle") || !/\.[cm]?[jt]sx?$/.test(id)) return undefined
      let text = code
      for (
        const { end, name, start } of assetCalls(parse(code, { lang: id.endsWith("x") ? "tsx" : "ts" })).toReversed()
      ) {
        const at = `${relative(process.cwd(), id)}:${code.slice(0, start).split("\n").length}`
        const asset = name === undefined
          ? problem(`${at}: what Assets.read reads is not written out; write Assets.read(import.meta.url, "./name")`)
          : assetOf(name, id)
        if (asset === undefined) continue
        if ("problem" in asset) problem(`${at}: ${asset.problem}`)
        else {
          this.addWatchFile(fileURLToPath(asset.from))
          this.emitFile({ type: "asset", fileName: asset.path, source: asset.content })
          text = text.slice(0, start) + JSON.stringify(`./${asset.path}`) + text.slice(end)
        }
      }
      return text === code ? undefined : { code: text, map: null }
    }
  }
})

/** The file of an asset, and where it lies in the bundle. */
const assetOf = (name: string, importer: string) => {
  try {
    const from = locate(pathToFileURL(importer).href, name)
    const content = readFileSync(from)
    const hash = createHash("sha256").update(content).digest("hex").slice(0, 8)
    const extension = extname(name)
    return { from, path: `assets/${basename(name, extension)}-${hash}${extension}`, content }
  } catch (error) {
    return { problem: `Assets.read names ${name}: ${error instanceof Error ? error.message : String(error)}` }
  }
}

/** How the bundle is written. */
const outputOptions: OutputOptions = {
  format: "esm",
  entryFileNames: "[name].mjs",
  chunkFileNames: "[name]-[hash].mjs",
  assetFileNames: "assets/[name]-[hash][extname]",
  // Each thread keeps the text of its modules: without comments it is half as long, and a single other character would double
  // it, because V8 then takes two bytes for each.
  comments: { legal: true, annotation: false, jsdoc: false },
  charset: "ascii",
  // For `heddle trace`: Node reads them only with --enable-source-maps.
  sourcemap: true
}

interface Settings {
  readonly dir: string
  /** Packages that are copied next to the bundle. */
  readonly outside: ReadonlySet<string>
}

/** Bundles a config module, heddle and all that they import; split, so that each thread loads only what it runs. */
export const bundle = Effect.fnUntraced(function*(config: string, settings: Settings) {
  let { dir, outside } = settings
  // A package that has to stay outside is known only once the bundler has read it. Few have; then it reads all again.
  for (;;) {
    const { unfit, ...bundled } = yield* bundleOnce(config, { dir, outside })
    const more = unfit.filter((name) => !outside.has(name))
    if (more.length === 0) return bundled
    outside = new Set([...outside, ...more])
  }
})

/** Adds those of the packages outside that nothing imports by a statement: a name in a text, such as a plug-in's. */
const addNamed = (outside: ReadonlySet<string>, config: string, packages: Map<string, string>): void => {
  for (const name of outside) {
    const manifest = packages.has(name) ? undefined : findPackageJSON(name, pathToFileURL(config))
    if (manifest !== undefined) packages.set(name, dirname(manifest))
  }
}

/** Bundles the config module with all that it imports, once. */
const bundleOnce = Effect.fnUntraced(function*(config: string, { dir, outside }: Settings) {
  const { parseAst, rolldown } = yield* load(config)
  const unfit = new Set<string>()
  const packages = new Map<string, string>()
  const problems = problemsOf()
  const options: RolldownOptions = {
    input: { start: startId, thread: file("../../worker/entry.js"), config },
    platform: "node",
    plugins: [
      {
        name: "heddle:start",
        resolveId: { filter: { id: /^\0heddle:start$/ }, handler: (id) => id },
        load: { filter: { id: /^\0heddle:start$/ }, handler: () => startOf(config) }
      },
      lightHttp,
      resolving(outside, packages, problems.add),
      noting((name) => void unfit.add(name)),
      assets(parseAst, problems.add)
    ],
    onLog: (level, { code, message }) => {
      if (level === "warn" && code === "MISSING_EXPORT") problems.add(message)
    }
  }
  const { inputs, output } = yield* Effect.tryPromise({
    try: async () => {
      const bundler = await rolldown(options)
      try {
        const { output } = await bundler.generate({ ...outputOptions, dir })
        return { output, inputs: await bundler.watchFiles }
      } finally {
        await bundler.close()
      }
    },
    catch: (error) => new BuildError({ problem: [...problems.all, messageOf(error)].join("; ") })
  })
  if (problems.all.length > 0) {
    return yield* new BuildError({ problem: [...new Set(problems.all)].toSorted().join("; ") })
  }
  addNamed(outside, config, packages)
  const files = output.map((part) => ({
    path: part.fileName,
    content: part.type === "chunk" ? part.code : part.source
  }))
  const manifests = Array.from(packages.values(), (folder) => join(folder, "package.json"))
  return { files, packages, inputs: [...inputs.filter((file) => isAbsolute(file)), ...manifests], unfit: [...unfit] }
})

const messageOf = (error: unknown): string => error instanceof Error ? error.message : String(error)

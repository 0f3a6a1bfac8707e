// The main script of an executable, and of each of its threads, those that are processes included. The modules are assets of the executable; they get URLs
// of files in a folder next to it, so that packages beside the executable are found from them.
const { createRequire, registerHooks, syncBuiltinESMExports } = require("node:module")
const { basename, dirname, join } = require("node:path")
const sea = require("node:sea")
const { pathToFileURL } = require("node:url")
const threads = require("node:worker_threads")

// A thread that is a process runs this file once more. What asks for the main thread is told that it is not on it, as on any thread.
if (process.env.HEDDLE_PROCESS !== undefined && process.send !== undefined && threads.isMainThread) {
  threads.isMainThread = false
  syncBuiltinESMExports()
}

const folder = join(dirname(process.execPath), `${basename(process.execPath)}.bundle`)
const base = `${pathToFileURL(folder).href}/`
const parts = new Set(sea.getAssetKeys())

const isPart = (url) => url.startsWith(base) && parts.has(decodeURI(url.slice(base.length)))
const partOf = (url) => decodeURI(url.slice(base.length))

registerHooks({
  resolve(specifier, context, next) {
    const url = URL.canParse(specifier, context.parentURL) && /^(\.{1,2}\/|file:)/.test(specifier)
      ? new URL(specifier, context.parentURL).href
      : undefined
    return url !== undefined && isPart(url) ? { url, format: "module", shortCircuit: true } : next(specifier, context)
  },
  load(url, context, next) {
    return isPart(url)
      ? { format: "module", source: sea.getAsset(partOf(url), "utf8"), shortCircuit: true }
      : next(url, context)
  }
})

globalThis.heddleBundle = {
  entry: { _tag: "Source", source: sea.getAsset("boot.cjs", "utf8") },
  asset: (url) => isPart(url) ? new Uint8Array(sea.getAsset(partOf(url))) : undefined
}

// The main script's own import() knows built-in modules only; a require that is made for a file leads out of that.
const load = createRequire(base + "boot.cjs")
// An evaluated thread has these as globals, and libraries would take it for CommonJS by them.
for (const name of ["__filename", "__dirname", "require", "module", "exports"]) delete globalThis[name]
load(base + (threads.isMainThread ? "boot.mjs" : "boot-thread.mjs"))

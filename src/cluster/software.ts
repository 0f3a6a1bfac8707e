/**
 * What this machine runs: the versions of the program, of heddle and of Node.
 */
import { readFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import type { Software } from "../actor/fleet.ts"
import { ownFolder } from "../base/bundle.ts"

/** Reads a `package.json`; nothing if there is none that can be read. */
const manifestAt = (path: string): { readonly name?: unknown; readonly version?: unknown } => {
  try {
    const manifest: unknown = JSON.parse(readFileSync(path, "utf8"))
    return typeof manifest === "object" && manifest !== null ? manifest : {}
  } catch {
    return {}
  }
}

/** The version of the next `package.json` above a file that has one. */
const versionAbove = (file: string): string | null => {
  const folder = dirname(file)
  const { version } = manifestAt(join(folder, "package.json"))
  if (typeof version === "string") return version
  return folder === dirname(folder) ? null : versionAbove(folder)
}

/** The version of heddle's own package; in a bundle there is none. */
const ofHeddle = (): string | null => {
  const folder = ownFolder()
  return folder === undefined ? null : versionAbove(fileURLToPath(folder))
}

/** What a program runs whose config module has this URL. */
export const of = (module: string): Software => ({
  version: module.startsWith("file:") ? versionAbove(fileURLToPath(module)) : null,
  heddle: ofHeddle(),
  node: process.version
})

/**
 * Finds a second copy of `effect` in the process.
 *
 * Two copies come of `npm link heddle`, of versions that no single copy satisfies, and of bundles that contain one. What one
 * makes, the other does not always know: messages between threads get lost or can't be cloned.
 */
import * as Rpc from "effect/rpc/Rpc"
import { readFileSync, realpathSync } from "node:fs"
import { findPackageJSON } from "node:module"
import { dirname } from "node:path"

/** The folder of the `effect` that a module imports. `undefined` where there is no package: in a bundle, under Plug'n'Play. */
const folderFor = (module: string): string | undefined => {
  try {
    const file = findPackageJSON("effect", module)
    return file && dirname(realpathSync(file))
  } catch {
    return undefined
  }
}

const describe = (folder: string): string => {
  const manifest: unknown = JSON.parse(readFileSync(`${folder}/package.json`, "utf8"))
  return typeof manifest === "object" && manifest !== null && "version" in manifest
    ? `${folder} (${manifest.version})`
    : folder
}

const remedy =
  "Both must use the same one: install one version (see npm ls effect), install heddle instead of linking it, " +
  "and bundle heddle and effect together or not at all"

/** Says where the copies are that heddle and a config module import, and what to do. */
export const account = (module: string): string => {
  const [ours, theirs] = [folderFor(import.meta.url), folderFor(module)]
  if (ours === undefined) return remedy
  const other = theirs === undefined || theirs === ours ? "" : `, the config module ${describe(theirs)}`
  return `heddle imports ${describe(ours)}${other}. ${remedy}`
}

/** Whether a config module imports another copy than heddle, as far as packages tell. */
export const importsAnother = (module: string): boolean => {
  const [ours, theirs] = [folderFor(import.meta.url), folderFor(module)]
  return ours !== undefined && theirs !== undefined && ours !== theirs
}

const ownPrototype: unknown = Object.getPrototypeOf(Rpc.make("Own"))

/** Whether the messages of a protocol are made with another copy of `effect` than heddle's. */
export const isForeign = (protocol: { readonly requests: ReadonlyMap<string, object> }): boolean =>
  [...protocol.requests.values()].some((message) => Object.getPrototypeOf(message) !== ownPrototype)

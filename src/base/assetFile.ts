/**
 * Where an asset is: a file next to a module, or in a package that the module can import.
 */
import { findPackageJSON } from "node:module"
import { pathToFileURL } from "node:url"

/** The URL of an asset's file, which need not exist. */
export const locate = (module: string, name: string): URL => {
  if (/^\.{0,2}\//.test(name)) return new URL(name, module)
  const [packageName, path] = split(name)
  const manifest = findPackageJSON(packageName, module)
  if (manifest === undefined) throw new Error(`the package ${packageName} is not installed`)
  return new URL(path, pathToFileURL(manifest))
}

const split = (name: string): readonly [packageName: string, path: string] => {
  const parts = name.split("/")
  const length = name.startsWith("@") ? 2 : 1
  return [parts.slice(0, length).join("/"), `./${parts.slice(length).join("/")}`]
}

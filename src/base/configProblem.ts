/**
 * Why a setting can't be read from the configuration, in one line that says what to set. Pure.
 */

/** Where a `ConfigError` says which setting it is about. */
const place = /\n\s*at ((?:\["[^"]*"\])+)/

/** The name of the environment variable of a path of settings. */
const nameOf = (path: string): string => Array.from(path.matchAll(/\["([^"]*)"\]/g), ([, part = ""]) => part).join("_")

/** What an error of the configuration means; goes on after "... has no address: ". */
export const problemOf = ({ message }: { readonly message: string }): string => {
  const [, path] = place.exec(message) ?? []
  const line = message.replace(place, "").replace(/^SchemaError\((.*)\)$/s, "$1").replaceAll(/\s+/g, " ").trim()
  return path === undefined ? line : `set ${nameOf(path)} (${line})`
}

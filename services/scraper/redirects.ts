/**
 * Where an answer leads: the target of a redirect, read from its `Location` as browsers read it.
 */

const statuses = new Set([301, 302, 303, 307, 308])

/** `to`: the next address. `problem`: it redirects to what is no address. Undefined: it doesn't redirect. */
export type Redirect = { readonly to: URL } | { readonly problem: string } | undefined

/**
 * Reads the target of a redirect.
 *
 * **Details**
 * - `location`: the header's value as Node gives it, each byte a character; several headers with a line end between them.
 *   Bytes that are UTF-8 are taken for the characters that they mean, others are kept as they are (`%E9`).
 * - Relative to `from`. An empty one, or none, is no redirect. Several are one if they say the same.
 */
export const redirectOf = (status: number, location: string | undefined, from: URL): Redirect => {
  if (location === undefined || !statuses.has(status)) return undefined
  const targets = [...new Set(location.split("\n").map((target) => target.trim()))].filter((target) => target !== "")
  const [target] = targets
  if (target === undefined) return undefined
  if (targets.length > 1) return { problem: `it redirects to ${targets.length} addresses at once` }
  const to = URL.parse(decoded(target), from)
  if (to === null) return { problem: `it redirects to "${target.slice(0, 200)}", which is no address` }
  to.hash = ""
  return { to }
}

/** A header's bytes as the characters that they mean. */
export const decoded = (header: string): string => {
  if (!/[\x80-\xff]/.test(header) || /[\u0100-\uffff]/.test(header)) return header
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(Buffer.from(header, "latin1"))
  } catch {
    return header.replace(/[\x80-\xff]/g, (byte) => `%${byte.charCodeAt(0).toString(16).toUpperCase()}`)
  }
}

/**
 * Whether this Node decodes Brotli safely: CVE-2026-111497 is a hole in its decoder, and a thread is no wall against a
 * hole in Node.
 */

/** The first versions with the fix, by line. A line that is not listed and older than `fixedFrom` never had one. */
const fixed: Readonly<Record<number, readonly [minor: number, patch: number]>> = {
  22: [23, 4],
  24: [22, 1],
  26: [12, 1]
}

/** Lines from this one on begin with the fix. */
const fixedFrom = 27

/**
 * Says whether a version of Node has the fix.
 *
 * **Details**
 * - `version`: as in `process.versions.node` (`26.10.0`), with or without a `v`.
 * - A pre-release of the first version with the fix counts as without it, and so does what is no version.
 */
export const hasSafeBrotli = (version: string): boolean => {
  const [, line, minor, patch, pre] = /^v?(\d+)\.(\d+)\.(\d+)(-[^+]*)?(?:\+.*)?$/.exec(version.trim()) ?? []
  if (line === undefined) return false
  const [firstMinor, firstPatch] = fixed[Number(line)] ?? (Number(line) >= fixedFrom ? [0, 0] : [Infinity, 0])
  const later = Number(line) > fixedFrom ? 1 : Number(minor) - firstMinor || Number(patch) - firstPatch
  return later > 0 || (later === 0 && pre === undefined)
}

/** What the operator is told once on a Node without the fix. */
export const warning = (version: string): string =>
  `Node ${version} has a hole in its Brotli decoder (CVE-2026-111497), so "br" is neither asked for nor decoded; ` +
  "install Node 26.12.1, 24.22.1 or 22.23.4, or a later one of these lines"

/**
 * The folder of the control sockets, which only its owner can open.
 *
 * ```text
 *   $XDG_RUNTIME_DIR/heddle        1234-5f3a9c01.sock   the socket, or a named pipe elsewhere on Windows
 *   $TMPDIR/heddle-<uid>           1234-5f3a9c01.json   the card of the system that listens there
 *   /tmp/heddle-<uid>
 * ```
 */
import { type BigIntStats, lstatSync, mkdirSync, type Stats } from "node:fs"
import { tmpdir, userInfo } from "node:os"
import { isAbsolute, join } from "node:path"

/** The most bytes that the path of a Unix socket may have on every platform, its end included. */
const longestPathBytes = 103

/** What the choice of a folder depends on. */
export interface Surroundings {
  readonly platform: NodeJS.Platform
  /** `$XDG_RUNTIME_DIR`. */
  readonly runtimeDir: string | undefined
  /** The folder for temporary files. */
  readonly temporary: string
  /** The number of the user, or the name on Windows. */
  readonly user: string | number
}

export const surroundings = (): Surroundings => ({
  platform: process.platform,
  runtimeDir: process.env["XDG_RUNTIME_DIR"],
  temporary: tmpdir(),
  user: process.getuid?.() ?? userInfo().username
})

/** Where a system puts its socket: the first folder that it can use. Pure. */
export const candidates = ({ platform, runtimeDir, temporary, user }: Surroundings): ReadonlyArray<string> => {
  const name = `heddle-${user}`
  const own = runtimeDir !== undefined && isAbsolute(runtimeDir) ? [join(runtimeDir, "heddle")] : []
  const common = platform === "win32" ? [] : [join("/tmp", name)]
  return [...new Set([...own, join(temporary, name), ...common])]
}

/** Where systems of the same user may be, whatever their environment. Pure. */
export const places = (around: Surroundings): ReadonlyArray<string> => {
  const usual = around.platform === "linux" ? [`/run/user/${around.user}/heddle`] : []
  return [...new Set([...candidates(around), ...usual])]
}

/** The path of a socket in a folder; nothing if the kernel would not take it. Pure. */
export const socketIn = (platform: NodeJS.Platform, folder: string, name: string): string | undefined => {
  if (platform === "win32") return `\\\\.\\pipe\\heddle-${name}`
  const path = join(folder, `${name}.sock`)
  return Buffer.byteLength(path) > longestPathBytes ? undefined : path
}

/** What is wrong with a folder that others could get into; nothing if it is private. Pure. */
export const problemOf = (
  folder: string,
  stats: Pick<Stats | BigIntStats, "isDirectory" | "isSymbolicLink"> & { readonly uid: number; readonly mode: number },
  user: string | number
): string | undefined => {
  if (stats.isSymbolicLink()) return `${folder} is a symbolic link; remove it`
  if (!stats.isDirectory()) return `${folder} is no folder; remove it`
  // Windows has neither; there the folder is in the user's own profile.
  if (typeof user === "string") return undefined
  if (stats.uid !== user) return `${folder} belongs to another user (${stats.uid})`
  const others = stats.mode & 0o077
  return others === 0 ? undefined : `${folder} can be opened by others; run chmod 700 ${folder}`
}

/** What is wrong with a folder as it is; nothing if it is private, `"absent"` if there is none. */
export const inspect = (folder: string, user: string | number): string | undefined => {
  try {
    return problemOf(folder, lstatSync(folder), user)
  } catch (error) {
    return isAbsent(error)
      ? "absent"
      : `${folder} can't be used: ${error instanceof Error ? error.message : String(error)}`
  }
}

const isAbsent = (error: unknown): boolean =>
  error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ENOTDIR")

/** Makes a folder if it is not there, and returns what is wrong with it. */
export const ensure = (folder: string, user: string | number): string | undefined => {
  try {
    mkdirSync(folder, { mode: 0o700 })
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) {
      return `${folder} can't be made: ${error instanceof Error ? error.message : String(error)}`
    }
  }
  return inspect(folder, user)
}

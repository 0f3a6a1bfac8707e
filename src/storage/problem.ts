/**
 * Why a storage can't be opened or written, in words: what is wrong, and what to do about it. They go on after "the storage ...".
 */
import * as SqlError from "effect/sql/SqlError"

/** The primary result codes of SQLite that an operator can do something about. */
const texts: ReadonlyMap<number, string> = new Map([
  [3, "may not use its file; give this user the right to read and write it, and its folder"],
  [5, "is locked by another process; end that process, or declare another file"],
  [6, "is locked by another process; end that process, or declare another file"],
  [8, "can't write its file, which is read-only; make it and its folder writable"],
  [10, "can't read or write its file; look at the disk"],
  [11, "has a corrupt file; restore a copy of it, or move it away to begin with an empty one"],
  [13, "has no room to write; free some on its disk"],
  [14, "can't open its file; look whether its folder is there and may be written"],
  [26, "has a file that is no SQLite database; declare another one, or move it away"]
])

/** Says what an error means. `path` is the file. */
export const explain = (error: unknown, path: string): string => {
  const cause = SqlError.isSqlError(error) ? error.reason.cause : error
  const code = codeOf(cause)
  const text = code === undefined ? undefined : texts.get(code & 0xff)
  const detail = cause instanceof Error ? cause.message : String(cause)
  return `${text ?? "does not work"} (${path}: ${detail})`
}

/** SQLite's own code of an error, the extended one. */
const codeOf = (cause: unknown): number | undefined =>
  typeof cause === "object" && cause !== null && "errcode" in cause && typeof cause.errcode === "number"
    ? cause.errcode
    : undefined

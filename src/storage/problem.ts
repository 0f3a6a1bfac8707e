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

/** What the file system says before SQLite has the file, by the same codes. */
const ofFileSystem: ReadonlyMap<string, number> = new Map([
  ["EACCES", 3],
  ["EPERM", 3],
  ["EROFS", 8],
  ["EIO", 10],
  ["ENOSPC", 13],
  ["EDQUOT", 13],
  ["ENOENT", 14],
  ["ENOTDIR", 14],
  ["EISDIR", 14],
  ["EEXIST", 14]
])

/** The kinds of errors of a database server. */
const reasons: ReadonlyMap<string, string> = new Map([
  ["ConnectionError", "can't reach its database; look whether that runs and may be reached from here"],
  ["AuthenticationError", "is not let in by its database; look at the user and the password of its url"],
  ["AuthorizationError", "may not use its tables; give its user the right to create and change them"],
  ["LockTimeoutError", "waits for a lock of its database in vain; look who holds it"],
  ["StatementTimeoutError", "has to wait for its database for too long; look what keeps that busy"]
])

/** Says what an error means. `path` is the file, or where the database is. */
export const explain = (error: unknown, path: string): string => {
  const reason = SqlError.isSqlError(error) ? error.reason : undefined
  const cause = reason?.cause ?? error
  const code = codeOf(cause)
  const text = code === undefined ? reasons.get(reason?._tag ?? "") : texts.get(code & 0xff)
  const detail = cause instanceof Error ? cause.message : String(cause)
  return `${text ?? "does not work"} (${path}: ${detail})`
}

/** SQLite's own code of an error, the extended one. */
const codeOf = (cause: unknown): number | undefined => {
  if (typeof cause !== "object" || cause === null) return undefined
  if ("errcode" in cause && typeof cause.errcode === "number") return cause.errcode
  return "syscall" in cause && "code" in cause ? ofFileSystem.get(String(cause.code)) : undefined
}

/**
 * Whether the files of a storage are still those that it has open.
 *
 * A file that is moved, deleted or replaced while it is open can be written as before, and nobody finds what is written.
 */
import { statSync } from "node:fs"

/** Which file lies at a path; nothing if none does. */
const identityOf = (path: string): string | undefined => {
  const stats = statSync(path, { bigint: true, throwIfNoEntry: false })
  return stats && `${stats.dev} ${stats.ino}`
}

/** Notes which file is open, and makes what says what has become of it; that goes on after "the storage ...". */
export const watch = (path: string): () => string | undefined => {
  const journal = `${path}-wal`
  const file = identityOf(path)
  // SQLite makes it with the first commit, and keeps it until it is closed.
  let journalFile: string | undefined
  return () => {
    if (identityOf(path) !== file) {
      return `has lost its file, which was moved, deleted or replaced while it was open; it goes on with what is there now (${path})`
    }
    const now = identityOf(journal)
    journalFile ??= now
    return now === journalFile
      ? undefined
      : `has lost its journal, which was moved, deleted or replaced while it was open; it writes it again from memory (${journal})`
  }
}

/** The counts of a crawl, which change together with its rows on disk. */
import type { DatabaseSync } from "node:sqlite"
import { type Counts, countsOf, type statements } from "./frontierTables.ts"
import type { SkipReason } from "./Scraper.ts"

/** The statements of a frontier. */
export type Sql = ReturnType<typeof statements>

/** The counts of a crawl, and how they change with its rows: both or neither. */
export interface Books {
  readonly counts: Counts
  /** The hosts that may have queued addresses. */
  readonly hosts: Set<string>
  readonly transaction: (work: () => void) => void
  readonly count: (reason: SkipReason, by: number) => void
}

/** Opens the books of a crawl. `transaction` changes counts and rows: both or neither. */
export const booksOf = (database: DatabaseSync, id: string, sql: Sql): Books => {
  const counts = countsOf(database, id)
  return {
    counts,
    hosts: new Set(sql.hosts.all(id).map((row) => String(row["host"]))),
    transaction: (work) => {
      const before = { ...counts }
      database.exec("BEGIN IMMEDIATE")
      try {
        work()
        if (counts.lost !== before.lost) sql.lose.run(counts.lost, id)
        database.exec("COMMIT")
      } catch (error) {
        Object.assign(counts, before)
        database.exec("ROLLBACK")
        throw error
      }
    },
    count: (reason, by) => {
      counts.skipped = new Map(counts.skipped).set(reason, (counts.skipped.get(reason) ?? 0) + by)
    }
  }
}

/**
 * What a crawl has seen, has still to fetch and has found: on disk, so that it outlives the scraper.
 *
 * ```text
 *   queued ──take──▶ taken ──settle──▶ settled (its outcome is kept until the crawl ends)
 *    ▲  ▲              │  └──skip────▶ skipped (a redirect led to a page that is another's)
 *    │  └── the scraper died ──┘
 *   left (found, and not to be fetched: the reason is counted; queued after all when it may be)
 * ```
 *
 * An address that a redirect passes through is `skipped` as well. Others may pass through it too, as through a site's page
 * of consent; the one at which a redirect ended (`final`) was fetched.
 */
import type { DatabaseSync } from "node:sqlite"
import { type Adding, addingTo } from "./frontierAdding.ts"
import { booksOf } from "./frontierBooks.ts"
import { drop, dropSome, isReason, settledPages, statements } from "./frontierTables.ts"
import { type Taking, taking } from "./frontierTaking.ts"
import type { SkipReason } from "./Scraper.ts"
import type { Settled } from "./traps.ts"

export { hostOf } from "./frontierAdding.ts"
export type { Address, Kind, Notes, Taken } from "./frontierEntry.ts"
export { drop, keptMillis, prepare } from "./frontierTables.ts"

/** How far a crawl's file has been written. */
export interface Exported {
  readonly nth: number
  readonly bytes: number
}

/** One crawl's part of the disk. All methods are synchronous and short, if they are given few addresses. */
export interface Frontier extends Adding, Taking {
  /** Counts addresses that a page had and could not even name. */
  readonly lose: (count: number) => void
  /** Whether one of these was noted of no page yet. */
  readonly isNew: (prints: ReadonlyArray<string>) => boolean
  /** Why an address is not fetched; undefined if it is, or is not known. */
  readonly reasonOf: (key: string) => SkipReason | undefined
  /** The pages that were settled before, for `traps.ts`. */
  readonly settledPages: () => Iterable<Settled & { readonly count: number }>
  /** Counts the outcomes. */
  readonly settled: () => number
  /** Returns the outcome that was settled as the `nth`, from 1. */
  readonly outcome: (nth: number) => string | undefined
  /** The settled outcomes of the seeds. */
  readonly seedOutcomes: () => ReadonlyArray<string>
  readonly exported: () => Exported
  readonly setExported: (exported: Exported) => void
  /** Counts addresses that are queued or taken. */
  readonly waiting: () => number
  /** Counts what was not fetched, by reason. */
  readonly skipped: () => ReadonlyMap<SkipReason, number>
  /** Forgets the crawl, a part of it at a time; says whether there is more to forget. */
  readonly drop: () => boolean
}

/** Goes on with the crawl `id`, or begins it. What was taken when its last reader went away waits again. */
export const open = (database: DatabaseSync, id: string, maxPages: number, nowMillis: number): Frontier => {
  if (Number(database.prepare("SELECT over FROM crawls WHERE id = ?").get(id)?.["over"] ?? 0) !== 0) drop(database, id)
  database.prepare("INSERT INTO crawls (id, touched) VALUES (?1, ?2) ON CONFLICT DO UPDATE SET touched = ?2").run(
    id,
    nowMillis
  )
  database.prepare("UPDATE pages SET state = 'queued' WHERE crawl = ? AND state = 'taken'").run(id)
  const sql = statements(database)
  const books = booksOf(database, id, sql)
  const { counts, transaction } = books
  return {
    ...addingTo(id, Math.max(1000, 10 * maxPages), sql, books),
    ...taking(id, maxPages, sql, books),
    lose: (lost) =>
      transaction(() => {
        counts.lost += lost
      }),
    isNew: (prints) => prints.some((print) => sql.hasPrint.get(id, print) === undefined),
    reasonOf: (key) => {
      const reason = sql.state.get(id, key)?.["reason"]
      return isReason(reason) ? reason : undefined
    },
    settledPages: () => settledPages(database, id),
    settled: () => counts.settled,
    outcome: (nth) => {
      const outcome = sql.outcome.get(id, nth)?.["outcome"]
      return typeof outcome === "string" ? outcome : undefined
    },
    seedOutcomes: () => sql.seeds.all(id).map((row) => String(row["outcome"])),
    exported: () => {
      const row = sql.exported.get(id)
      return { nth: Number(row?.["exported"] ?? 0), bytes: Number(row?.["bytes"] ?? 0) }
    },
    setExported: ({ bytes, nth }) => void sql.export.run(nth, bytes, id),
    waiting: () => counts.waiting,
    skipped: () =>
      counts.lost === 0
        ? counts.skipped
        : new Map(counts.skipped).set("limit", (counts.skipped.get("limit") ?? 0) + counts.lost),
    drop: () => dropSome(database, id)
  }
}

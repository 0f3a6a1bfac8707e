/** How addresses leave a frontier: taken, then settled or skipped. */
import type { Books, Sql } from "./frontierBooks.ts"
import type { Notes, Taken } from "./frontierEntry.ts"
import { isReason } from "./frontierTables.ts"
import type { SkipReason } from "./Scraper.ts"

/** The ways out of a frontier. */
export interface Taking {
  /**
   * Takes the address that waits longest, breadth first, of those whose host is free. None when as many pages were fetched,
   * or are, as the crawl may.
   */
  readonly take: (isFree?: (host: string) => boolean) => Taken | undefined
  /** Says that a redirect of a taken address leads to `key`; false if that was fetched before, or is being fetched. */
  readonly claim: (key: string, taken: Taken) => boolean
  /**
   * Keeps the outcome. With a reason it doesn't count as fetched. If its redirects ended where another's had ended before,
   * it is skipped as a duplicate.
   */
  readonly settle: (taken: Taken, outcome: string, reason?: SkipReason, notes?: Notes) => void
  readonly skip: (taken: Taken, reason?: SkipReason, notes?: Notes) => void
}

/** Of a thousand hosts the longest waiting need not be the first: 200 are looked at. */
const mostHosts = 200

/** Takes from the crawl `id`, which fetches `maxPages` pages at most. */
export const taking = (
  id: string,
  maxPages: number,
  sql: Sql,
  books: Books
): Taking => {
  const { count, counts, hosts, transaction } = books
  const skip = (taken: Taken, reason: SkipReason): void => {
    sql.skip.run(reason, id, taken.key)
    counts.waiting--
    counts.taken--
    count(reason, 1)
  }
  const settle = (taken: Taken, outcome: string, reason: SkipReason | undefined, { finalKey, page }: Notes): void => {
    const fresh = page === undefined ? null : Number(page.isNew)
    const final = Number(finalKey === undefined || finalKey === taken.key)
    sql.keep.run(++counts.settled, outcome, reason ?? null, page?.shape ?? null, fresh, final, id, taken.key)
    counts.waiting--
    counts.taken--
    if (reason === undefined) counts.fetched++
    else count(reason, 1)
  }
  const print = (prints: ReadonlyArray<string> = []): void => {
    for (const print of prints) sql.print.run(id, print)
  }
  return {
    take: (isFree = () => true) => {
      if (counts.fetched + counts.taken >= maxPages) return undefined
      const row = longestWaiting(id, sql, hosts, isFree)
      if (row === undefined) return undefined
      const taken: Taken = {
        key: String(row["key"]),
        url: String(row["url"]),
        depth: Number(row["depth"]),
        kind: row["kind"] === "sitemap" ? "sitemap" : "page",
        run: Number(row["run"]),
        parent: String(row["parent"])
      }
      sql.take.run(id, taken.key)
      counts.taken++
      return taken
    },
    claim: claiming(id, sql, books),
    settle: (taken, outcome, reason, notes = {}) =>
      transaction(() => {
        const { finalKey = taken.key } = notes
        if (finalKey !== taken.key) {
          if (Number(sql.state.get(id, finalKey)?.["final"] ?? 0) === 1) return skip(taken, "duplicate")
          sql.end.run(id, finalKey)
        }
        print(notes.prints)
        settle(taken, outcome, reason, notes)
      }),
    skip: (taken, reason = "duplicate", notes = {}) =>
      transaction(() => {
        print(notes.prints)
        skip(taken, reason)
      })
  }
}

/** The row that waits longest. Of very many hosts only some are looked at; those have enough to do. */
const longestWaiting = (id: string, sql: Sql, hosts: Set<string>, isFree: (host: string) => boolean) => {
  let longest: ReturnType<Sql["first"]["get"]>
  let looked = 0
  for (const host of hosts) {
    if (!isFree(host)) continue
    const row = sql.first.get(id, host)
    if (row === undefined) hosts.delete(host)
    else if (longest === undefined || Number(row["place"]) < Number(longest["place"])) longest = row
    if (++looked >= mostHosts) break
  }
  return longest
}

/** A redirect may pass through addresses, and end at one that no other redirect has ended at. */
const claiming = (id: string, sql: Sql, { count, counts }: Books): Taking["claim"] => (key, taken) => {
  if (key === taken.key) return true
  const row = sql.state.get(id, key)
  if (row === undefined) {
    sql.visit.run(id, key, taken.depth, taken.key)
    return true
  }
  const isFinal = Number(row["final"]) === 1
  if (row["state"] === "settled" || row["state"] === "taken") return row["state"] === "settled" && !isFinal
  if (row["state"] === "skipped" && (isFinal || row["via"] === null)) return !isFinal
  if (row["state"] === "queued") counts.waiting--
  if (row["state"] === "left") {
    counts.left--
    if (isReason(row["reason"])) count(row["reason"], -1)
  }
  sql.pass.run(taken.key, id, key)
  return true
}

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
import { type Counts, countsOf, drop, dropSome, isReason, settledPages, statements } from "./frontierTables.ts"
import type { SkipReason } from "./Scraper.ts"
import type { Settled } from "./traps.ts"

export { drop, keptMillis, prepare } from "./frontierTables.ts"

/** What an address is fetched for: a page of its own, or the addresses in it. */
export type Kind = "page" | "sitemap"

/** An address that is this fiber's to fetch. */
export interface Taken {
  readonly key: string
  readonly url: string
  readonly depth: number
  readonly kind: Kind
  /** See `traps.ts`. */
  readonly run: number
  readonly parent: string
}

/** An address to fetch, and its canonical form. */
export interface Address {
  readonly key: string
  readonly url: string
  readonly kind?: Kind
  readonly run?: number
  readonly parent?: string
}

/** What is noted of a page besides its outcome. `finalKey`: where its redirects ended. */
export interface Notes {
  readonly finalKey?: string | undefined
  readonly page?: Settled | undefined
  readonly prints?: ReadonlyArray<string> | undefined
}

/** How far a crawl's file has been written. */
export interface Exported {
  readonly nth: number
  readonly bytes: number
}

/** One crawl's part of the disk. All methods are synchronous and short, if they are given few addresses. */
export interface Frontier {
  /** Adds addresses that were not seen before, in this order, ten times as many as the crawl may fetch. */
  readonly add: (addresses: Iterable<Address>, depth: number) => void
  /** Counts addresses that are not to be fetched, each once. */
  readonly leave: (addresses: Iterable<Address>, depth: number, reason: SkipReason) => void
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

/** Of a thousand hosts the longest waiting need not be the first: 200 are looked at. */
const mostHosts = 200

export const hostOf = (url: string): string => URL.parse(url)?.host ?? ""

type Sql = ReturnType<typeof statements>

/** The counts of a crawl, and how they change with its rows: both or neither. */
interface Books {
  readonly counts: Counts
  /** The hosts that may have queued addresses. */
  readonly hosts: Set<string>
  readonly transaction: (work: () => void) => void
  readonly count: (reason: SkipReason, by: number) => void
}

const booksOf = (database: DatabaseSync, id: string, sql: Sql): Books => {
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

const addingTo = (
  id: string,
  mostPlaces: number,
  sql: Sql,
  { count, counts, hosts, transaction }: Books
): Pick<Frontier, "add" | "leave"> => {
  const queue = ({ key, kind = "page", parent = "", run = 0, url }: Address, depth: number): void => {
    if (counts.places >= mostPlaces) {
      if (sql.isKnown.get(id, key) === undefined) counts.lost++
      return
    }
    const place = counts.places + 1
    const host = hostOf(url)
    if (Number(sql.insert.run(id, key, url, depth, place, kind, run, parent, host).changes) === 0) {
      const revived = sql.revive.get(id, key, url, depth, place, kind, run, parent, host)
      if (revived === undefined) return void sql.shorten.run(id, key, run, parent)
      counts.left--
      if (isReason(revived["reason"])) count(revived["reason"], -1)
    }
    hosts.add(host)
    counts.places++
    counts.waiting++
  }
  const leaveOut = ({ key, url }: Address, depth: number, reason: SkipReason): void => {
    if (counts.left >= mostPlaces) {
      if (sql.isKnown.get(id, key) === undefined) counts.lost++
    } else if (Number(sql.leave.run(id, key, url, depth, reason).changes) > 0) {
      counts.left++
      count(reason, 1)
    }
  }
  return {
    add: (addresses, depth) =>
      transaction(() => {
        for (const address of addresses) queue(address, depth)
      }),
    leave: (addresses, depth, reason) =>
      transaction(() => {
        for (const address of addresses) leaveOut(address, depth, reason)
      })
  }
}

const taking = (
  id: string,
  maxPages: number,
  sql: Sql,
  { count, counts, hosts, transaction }: Books
): Pick<Frontier, "take" | "claim" | "settle" | "skip"> => {
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
  /** The row that waits longest. Of very many hosts only some are looked at; those have enough to do. */
  const first = (isFree: (host: string) => boolean) => {
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
  const print = (prints: ReadonlyArray<string> = []): void => {
    for (const print of prints) sql.print.run(id, print)
  }
  return {
    take: (isFree = () => true) => {
      if (counts.fetched + counts.taken >= maxPages) return undefined
      const row = first(isFree)
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
    claim: (key, taken) => {
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
    },
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

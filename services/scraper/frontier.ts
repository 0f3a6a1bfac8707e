/**
 * What a crawl has seen, has still to fetch and has found: on disk, so that it outlives the scraper.
 *
 * ```text
 *   queued ──take──▶ taken ──settle──▶ settled (its outcome is kept until the crawl ends)
 *    ▲  ▲              │  └──skip────▶ skipped (a redirect led to a page that is another's)
 *    │  └── the scraper died ──┘
 *   left (found, and not to be fetched: the reason is counted; queued after all when it may be)
 * ```
 */
import type { DatabaseSync } from "node:sqlite"
import type { SkipReason } from "./Scraper.ts"

/** An address that is this fiber's to fetch. */
export interface Taken {
  readonly key: string
  readonly url: string
  readonly depth: number
}

/** An address to fetch, and its canonical form. */
export interface Address {
  readonly key: string
  readonly url: string
}

/** One crawl's part of the disk. All methods are synchronous and short, if they are given few addresses. */
export interface Frontier {
  /** Adds addresses that were not seen before, in this order, ten times as many as the crawl may fetch. */
  readonly add: (addresses: Iterable<Address>, depth: number) => void
  /** Counts addresses that are not to be fetched, each once. */
  readonly leave: (addresses: Iterable<Address>, depth: number, reason: SkipReason) => void
  /** Takes the address that waits longest: breadth first. None when as many pages were fetched, or are, as the crawl may. */
  readonly take: () => Taken | undefined
  /** Says that a redirect of a taken address leads to `key`; false if that is somebody else's or was fetched before. */
  readonly claim: (key: string, taken: Taken) => boolean
  /** Keeps the outcome and adds what was found, both or neither. With a reason it doesn't count as fetched. */
  readonly settle: (taken: Taken, outcome: string, found: Iterable<Address>, reason?: SkipReason) => void
  readonly skip: (taken: Taken, reason?: SkipReason) => void
  /** Counts addresses that a page had and could not even name. */
  readonly lose: (count: number) => void
  /** Returns the outcome that was settled as the `nth`, from 1. */
  readonly outcome: (nth: number) => string | undefined
  /** The settled outcomes of the seeds. */
  readonly seedOutcomes: () => ReadonlyArray<string>
  /** Counts addresses that are queued or taken. */
  readonly waiting: () => number
  /** Counts what was not fetched, by reason. */
  readonly skipped: () => ReadonlyMap<SkipReason, number>
  /** Forgets the crawl, a part of it at a time; says whether there is more to forget. */
  readonly drop: () => boolean
}

/** Crawls that nobody asked for in this time are forgotten when the storage is opened. */
export const keptMillis = 7 * 86_400_000

/** Of the tables. Crawls that another version left are forgotten. */
const version = 2

/** Prepares a database: makes its tables and forgets old crawls. */
export const prepare = (database: DatabaseSync, nowMillis: number): void => {
  database.exec(`
    PRAGMA busy_timeout = 2000;
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = NORMAL;
  `)
  if (database.prepare("PRAGMA user_version").get()?.["user_version"] !== version) {
    database.exec("DROP TABLE IF EXISTS pages; DROP TABLE IF EXISTS crawls")
  }
  database.exec(`
    CREATE TABLE IF NOT EXISTS crawls (
      id TEXT PRIMARY KEY, touched INTEGER NOT NULL, lost INTEGER NOT NULL DEFAULT 0, over INTEGER NOT NULL DEFAULT 0
    ) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS pages (
      crawl TEXT NOT NULL, key TEXT NOT NULL, url TEXT NOT NULL, depth INTEGER NOT NULL, state TEXT NOT NULL,
      reason TEXT, place INTEGER, via TEXT, nth INTEGER, outcome TEXT,
      PRIMARY KEY (crawl, key)
    );
    CREATE INDEX IF NOT EXISTS queue ON pages (crawl, state, place);
    CREATE UNIQUE INDEX IF NOT EXISTS settled ON pages (crawl, nth) WHERE nth IS NOT NULL;
    PRAGMA user_version = ${version};
  `)
  const old = nowMillis - keptMillis
  database.prepare("DELETE FROM pages WHERE crawl IN (SELECT id FROM crawls WHERE touched < ?)").run(old)
  database.prepare("DELETE FROM crawls WHERE touched < ?").run(old)
}

/** What is known of a crawl without counting its rows again for each page. */
interface Counts {
  places: number
  left: number
  settled: number
  /** Settled addresses that count against the crawl's limit. */
  fetched: number
  taken: number
  waiting: number
  lost: number
  readonly skipped: ReadonlyMap<SkipReason, number>
}

const countsOf = (database: DatabaseSync, id: string): Counts => {
  const number = (sql: string): number => Number(database.prepare(sql).get(id)?.["n"] ?? 0)
  const reasons = database.prepare(
    "SELECT reason, count(*) AS n FROM pages WHERE crawl = ? AND reason IS NOT NULL AND state <> 'queued' GROUP BY reason"
  ).all(id)
  return {
    places: number("SELECT max(place) AS n FROM pages WHERE crawl = ?"),
    left: number("SELECT count(*) AS n FROM pages WHERE crawl = ? AND state = 'left'"),
    settled: number("SELECT max(nth) AS n FROM pages WHERE crawl = ?"),
    fetched: number("SELECT count(*) AS n FROM pages WHERE crawl = ? AND nth IS NOT NULL AND reason IS NULL"),
    taken: 0,
    waiting: number("SELECT count(*) AS n FROM pages WHERE crawl = ? AND state = 'queued'"),
    lost: number("SELECT lost AS n FROM crawls WHERE id = ?"),
    skipped: new Map(
      reasons.flatMap((row) => isReason(row["reason"]) ? [[row["reason"], Number(row["n"])] as const] : [])
    )
  }
}

const reasons: ReadonlySet<unknown> = new Set<SkipReason>([
  "robots",
  "type",
  "blocked",
  "offHost",
  "duplicate",
  "depth",
  "limit"
])
const isReason = (value: unknown): value is SkipReason => reasons.has(value)

const statements = (database: DatabaseSync) => ({
  insert: database.prepare(
    "INSERT INTO pages (crawl, key, url, depth, state, place) VALUES (?, ?, ?, ?, 'queued', ?) ON CONFLICT DO NOTHING"
  ),
  revive: database.prepare(
    `UPDATE pages SET url = ?3, depth = ?4, state = 'queued', place = ?5
     WHERE crawl = ?1 AND key = ?2 AND state = 'left' RETURNING reason`
  ),
  leave: database.prepare(
    "INSERT INTO pages (crawl, key, url, depth, state, reason) VALUES (?, ?, ?, ?, 'left', ?) ON CONFLICT DO NOTHING"
  ),
  isKnown: database.prepare("SELECT 1 FROM pages WHERE crawl = ? AND key = ?"),
  first: database.prepare(
    "SELECT key, url, depth FROM pages WHERE crawl = ? AND state = 'queued' ORDER BY place LIMIT 1"
  ),
  take: database.prepare("UPDATE pages SET state = 'taken', reason = NULL WHERE crawl = ? AND key = ?"),
  skip: database.prepare("UPDATE pages SET state = 'skipped', reason = ? WHERE crawl = ? AND key = ?"),
  unqueue: database.prepare(
    "UPDATE pages SET state = 'skipped', reason = NULL, via = ? WHERE crawl = ? AND key = ? AND state = 'queued'"
  ),
  visit: database.prepare(
    `INSERT INTO pages (crawl, key, url, depth, state, via) VALUES (?1, ?2, ?2, ?3, 'skipped', ?4)
     ON CONFLICT DO UPDATE SET via = ?4 WHERE via = ?4`
  ),
  keep: database.prepare(
    "UPDATE pages SET state = 'settled', nth = ?, outcome = ?, reason = ? WHERE crawl = ? AND key = ?"
  ),
  lose: database.prepare("UPDATE crawls SET lost = ? WHERE id = ?"),
  outcome: database.prepare("SELECT outcome FROM pages WHERE crawl = ? AND nth = ?"),
  seeds: database.prepare("SELECT outcome FROM pages WHERE crawl = ? AND depth = 0 AND nth IS NOT NULL")
})

/** Goes on with the crawl `id`, or begins it. What was taken when its last reader went away waits again. */
export const open = (database: DatabaseSync, id: string, maxPages: number, nowMillis: number): Frontier => {
  if (Number(database.prepare("SELECT over FROM crawls WHERE id = ?").get(id)?.["over"] ?? 0) !== 0) drop(database, id)
  database.prepare("INSERT INTO crawls (id, touched) VALUES (?1, ?2) ON CONFLICT DO UPDATE SET touched = ?2").run(
    id,
    nowMillis
  )
  database.prepare("UPDATE pages SET state = 'queued' WHERE crawl = ? AND state = 'taken'").run(id)
  const mostPlaces = Math.max(1000, 10 * maxPages)
  const sql = statements(database)
  let counts = countsOf(database, id)

  const transaction = (work: () => void): void => {
    const before = { ...counts }
    database.exec("BEGIN IMMEDIATE")
    try {
      work()
      if (counts.lost !== before.lost) sql.lose.run(counts.lost, id)
      database.exec("COMMIT")
    } catch (error) {
      counts = before
      database.exec("ROLLBACK")
      throw error
    }
  }
  const count = (reason: SkipReason, by: number): void => {
    counts = { ...counts, skipped: new Map(counts.skipped).set(reason, (counts.skipped.get(reason) ?? 0) + by) }
  }
  const queue = ({ key, url }: Address, depth: number): void => {
    if (counts.places >= mostPlaces) {
      if (sql.isKnown.get(id, key) === undefined) counts.lost++
      return
    }
    if (Number(sql.insert.run(id, key, url, depth, counts.places + 1).changes) === 0) {
      const revived = sql.revive.get(id, key, url, depth, counts.places + 1)
      if (revived === undefined) return
      counts.left--
      if (isReason(revived["reason"])) count(revived["reason"], -1)
    }
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
  const each = (addresses: Iterable<Address>, work: (address: Address) => void): void => {
    for (const address of addresses) work(address)
  }

  return {
    add: (addresses, depth) => transaction(() => each(addresses, (address) => queue(address, depth))),
    leave: (addresses, depth, reason) =>
      transaction(() => each(addresses, (address) => leaveOut(address, depth, reason))),
    take: () => {
      if (counts.fetched + counts.taken >= maxPages) return undefined
      const row = sql.first.get(id)
      if (row === undefined) return undefined
      const taken = { key: String(row["key"]), url: String(row["url"]), depth: Number(row["depth"]) }
      sql.take.run(id, taken.key)
      counts.taken++
      return taken
    },
    claim: (key, taken) => {
      if (key === taken.key) return true
      const unqueued = Number(sql.unqueue.run(taken.key, id, key).changes)
      counts.waiting -= unqueued
      return unqueued > 0 || Number(sql.visit.run(id, key, taken.depth, taken.key).changes) > 0
    },
    settle: (taken, outcome, found, reason) =>
      transaction(() => {
        sql.keep.run(++counts.settled, outcome, reason ?? null, id, taken.key)
        counts.waiting--
        counts.taken--
        if (reason === undefined) counts.fetched++
        else count(reason, 1)
        each(found, (address) => queue(address, taken.depth + 1))
      }),
    skip: (taken, reason = "duplicate") => {
      sql.skip.run(reason, id, taken.key)
      counts.waiting--
      counts.taken--
      count(reason, 1)
    },
    lose: (lost) =>
      transaction(() => {
        counts.lost += lost
      }),
    outcome: (nth) => {
      const outcome = sql.outcome.get(id, nth)?.["outcome"]
      return typeof outcome === "string" ? outcome : undefined
    },
    seedOutcomes: () => sql.seeds.all(id).map((row) => String(row["outcome"])),
    waiting: () => counts.waiting,
    skipped: () =>
      counts.lost === 0
        ? counts.skipped
        : new Map(counts.skipped).set("limit", (counts.skipped.get("limit") ?? 0) + counts.lost),
    drop: () => dropSome(database, id)
  }
}

/** Forgets a crawl. */
export const drop = (database: DatabaseSync, id: string): void => {
  while (dropSome(database, id));
}

/** Rows forgotten at one go; the outcome of each is up to a megabyte. */
const slice = 100

/** A crawl that is half forgotten is marked, so that nobody goes on with it. */
const dropSome = (database: DatabaseSync, id: string): boolean => {
  database.prepare("UPDATE crawls SET over = 1 WHERE id = ? AND over = 0").run(id)
  const dropped = database.prepare(
    "DELETE FROM pages WHERE rowid IN (SELECT rowid FROM pages WHERE crawl = ? LIMIT ?)"
  ).run(id, slice)
  if (Number(dropped.changes) === slice) return true
  database.prepare("DELETE FROM crawls WHERE id = ?").run(id)
  return false
}

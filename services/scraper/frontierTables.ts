/**
 * The tables that hold frontiers, and the statements over them.
 */
import type { DatabaseSync } from "node:sqlite"
import { SkipReason } from "./Scraper.ts"
import type { Settled } from "./traps.ts"

/** Crawls that nobody asked for in this time are forgotten when the storage is opened. */
export const keptMillis = 7 * 86_400_000

/** Of the tables. Crawls that another version left are forgotten. */
const version = 4

/** Prepares a database: makes its tables and forgets old crawls. */
export const prepare = (database: DatabaseSync, nowMillis: number): void => {
  database.exec(`
    PRAGMA busy_timeout = 2000;
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = NORMAL;
  `)
  if (database.prepare("PRAGMA user_version").get()?.["user_version"] !== version) {
    database.exec("DROP TABLE IF EXISTS pages; DROP TABLE IF EXISTS crawls; DROP TABLE IF EXISTS prints")
  }
  database.exec(`
    CREATE TABLE IF NOT EXISTS crawls (
      id TEXT PRIMARY KEY, touched INTEGER NOT NULL, lost INTEGER NOT NULL DEFAULT 0, over INTEGER NOT NULL DEFAULT 0,
      exported INTEGER NOT NULL DEFAULT 0, bytes INTEGER NOT NULL DEFAULT 0
    ) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS pages (
      crawl TEXT NOT NULL, key TEXT NOT NULL, url TEXT NOT NULL, depth INTEGER NOT NULL, state TEXT NOT NULL,
      host TEXT NOT NULL DEFAULT '', kind TEXT NOT NULL DEFAULT 'page', run INTEGER NOT NULL DEFAULT 0, parent TEXT NOT NULL DEFAULT '',
      reason TEXT, place INTEGER, via TEXT, final INTEGER NOT NULL DEFAULT 0, nth INTEGER, outcome TEXT,
      shape TEXT, fresh INTEGER,
      PRIMARY KEY (crawl, key)
    );
    CREATE INDEX IF NOT EXISTS queue ON pages (crawl, state, host, place);
    CREATE UNIQUE INDEX IF NOT EXISTS settled ON pages (crawl, nth) WHERE nth IS NOT NULL;
    CREATE TABLE IF NOT EXISTS prints (crawl TEXT NOT NULL, print TEXT NOT NULL, PRIMARY KEY (crawl, print)) WITHOUT ROWID;
    PRAGMA user_version = ${version};
  `)
  const old = nowMillis - keptMillis
  for (const table of ["pages", "prints"]) {
    database.prepare(`DELETE FROM ${table} WHERE crawl IN (SELECT id FROM crawls WHERE touched < ?)`).run(old)
  }
  database.prepare("DELETE FROM crawls WHERE touched < ?").run(old)
}

/** What is known of a crawl without counting its rows again for each page. */
export interface Counts {
  places: number
  left: number
  settled: number
  /** Settled addresses that count against the crawl's limit. */
  fetched: number
  taken: number
  waiting: number
  lost: number
  skipped: ReadonlyMap<SkipReason, number>
}

export const countsOf = (database: DatabaseSync, id: string): Counts => {
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

/** The settled pages of a crawl, those that are alike counted together. */
export const settledPages = (database: DatabaseSync, id: string): ReadonlyArray<Settled & { readonly count: number }> =>
  database.prepare(
    "SELECT shape, parent, fresh, count(*) AS n FROM pages WHERE crawl = ? AND shape IS NOT NULL GROUP BY shape, parent, fresh"
  ).all(id).map((row) => ({
    shape: String(row["shape"]),
    parent: String(row["parent"]),
    isNew: Number(row["fresh"]) === 1,
    count: Number(row["n"])
  }))

const reasons: ReadonlySet<unknown> = new Set(SkipReason.literals)
export const isReason = (value: unknown): value is SkipReason => reasons.has(value)

export const statements = (database: DatabaseSync) => ({
  insert: database.prepare(
    `INSERT INTO pages (crawl, key, url, depth, state, place, kind, run, parent, host)
     VALUES (?, ?, ?, ?, 'queued', ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`
  ),
  revive: database.prepare(
    `UPDATE pages SET url = ?3, depth = ?4, state = 'queued', place = ?5, kind = ?6, run = ?7, parent = ?8, host = ?9
     WHERE crawl = ?1 AND key = ?2 AND state = 'left' RETURNING reason`
  ),
  /** Found again from a page that says more: its run is the shorter one. */
  shorten: database.prepare(
    "UPDATE pages SET run = ?3, parent = ?4 WHERE crawl = ?1 AND key = ?2 AND state = 'queued' AND run > ?3"
  ),
  leave: database.prepare(
    "INSERT INTO pages (crawl, key, url, depth, state, reason) VALUES (?, ?, ?, ?, 'left', ?) ON CONFLICT DO NOTHING"
  ),
  isKnown: database.prepare("SELECT 1 FROM pages WHERE crawl = ? AND key = ?"),
  first: database.prepare(
    `SELECT key, url, depth, kind, run, parent, place FROM pages
     WHERE crawl = ? AND state = 'queued' AND host = ? ORDER BY place LIMIT 1`
  ),
  hosts: database.prepare("SELECT DISTINCT host FROM pages WHERE crawl = ? AND state = 'queued'"),
  take: database.prepare("UPDATE pages SET state = 'taken', reason = NULL WHERE crawl = ? AND key = ?"),
  skip: database.prepare("UPDATE pages SET state = 'skipped', reason = ? WHERE crawl = ? AND key = ?"),
  state: database.prepare("SELECT state, reason, via, final FROM pages WHERE crawl = ? AND key = ?"),
  pass: database.prepare("UPDATE pages SET state = 'skipped', reason = NULL, via = ? WHERE crawl = ? AND key = ?"),
  visit: database.prepare(
    "INSERT INTO pages (crawl, key, url, depth, state, via) VALUES (?1, ?2, ?2, ?3, 'skipped', ?4)"
  ),
  end: database.prepare("UPDATE pages SET final = 1 WHERE crawl = ? AND key = ?"),
  keep: database.prepare(
    `UPDATE pages SET state = 'settled', nth = ?, outcome = ?, reason = ?, shape = ?, fresh = ?, final = ?
     WHERE crawl = ? AND key = ?`
  ),
  hasPrint: database.prepare("SELECT 1 FROM prints WHERE crawl = ? AND print = ?"),
  print: database.prepare("INSERT INTO prints (crawl, print) VALUES (?, ?) ON CONFLICT DO NOTHING"),
  lose: database.prepare("UPDATE crawls SET lost = ? WHERE id = ?"),
  exported: database.prepare("SELECT exported, bytes FROM crawls WHERE id = ?"),
  export: database.prepare("UPDATE crawls SET exported = ?, bytes = ? WHERE id = ?"),
  outcome: database.prepare("SELECT outcome FROM pages WHERE crawl = ? AND nth = ?"),
  seeds: database.prepare(
    "SELECT outcome FROM pages WHERE crawl = ? AND depth = 0 AND kind = 'page' AND nth IS NOT NULL"
  )
})

/** Forgets a crawl. */
export const drop = (database: DatabaseSync, id: string): void => {
  while (dropSome(database, id));
}

/** Rows forgotten at one go; the outcome of each is up to a megabyte. */
const slice = 100

/** Forgets a part of a crawl; says whether there is more. One that is half forgotten is marked, so that it does not go on. */
export const dropSome = (database: DatabaseSync, id: string): boolean => {
  database.prepare("UPDATE crawls SET over = 1 WHERE id = ? AND over = 0").run(id)
  const dropped = database.prepare(
    "DELETE FROM pages WHERE rowid IN (SELECT rowid FROM pages WHERE crawl = ? LIMIT ?)"
  ).run(id, slice)
  if (Number(dropped.changes) === slice) return true
  database.prepare("DELETE FROM prints WHERE crawl = ?").run(id)
  database.prepare("DELETE FROM crawls WHERE id = ?").run(id)
  return false
}

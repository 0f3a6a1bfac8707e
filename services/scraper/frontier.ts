/**
 * What a crawl has seen, has still to fetch and has found: on disk, so that it outlives the scraper.
 *
 * ```text
 *   queued ──take──▶ taken ──settle──▶ settled (its outcome is kept until the crawl ends)
 *      ▲               │  └──skip────▶ skipped (a redirect led to a page that is another's)
 *      └── the scraper died ──┘
 * ```
 */
import type { DatabaseSync } from "node:sqlite"

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

/** One crawl's part of the disk. All methods are synchronous and short. */
export interface Frontier {
  /** Adds addresses that were not seen before, in this order, as long as the crawl may fetch that many. */
  readonly add: (addresses: Iterable<Address>, depth: number) => void
  /** Takes the address that waits longest: breadth first. */
  readonly take: () => Taken | undefined
  /** Says that a redirect of a taken address leads to `key`; false if that is somebody else's or was fetched before. */
  readonly claim: (key: string, taken: Taken) => boolean
  /** Keeps the outcome and adds what was found, both or neither. */
  readonly settle: (taken: Taken, outcome: string, found: Iterable<Address>) => void
  readonly skip: (taken: Taken) => void
  /** Returns the outcome that was settled as the `nth`, from 1. */
  readonly outcome: (nth: number) => string | undefined
  /** The settled outcomes of the seeds. */
  readonly seedOutcomes: () => ReadonlyArray<string>
  /** Counts addresses that are queued or taken. */
  readonly waiting: () => number
  /** Forgets the crawl. */
  readonly drop: () => void
}

/** Crawls that nobody asked for in this time are forgotten when the storage is opened. */
export const keptMillis = 7 * 86_400_000

/** Prepares a database: makes its tables and forgets old crawls. */
export const prepare = (database: DatabaseSync, nowMillis: number): void => {
  database.exec(`
    PRAGMA busy_timeout = 2000;
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = NORMAL;
    CREATE TABLE IF NOT EXISTS crawls (id TEXT PRIMARY KEY, touched INTEGER NOT NULL) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS pages (
      crawl TEXT NOT NULL, key TEXT NOT NULL, url TEXT NOT NULL, depth INTEGER NOT NULL, state TEXT NOT NULL,
      place INTEGER, via TEXT, nth INTEGER, outcome TEXT,
      PRIMARY KEY (crawl, key)
    );
    CREATE INDEX IF NOT EXISTS queue ON pages (crawl, state, place);
    CREATE UNIQUE INDEX IF NOT EXISTS settled ON pages (crawl, nth) WHERE nth IS NOT NULL;
  `)
  const old = nowMillis - keptMillis
  database.prepare("DELETE FROM pages WHERE crawl IN (SELECT id FROM crawls WHERE touched < ?)").run(old)
  database.prepare("DELETE FROM crawls WHERE touched < ?").run(old)
}

/** Goes on with the crawl `id`, or begins it. What was taken when its last reader went away waits again. */
export const open = (database: DatabaseSync, id: string, maxPages: number, nowMillis: number): Frontier => {
  database.prepare("INSERT INTO crawls VALUES (?1, ?2) ON CONFLICT DO UPDATE SET touched = ?2").run(id, nowMillis)
  database.prepare("UPDATE pages SET state = 'queued' WHERE crawl = ? AND state = 'taken'").run(id)

  const number = (sql: string): number => Number(database.prepare(sql).get(id)?.["n"] ?? 0)
  // Counted here from now on: a large crawl would count its rows again for each page.
  let counts = {
    places: number("SELECT max(place) AS n FROM pages WHERE crawl = ?"),
    settled: number("SELECT max(nth) AS n FROM pages WHERE crawl = ?"),
    waiting: number("SELECT count(*) AS n FROM pages WHERE crawl = ? AND state = 'queued'")
  }

  const insert = database.prepare(
    "INSERT INTO pages (crawl, key, url, depth, state, place) VALUES (?, ?, ?, ?, 'queued', ?) ON CONFLICT DO NOTHING"
  )
  const first = database.prepare(
    "SELECT key, url, depth FROM pages WHERE crawl = ? AND state = 'queued' ORDER BY place LIMIT 1"
  )
  const setState = database.prepare("UPDATE pages SET state = ? WHERE crawl = ? AND key = ?")
  const unqueue = database.prepare(
    "UPDATE pages SET state = 'skipped', via = ? WHERE crawl = ? AND key = ? AND state = 'queued'"
  )
  const visit = database.prepare(
    `INSERT INTO pages (crawl, key, url, depth, state, via) VALUES (?1, ?2, ?2, ?3, 'skipped', ?4)
     ON CONFLICT DO UPDATE SET via = ?4 WHERE via = ?4`
  )
  const keep = database.prepare(
    "UPDATE pages SET state = 'settled', nth = ?, outcome = ? WHERE crawl = ? AND key = ?"
  )
  const nthOutcome = database.prepare("SELECT outcome FROM pages WHERE crawl = ? AND nth = ?")
  const ofSeeds = database.prepare("SELECT outcome FROM pages WHERE crawl = ? AND depth = 0 AND nth IS NOT NULL")

  const transaction = (work: () => void): void => {
    const before = { ...counts }
    database.exec("BEGIN IMMEDIATE")
    try {
      work()
      database.exec("COMMIT")
    } catch (error) {
      counts = before
      database.exec("ROLLBACK")
      throw error
    }
  }
  const insertAll = (addresses: Iterable<Address>, depth: number): void => {
    for (const { key, url } of addresses) {
      if (counts.places >= maxPages) return
      const inserted = Number(insert.run(id, key, url, depth, counts.places + 1).changes)
      counts.places += inserted
      counts.waiting += inserted
    }
  }
  const claim = (key: string, taken: Taken): boolean => {
    if (key === taken.key) return true
    const unqueued = Number(unqueue.run(taken.key, id, key).changes)
    counts.waiting -= unqueued
    return unqueued > 0 || Number(visit.run(id, key, taken.depth, taken.key).changes) > 0
  }

  return {
    add: (addresses, depth) => transaction(() => insertAll(addresses, depth)),
    take: () => {
      const row = first.get(id)
      if (row === undefined) return undefined
      const taken = { key: String(row["key"]), url: String(row["url"]), depth: Number(row["depth"]) }
      setState.run("taken", id, taken.key)
      return taken
    },
    claim,
    settle: (taken, outcome, found) =>
      transaction(() => {
        keep.run(++counts.settled, outcome, id, taken.key)
        counts.waiting--
        insertAll(found, taken.depth + 1)
      }),
    skip: (taken) => {
      setState.run("skipped", id, taken.key)
      counts.waiting--
    },
    outcome: (nth) => {
      const outcome = nthOutcome.get(id, nth)?.["outcome"]
      return typeof outcome === "string" ? outcome : undefined
    },
    seedOutcomes: () => ofSeeds.all(id).map((row) => String(row["outcome"])),
    waiting: () => counts.waiting,
    drop: () => drop(database, id)
  }
}

/** Forgets a crawl. */
export const drop = (database: DatabaseSync, id: string): void => {
  database.prepare("DELETE FROM pages WHERE crawl = ?").run(id)
  database.prepare("DELETE FROM crawls WHERE id = ?").run(id)
}

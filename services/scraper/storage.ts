/**
 * Where the frontiers of crawls are: one SQLite file, opened when the first crawl is asked for.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { mkdirSync } from "node:fs"
import { join } from "node:path"
import type { DatabaseSync } from "node:sqlite"
import * as Frontier from "./frontier.ts"
import { CrawlFailed } from "./Scraper.ts"
import type { Settings } from "./settings.ts"

/** Opens the frontier of a crawl; a `fresh` one forgets what was there. */
export type Storage = (id: string, maxPages: number, fresh: boolean) => Effect.Effect<Frontier.Frontier, CrawlFailed>

/**
 * Makes the storage; ending the scope closes the file.
 *
 * **Gotchas**
 * - Two processes may share a directory as long as they don't run the same crawl.
 */
export const make = Effect.fnUntraced(function*(
  settings: Pick<Settings, "data">
): Effect.fn.Return<Storage, never, Scope.Scope> {
  let opened: DatabaseSync | undefined
  yield* Effect.addFinalizer(() => Effect.sync(() => opened?.close()))

  const database = Effect.gen(function*() {
    // Loaded here, because most scrapers never crawl.
    const sqlite = yield* Effect.promise(() => import("node:sqlite"))
    const now = yield* Clock.currentTimeMillis
    return yield* onDisk(() => {
      if (opened !== undefined) return opened
      if (settings.data !== ":memory:") mkdirSync(settings.data, { recursive: true })
      const database = new sqlite.DatabaseSync(
        settings.data === ":memory:" ? settings.data : join(settings.data, "crawls.sqlite")
      )
      Frontier.prepare(database, now)
      return opened = database
    })
  })

  return Effect.fnUntraced(function*(id: string, maxPages: number, fresh: boolean) {
    const db = yield* database
    const now = yield* Clock.currentTimeMillis
    return yield* onDisk(() => {
      if (fresh) Frontier.drop(db, id)
      return Frontier.open(db, id, maxPages, now)
    })
  })
})

/** Does something with the storage; what it throws is the storage's failure. */
export const onDisk = <A>(work: () => A): Effect.Effect<A, CrawlFailed> =>
  Effect.try({
    try: work,
    catch: (cause) =>
      new CrawlFailed({
        reason: "Storage",
        detail: `SCRAPER_DATA could not be read or written (${cause instanceof Error ? cause.message : cause}); ` +
          "see to the disk and ask again: the crawl goes on where it was"
      })
  })

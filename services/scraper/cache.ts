/**
 * Keeps answers on disk for development: a crawl that is run again and again while its selectors are written asks the site
 * once. An answer that is too old is asked for on condition that it has changed.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { hash } from "node:crypto"
import { mkdirSync } from "node:fs"
import { join } from "node:path"
import type { DatabaseSync } from "node:sqlite"
import { type Answer, discard } from "./body.ts"
import { InvalidSettings, type Settings } from "./settings.ts"

/** A GET, with all headers that are sent. */
export interface Asked {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
}

export interface Cache {
  /** Answers from the cache, or executes the request with these headers more, and keeps what comes. */
  readonly through: <E, R>(
    asked: Asked,
    execute: (conditions: Readonly<Record<string, string>>) => Effect.Effect<Answer, E, R>
  ) => Effect.Effect<Answer, E, R>
}

/** Of one body as it came over the wire, and of all. */
const most = { body: 8_388_608, all: 1_073_741_824 } as const

/** Answers that may be another one a moment later. */
const isPassing = (status: number): boolean => status === 408 || status === 425 || status === 429 || status >= 500

interface Kept {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
  readonly atMillis: number
}

const Headers = Schema.fromJsonString(Schema.Record(Schema.String, Schema.String))
const decodeHeaders = Schema.decodeUnknownSync(Headers)

/** Opens the cache, until the scope ends. */
export const make = Effect.fnUntraced(function*(
  settings: Pick<Settings, "cacheMillis"> & { readonly cache: string }
): Effect.fn.Return<Cache, InvalidSettings, Scope.Scope> {
  const sqlite = yield* Effect.promise(() => import("node:sqlite"))
  const database = yield* Effect.acquireRelease(
    Effect.try({
      try: () => {
        mkdirSync(settings.cache, { recursive: true })
        return prepare(new sqlite.DatabaseSync(join(settings.cache, "answers.sqlite")))
      },
      catch: (cause) =>
        new InvalidSettings({
          problem: `SCRAPER_CACHE=${settings.cache} can't be used (${cause instanceof Error ? cause.message : cause})`
        })
    }),
    (database) => Effect.sync(() => database.close())
  )
  const find = database.prepare("SELECT status, headers, body, at FROM answers WHERE key = ?")
  const touch = database.prepare("UPDATE answers SET at = ? WHERE key = ?")
  const put = database.prepare("INSERT OR REPLACE INTO answers (key, status, headers, body, at) VALUES (?, ?, ?, ?, ?)")
  const sum = database.prepare("SELECT coalesce(sum(length(body)), 0) AS n FROM answers")
  const forget = database.prepare(
    "DELETE FROM answers WHERE key IN (SELECT key FROM answers ORDER BY at LIMIT max(1, (SELECT count(*) FROM answers) / 10))"
  )
  let bytes = Number(sum.get()?.["n"] ?? 0)
  let hasWarned = false

  const lookUp = (key: string): Kept | undefined => {
    const row = find.get(key)
    const body = row?.["body"]
    return row === undefined || !(body instanceof Uint8Array)
      ? undefined
      : { status: Number(row["status"]), headers: decodeHeaders(row["headers"]), body, atMillis: Number(row["at"]) }
  }
  // What can't be kept is fetched again: no reason to fail.
  const store = (key: string, { headers, status }: Answer, body: Uint8Array) =>
    Effect.flatMap(Clock.currentTimeMillis, (now) =>
      Effect.try({
        try: () => {
          put.run(key, status, JSON.stringify(headers), body, now)
          bytes += body.byteLength
          while (bytes > most.all && Number(forget.run().changes) > 0) bytes = Number(sum.get()?.["n"] ?? 0)
        },
        catch: (error) => error
      })).pipe(
        Effect.catch((error) => {
          if (hasWarned) return Effect.void
          hasWarned = true
          return Effect.logWarning("SCRAPER_CACHE could not be written to; answers are not kept", error)
        })
      )

  return {
    through: (asked, execute) =>
      Effect.gen(function*() {
        const key = keyOf(asked)
        const kept = lookUp(key)
        const now = yield* Clock.currentTimeMillis
        if (kept !== undefined && now - kept.atMillis < settings.cacheMillis) return answerOf(kept)
        const answer = yield* execute(kept === undefined ? {} : conditionsOf(kept))
        if (answer.status === 304 && kept !== undefined) {
          yield* discard(answer)
          touch.run(now, key)
          return answerOf(kept)
        }
        return isPassing(answer.status) ? answer : recording(answer, (body) => store(key, answer, body))
      })
  }
})

/** Two requests are the same if all is the same that they send: a page is another one to somebody who is logged in. */
const keyOf = ({ headers, url }: Asked): string =>
  hash("sha256", JSON.stringify([url, ...Object.entries(headers).toSorted(([a], [b]) => (a < b ? -1 : 1))]))

const conditionsOf = ({ headers: { etag, "last-modified": modified } }: Kept): Readonly<Record<string, string>> => ({
  ...(etag === undefined ? {} : { "if-none-match": etag }),
  ...(modified === undefined ? {} : { "if-modified-since": modified })
})

const answerOf = ({ body, headers, status }: Kept): Answer => ({
  status,
  headers: Object.assign(Object.create(null), headers),
  stream: body.byteLength === 0 ? Stream.empty : Stream.make(body)
})

/** The same answer; its body is handed to `keep` once it was read to its end. */
const recording = (answer: Answer, keep: (body: Uint8Array) => Effect.Effect<void>): Answer => {
  const pieces: Array<Uint8Array> = []
  let bytes = 0
  const read = Stream.mapArray(answer.stream, (some) => {
    for (const piece of some) {
      bytes += piece.byteLength
      if (bytes <= most.body) pieces.push(piece)
      else pieces.length = 0
    }
    return some
  })
  const end = Stream.suspend(() =>
    Stream.drain(Stream.fromEffect(bytes > most.body ? Effect.void : keep(Buffer.concat(pieces))))
  )
  return { status: answer.status, headers: answer.headers, stream: Stream.concat(read, end) }
}

const prepare = (database: DatabaseSync): DatabaseSync => {
  database.exec(`
    PRAGMA busy_timeout = 2000;
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = OFF;
    CREATE TABLE IF NOT EXISTS answers (
      key TEXT PRIMARY KEY, status INTEGER NOT NULL, headers TEXT NOT NULL, body BLOB NOT NULL, at INTEGER NOT NULL
    ) WITHOUT ROWID;
  `)
  return database
}

/**
 * A storage in a Postgres database, which one process has at a time, or the machines of a cluster share.
 *
 * ```text
 *   connect --> advisory lock of the schema, kept by a session of its own --> its name in `heddle_owner` --> open
 *                 | held by another process for 10 seconds: fails
 *   each transaction reads `heddle_owner` first: if another process has written its name there, this one has lost the storage
 * ```
 *
 * The lock goes with its session, when the database restarts for example. Then another process may take the storage over, and
 * the name keeps the first one from writing.
 *
 * Machines of a cluster hold that lock together, and each has messages of its own ([sharing.ts](sharing.ts)).
 */
import * as Config from "effect/Config"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import { SqlClient } from "effect/sql/SqlClient"
import type { SqlError } from "effect/sql/SqlError"
import { randomUUID } from "node:crypto"
import { problemOf } from "../base/configProblem.ts"
import type { Url } from "../Storage.ts"
import { type Database, Unusable } from "./database.ts"
import type { Place } from "./place.ts"
import { explain } from "./problem.ts"
import * as sharing from "./sharing.ts"

/** For how long the storage waits for a process that is about to end. */
const lockTries = 50
const lockEvery = "200 millis"

/** How many connections it has at most: one for the lock, one that writes, and the rest for who looks. */
const mostConnections = 4

/** Connects to a database, until the scope closes. `where` is its address without what may be secret. */
export const connect = Effect.fnUntraced(function*(
  url: Url,
  options: {
    readonly applicationName: string
    readonly maxConnections: number
    readonly startupParameters?: Readonly<Record<string, string>>
  }
): Effect.fn.Return<{ readonly sql: SqlClient; readonly where: string }, Unusable, Scope.Scope> {
  const secret = yield* secretOf(url)
  if (!isOfPostgres(Redacted.value(secret))) {
    return yield* Effect.fail(
      new Unusable("has a url that is none of Postgres; write one such as postgres://user:password@host:5432/name")
    )
  }
  const where = placeOf(Redacted.value(secret))
  const PgClient = yield* load
  const context = yield* Effect.mapError(
    Layer.build(PgClient.layer({ ...options, url: secret, connectTimeout: "5 seconds" })),
    (error) => new Unusable(explain(error, where))
  )
  return { sql: Context.get(context, SqlClient), where }
})

/** Connects, and takes the storage for this process, or this process's part of it. */
export const open = Effect.fnUntraced(function*(
  { isShared, url }: Extract<Place, { readonly kind: "postgres" }>
): Effect.fn.Return<Database, Unusable, Scope.Scope> {
  const { sql, where } = yield* connect(url, {
    applicationName: "heddle",
    maxConnections: mostConnections,
    ...isShared === true
      ? { startupParameters: { idle_in_transaction_session_timeout: `${sharing.standstillMillis}` } }
      : {}
  })
  const unusable = Effect.mapError((error: SqlError) => new Unusable(explain(error, where)))
  const session = yield* unusable(sql.reserve)
  const shared = isShared === true ? "_shared" : ""
  const lock = session.execute(
    `SELECT pg_try_advisory_lock${shared}(hashtext('heddle ' || current_schema())) AS locked`,
    [],
    undefined
  )
  const isLocked = Effect.map(unusable(lock), ([row]) => Reflect.get(Object(row), "locked") === true)
  const tried = yield* Effect.repeat(
    isLocked,
    { until: (locked) => locked, times: lockTries, schedule: Schedule.spaced(lockEvery) }
  )
  if (!tried) {
    const other = isShared === true ? "a system without cluster" : "another process"
    return yield* Effect.fail(
      new Unusable(`is used by ${other}; end that process, or declare another database or schema (${where})`)
    )
  }
  const own = yield* unusable(isShared === true ? sharing.enter(sql, session) : alone(sql))
  return {
    ...own,
    sql,
    explain: (error) => explain(error, where),
    guard: Effect.flatMap(
      own.isOwn,
      (isOwn) => isOwn ? Effect.void : Effect.fail(new Unusable(`was taken over by another process (${where})`))
    )
  }
})

/** This process has all of the storage. */
const alone = Effect.fnUntraced(function*(sql: SqlClient) {
  const owner = randomUUID()
  yield* sql.withTransaction(Effect.gen(function*() {
    yield* sql.unsafe("CREATE TABLE IF NOT EXISTS heddle_owner (name TEXT NOT NULL)")
    yield* sql.unsafe("DELETE FROM heddle_owner")
    yield* sql`INSERT INTO heddle_owner (name) VALUES (${owner})`
  }))
  const isOwn = Effect.map(
    sql<{ readonly name: string }>`SELECT name FROM heddle_owner FOR SHARE`,
    ([row]) => row?.name === owner
  )
  return { isOwn }
})

/** The optional package that speaks with Postgres. */
const load = Effect.tryPromise({
  // The handler here tells bundlers that the package may be missing.
  try: () => import("@effect/sql-pg/PgClient").catch((error) => Promise.reject(error)),
  catch: (error) =>
    new Unusable(
      `needs the package @effect/sql-pg, which can't be loaded; run npm install @effect/sql-pg@^4.0.5 (${
        error instanceof Error ? error.message : String(error)
      })`
    )
})

const secretOf = (url: Url): Effect.Effect<Redacted.Redacted, Unusable> =>
  Effect.mapBoth(Config.isConfig(url) ? url : Effect.succeed(url), {
    onFailure: (error) => new Unusable(`has no address: ${problemOf(error)}`),
    onSuccess: (read) => typeof read === "string" ? Redacted.make(read) : read
  })

/** Whether a text may be the address of a database: a URL, or the folder of a socket. What it says may be secret. */
const isOfPostgres = (url: string): boolean =>
  url.startsWith("/") || (URL.canParse(url) && /^(postgres|postgresql|socket):/.test(url))

/** Host, port and database of an address; what may be secret is left out. */
const placeOf = (url: string): string => {
  try {
    const { host, pathname } = new URL(url)
    return `postgres://${host}${pathname}`
  } catch {
    return "its url can't be read"
  }
}

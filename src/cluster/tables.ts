/**
 * What machines write into their database: who is there, and by which secret they know each other.
 */
import * as Effect from "effect/Effect"
import type { SqlClient } from "effect/sql/SqlClient"
import type { Connection } from "effect/sql/SqlConnection"
import type { SqlError } from "effect/sql/SqlError"
import { randomBytes } from "node:crypto"
import * as proof from "./proof.ts"
import { Excluded, type Settings } from "./settings.ts"

/** A machine, as its row says. */
export interface Row {
  readonly id: number
  readonly address: string
  /** Part of the names of its sessions. */
  readonly session: string
  /** What it runs, as JSON. */
  readonly software: string
  /** It was put out, because another machine could not reach it. */
  readonly condemned: boolean
  /** The session that has entered it is gone, so its process is, or it knows that it has to leave. */
  readonly isGone: boolean
}

/** The name of a lock of this schema, as the first half of an advisory lock. */
const lockOf = (what: string): string => `hashtext('heddle ${what} ' || current_schema())`

/** Makes the tables where they are not. One machine does so at a time. */
export const prepare = (sql: SqlClient): Effect.Effect<void, SqlError> =>
  sql.withTransaction(Effect.gen(function*() {
    yield* sql.unsafe(`SELECT pg_advisory_xact_lock(${lockOf("cluster")}, 0)`)
    yield* sql.unsafe(`CREATE TABLE IF NOT EXISTS heddle_cluster (
      salt BYTEA NOT NULL,
      proof BYTEA NOT NULL
    )`)
    yield* sql.unsafe(`CREATE TABLE IF NOT EXISTS heddle_machines (
      id INTEGER GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      address TEXT NOT NULL,
      session TEXT NOT NULL,
      agreed TEXT NOT NULL,
      software TEXT NOT NULL,
      condemned BOOLEAN NOT NULL DEFAULT false
    )`)
    yield* sql.unsafe("CREATE SEQUENCE IF NOT EXISTS heddle_fences")
  }))

/** Compares the key with that of the machines that have been here before; the first one leaves a proof of its own. */
export const checkKey = Effect.fnUntraced(function*(
  sql: SqlClient,
  { secret }: Settings
): Effect.fn.Return<void, SqlError | Excluded> {
  yield* sql.withTransaction(Effect.gen(function*() {
    yield* sql.unsafe(`SELECT pg_advisory_xact_lock(${lockOf("cluster")}, 0)`)
    const [row] = yield* sql.unsafe<{ readonly salt: Uint8Array; readonly proof: Uint8Array }>(
      "SELECT salt, proof FROM heddle_cluster"
    )
    if (row === undefined) {
      const salt = randomBytes(32)
      yield* sql`INSERT INTO heddle_cluster (salt, proof) VALUES (${salt}, ${proof.of(secret, salt)})`
    } else if (!proof.holds(secret, row.salt, row.proof)) {
      return yield* Effect.fail(
        new Excluded(
          "has another cluster.key than the machines of this database; give all the same, or, once none runs, DELETE FROM heddle_cluster"
        )
      )
    }
  }))
})

/**
 * Enters this machine: a row, and a lock on it that ends with the session, so that nobody has to compare clocks.
 */
export const enter = Effect.fnUntraced(function*(
  session: Connection,
  given: { readonly address: string; readonly session: string; readonly agreed: string; readonly software: string }
): Effect.fn.Return<number, SqlError> {
  const query = (text: string, params: ReadonlyArray<unknown> = []) => session.execute(text, params, undefined)
  yield* query("BEGIN")
  const [row] = yield* query(
    "INSERT INTO heddle_machines (address, session, agreed, software) VALUES ($1, $2, $3, $4) RETURNING id",
    [given.address, given.session, given.agreed, given.software]
  )
  const id = Number(Reflect.get(Object(row), "id"))
  yield* query(`SELECT pg_advisory_lock(${lockOf("machine")}, $1::integer)`, [id])
  yield* query("COMMIT")
  return id
})

/** Reads who is there, by the session that has entered this machine: if that is gone, it fails. */
export const look = (session: Connection, id: number): Effect.Effect<ReadonlyArray<Row>, SqlError> =>
  Effect.map(
    session.execute(
      `SELECT id, address, session, software, condemned, id <> $1::integer AND
        pg_try_advisory_xact_lock_shared(${lockOf("machine")}, id) AS gone FROM heddle_machines ORDER BY id`,
      [id],
      undefined
    ),
    (rows) =>
      rows.map((row) => ({
        id: Number(Reflect.get(Object(row), "id")),
        address: String(Reflect.get(Object(row), "address")),
        session: String(Reflect.get(Object(row), "session")),
        software: String(Reflect.get(Object(row), "software")),
        condemned: Reflect.get(Object(row), "condemned") === true,
        isGone: Reflect.get(Object(row), "gone") === true
      }))
  )

/** What the machines have agreed on that are there, this one aside. */
export const agreements = (sql: SqlClient, ids: ReadonlyArray<number>) =>
  ids.length === 0
    ? Effect.succeed([])
    : sql.unsafe<{ readonly address: string; readonly agreed: string }>(
      `SELECT address, agreed FROM heddle_machines WHERE id IN (${ids.join()}) ORDER BY id`
    )

/** Puts another machine out, unless this one has been put out itself. One machine does so at a time. */
export const condemn = (sql: SqlClient, self: number, other: number): Effect.Effect<void, SqlError> =>
  sql.withTransaction(Effect.gen(function*() {
    yield* sql.unsafe(`SELECT pg_advisory_xact_lock(${lockOf("cluster")}, 0)`)
    yield* sql`UPDATE heddle_machines SET condemned = true WHERE id = ${other} AND EXISTS
      (SELECT 1 FROM heddle_machines WHERE id = ${self} AND NOT condemned)`
  }))

/** Which of these machines have looked at the database lately: they live, though this machine can't reach them. */
export const living = (sql: SqlClient, rows: ReadonlyArray<Row>, millis: number) =>
  Effect.map(
    sql<{ readonly name: string }>`SELECT DISTINCT application_name AS name FROM pg_stat_activity
      WHERE application_name IN ${sql.in(rows.map(({ session }) => nameOf(session)))}
      AND query_start > clock_timestamp() - ${millis}::integer * interval '1 millisecond'`,
    (found): ReadonlySet<number> => {
      const names = new Set(found.map(({ name }) => name))
      return new Set(rows.flatMap(({ id, session }) => names.has(nameOf(session)) ? [id] : []))
    }
  )

/**
 * A number that is greater than all before. The session that holds this machine's locks takes it, so that nobody gets one for what it
 * has lost.
 */
export const fence = (session: Connection): Effect.Effect<number, SqlError> =>
  Effect.map(
    session.execute("SELECT nextval('heddle_fences') AS fence", [], undefined),
    ([row]) => Number(Reflect.get(Object(row), "fence"))
  )

/** Forgets a machine, and ends its sessions: what it had locked is free, and it can write nothing any more. */
export const remove = Effect.fnUntraced(
  function*(sql: SqlClient, { id, session }: Row): Effect.fn.Return<void, SqlError> {
    yield* sql`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = ${nameOf(session)}
    AND pid <> pg_backend_pid()`
    yield* sql`DELETE FROM heddle_machines WHERE id = ${id}`
  }
)

/** This machine leaves. */
export const leave = (sql: SqlClient, id: number) => sql`DELETE FROM heddle_machines WHERE id = ${id}`

/**
 * The client for the engine, whose locks are then held by the session of this machine: when that ends, all are free, and the watch
 * notices. With a session of its own, the engine would notice the end of that ten seconds later.
 */
export const withSession = (sql: SqlClient, session: Connection): SqlClient => {
  const own: SqlClient = new Proxy(sql, {
    get(target, name) {
      if (name === "reserve") return Effect.succeed(session)
      if (name === "withoutTransforms") return () => own
      return Reflect.get(target, name)
    }
  })
  return own
}

/**
 * The prefix of the engine's tables. The engine makes the names of its locks of it, and locks belong to a database: so each schema has
 * another one.
 */
export const prefix = (sql: SqlClient): Effect.Effect<string, SqlError> =>
  Effect.map(
    sql.unsafe<{ readonly suffix: string }>(
      "SELECT CASE current_schema() WHEN 'public' THEN '' ELSE '_' || left(md5(current_schema()), 12) END AS suffix"
    ),
    ([row]) => `heddle_cluster${row?.suffix ?? ""}`
  )

/** The name of the sessions of a machine. */
export const nameOf = (session: string): string => `heddle ${session}`

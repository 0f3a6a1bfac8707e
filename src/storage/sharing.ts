/**
 * How the machines of a cluster share a storage: each has the messages that it has accepted, and takes over those of machines that are
 * gone.
 *
 * A machine's lock on its own number ends with its session. Who finds it free deletes the number, and from then on that machine, should
 * it still be there, can write nothing.
 */
import * as Effect from "effect/Effect"
import type { SqlClient } from "effect/sql/SqlClient"
import type { Connection } from "effect/sql/SqlConnection"
import type { SqlError } from "effect/sql/SqlError"
import { state } from "./layout.ts"

/** After how long a machine that stands still has lost its messages to the others. */
export const standstillMillis = 30_000

const space = "hashtext('heddle owner ' || current_schema())"

/** Enters this machine among those that share the storage. */
export const enter = Effect.fnUntraced(function*(sql: SqlClient, session: Connection) {
  yield* sql.withTransaction(Effect.gen(function*() {
    yield* sql.unsafe(`SELECT pg_advisory_xact_lock(${space}, 0)`)
    yield* sql.unsafe(
      "CREATE TABLE IF NOT EXISTS heddle_owners (id INTEGER GENERATED ALWAYS AS IDENTITY PRIMARY KEY)"
    )
  }))
  const query = (text: string, params: ReadonlyArray<unknown> = []) => session.execute(text, params, undefined)
  yield* query("BEGIN")
  const [row] = yield* query("INSERT INTO heddle_owners DEFAULT VALUES RETURNING id")
  const owner = Number(Reflect.get(Object(row), "id"))
  yield* query(`SELECT pg_advisory_lock(${space}, $1::integer)`, [owner])
  yield* query("COMMIT")
  // The session of a process that stands still does not end by itself.
  yield* query(
    `SELECT set_config(name, '${standstillMillis}', false) FROM pg_settings WHERE name = 'idle_session_timeout'`
  )
  return {
    owner,
    isOwn: Effect.map(
      sql<{ readonly id: number }>`SELECT id FROM heddle_owners WHERE id = ${owner} FOR SHARE`,
      (rows) => rows.length === 1
    ),
    adopt: Effect.andThen(Effect.orDie(query("SELECT 1")), adopt(sql, owner))
  }
})

/** Takes over the messages of those who are gone, and those that belong to nobody. */
const adopt = (sql: SqlClient, owner: number): Effect.Effect<boolean, SqlError> =>
  sql.withTransaction(Effect.gen(function*() {
    // No answer: another machine is doing the same just now.
    const [free] = yield* sql.unsafe<{ readonly free: boolean }>(
      `SELECT pg_try_advisory_xact_lock(${space}, 0) AS free`
    )
    if (free?.free !== true) return false
    yield* sql.unsafe(
      `DELETE FROM heddle_owners WHERE id <> ${owner} AND pg_try_advisory_xact_lock(${space}, id)`
    )
    const adopted = yield* sql.unsafe(
      `UPDATE heddle_messages SET owner = ${owner}, state = ${state.waiting},
          kills = kills + CASE WHEN state = ${state.running} THEN 1 ELSE 0 END
        WHERE state IN (${state.waiting}, ${state.running}) AND NOT EXISTS
          (SELECT 1 FROM heddle_owners WHERE heddle_owners.id = heddle_messages.owner)
        RETURNING seq`
    )
    return adopted.length > 0
  }))

/**
 * How the machines of a cluster share a storage: each has the messages that it has accepted, and takes over those of machines that are
 * gone.
 *
 * A machine's lock on its own number ends with its session. Who finds it free deletes the number, and from then on that machine, should
 * it still be there, can write nothing.
 *
 * When a message is due is said by the clock of the database: those of the machines may differ.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type { SqlClient } from "effect/sql/SqlClient"
import type { Connection } from "effect/sql/SqlConnection"
import type { SqlError } from "effect/sql/SqlError"
import * as monotonic from "../loop/monotonic.ts"
import { SteadyClock } from "../loop/steadyClock.ts"
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
  const clock = new SteadyClock(yield* Clock.Clock)
  const setClock = setting(query, clock)
  yield* setClock
  return {
    owner,
    clock,
    isOwn: Effect.map(
      sql<{ readonly id: number }>`SELECT id FROM heddle_owners WHERE id = ${owner} FOR SHARE`,
      (rows) => rows.length === 1
    ),
    adopt: (actors: ReadonlyArray<string>) => Effect.andThen(Effect.orDie(setClock), adopt(sql, owner, actors))
  }
})

/** Sets a clock to the time of the database. */
const setting = (query: (text: string) => Effect.Effect<ReadonlyArray<unknown>, SqlError>, clock: SteadyClock) =>
  Effect.gen(function*() {
    const asked = monotonic.read(clock)
    const [row] = yield* query("SELECT (extract(epoch FROM clock_timestamp()) * 1000)::float8 AS now")
    const answered = monotonic.read(clock)
    clock.set(Number(Reflect.get(Object(row), "now")), monotonic.plus(asked, (answered - asked) / 2))
  })

/**
 * The owners of messages in a state: one step in its index for each, because there may be millions of messages, and each machine looks
 * twice a second.
 */
const ownersOf = (name: "waiting" | "running"): string => {
  const first = (after: string): string =>
    `SELECT owner FROM heddle_messages WHERE state = ${state[name]}${after} ORDER BY owner LIMIT 1`
  const next = `(${first(" AND owner > before.owner")})`
  return `${name} AS ((${first("")}) UNION ALL SELECT ${next} FROM ${name} before WHERE before.owner IS NOT NULL)`
}

/**
 * Takes over the messages of those who are gone, and those that belong to nobody, as far as they are for one of `actors`: a machine that
 * runs another version may have the others.
 */
const adopt = (
  sql: SqlClient,
  owner: number,
  actors: ReadonlyArray<string>
): Effect.Effect<boolean, SqlError> =>
  sql.withTransaction(Effect.gen(function*() {
    // No answer: another machine is doing the same just now.
    const [free] = yield* sql.unsafe<{ readonly free: boolean }>(
      `SELECT pg_try_advisory_xact_lock(${space}, 0) AS free`
    )
    if (free?.free !== true) return false
    yield* sql.unsafe(
      `DELETE FROM heddle_owners WHERE id <> ${owner} AND pg_try_advisory_xact_lock(${space}, id)`
    )
    const left = yield* sql.unsafe<{ readonly owner: number | null }>(
      `WITH RECURSIVE ${ownersOf("waiting")}, ${ownersOf("running")}
        (SELECT owner FROM waiting UNION SELECT owner FROM running) EXCEPT SELECT id FROM heddle_owners`
    )
    const owners = left.flatMap(({ owner }) => owner === null ? [] : [owner])
    if (owners.length === 0 || actors.length === 0) return false
    const adopted = yield* sql`UPDATE heddle_messages SET owner = ${owner}, state = ${sql.literal(`${state.waiting}`)},
        kills = kills + CASE WHEN state = ${sql.literal(`${state.running}`)} THEN 1 ELSE 0 END
      WHERE state IN (${sql.literal(`${state.waiting}, ${state.running}`)}) AND owner IN ${sql.in(owners)}
        AND actor IN ${sql.in(actors)}
      RETURNING seq`
    return adopted.length > 0
  }))

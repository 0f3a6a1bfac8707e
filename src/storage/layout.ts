/**
 * The tables of a storage, by version. Each version is a step from the one before, so that a file of any version is brought up to
 * date.
 */
import * as Effect from "effect/Effect"
import type { SqlClient } from "effect/sql/SqlClient"
import type { SqlError } from "effect/sql/SqlError"

/** What becomes of a message: the values of the column `state`. */
export const state = { waiting: 0, running: 1, done: 2, dead: 3 } as const

/**
 * A message that ran so many times when the process ended without a stop is suspected of ending it, and runs by itself. The number stands in an index, so
 * another one is another layout.
 */
export const suspectKills = 2

/** A storage that a later heddle has written. */
export class LaterLayout {
  readonly _tag = "LaterLayout"
  readonly found: number

  constructor(found: number) {
    this.found = found
  }

  /** Goes on after "the storage ...". */
  get text(): string {
    return `was written by a later version of heddle, in layout ${this.found}, and this one knows those up to ` +
      `${steps.length}; run that version, or declare another file`
  }
}

type Step = (sql: SqlClient) => Effect.Effect<unknown, SqlError>

/** The first layout: messages, those that are remembered and dead letters among them. */
const first: Step = (sql) => {
  const sequence = sql.onDialectOrElse({
    pg: () => "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY",
    orElse: () => "INTEGER PRIMARY KEY AUTOINCREMENT"
  })
  const bytes = sql.onDialectOrElse({ pg: () => "BYTEA", orElse: () => "BLOB" })
  return Effect.forEach(
    [
      `CREATE TABLE heddle_messages (
      seq ${sequence},
      actor TEXT NOT NULL,
      message TEXT NOT NULL,
      message_key TEXT NOT NULL,
      id TEXT NOT NULL,
      state SMALLINT NOT NULL,
      due_at BIGINT NOT NULL,
      accepted_at BIGINT NOT NULL,
      attempt INTEGER NOT NULL,
      failures INTEGER NOT NULL,
      form SMALLINT NOT NULL,
      payload ${bytes},
      sender TEXT NOT NULL,
      headers TEXT,
      keep_for BIGINT,
      keep_until BIGINT,
      ended_at BIGINT,
      status TEXT,
      answer ${bytes},
      why TEXT,
      UNIQUE (actor, message, message_key, id)
    )`,
      "CREATE INDEX heddle_messages_waiting ON heddle_messages (actor, due_at, seq) WHERE state = 0",
      "CREATE INDEX heddle_messages_running ON heddle_messages (seq) WHERE state = 1",
      "CREATE INDEX heddle_messages_kept ON heddle_messages (keep_until) WHERE state = 2",
      "CREATE INDEX heddle_messages_dead ON heddle_messages (ended_at) WHERE state = 3"
    ],
    (statement) => sql.unsafe(statement),
    { discard: true }
  )
}

/** Counts how often a message ran when the process ended, and keeps how far schedules have come. */
const second: Step = (sql) =>
  Effect.forEach(
    [
      "ALTER TABLE heddle_messages ADD COLUMN kills INTEGER NOT NULL DEFAULT 0",
      `CREATE INDEX heddle_messages_suspect ON heddle_messages (kills, due_at, seq) WHERE state = 0 AND kills >= ${suspectKills}`,
      `CREATE TABLE heddle_schedules (
      actor TEXT NOT NULL,
      message TEXT NOT NULL,
      expression TEXT NOT NULL,
      last_at BIGINT NOT NULL,
      PRIMARY KEY (actor, message)
    )`
    ],
    (statement) => sql.unsafe(statement),
    { discard: true }
  )

/** Each message belongs to one of the machines that share the database; 0 is the only one. */
const third: Step = (sql) =>
  Effect.forEach(
    [
      "ALTER TABLE heddle_messages ADD COLUMN owner INTEGER NOT NULL DEFAULT 0",
      "DROP INDEX heddle_messages_waiting",
      "DROP INDEX heddle_messages_running",
      "CREATE INDEX heddle_messages_waiting ON heddle_messages (owner, actor, due_at, seq) WHERE state = 0",
      "CREATE INDEX heddle_messages_running ON heddle_messages (owner) WHERE state = 1"
    ],
    (statement) => sql.unsafe(statement),
    { discard: true }
  )

const steps: ReadonlyArray<Step> = [first, second, third]

/** Brings a storage up to date, in one transaction. Fails with `LaterLayout` if it is ahead. */
export const migrate = (sql: SqlClient): Effect.Effect<void, SqlError | LaterLayout> =>
  sql.withTransaction(Effect.gen(function*() {
    yield* sql.onDialectOrElse({
      pg: () => sql.unsafe("SELECT pg_advisory_xact_lock(hashtext('heddle layout ' || current_schema()))"),
      orElse: () => Effect.void
    })
    yield* sql.unsafe("CREATE TABLE IF NOT EXISTS heddle_layout (version INTEGER NOT NULL)")
    const [row] = yield* sql.unsafe<{ readonly version: number }>("SELECT version FROM heddle_layout")
    const found = row?.version ?? 0
    if (found > steps.length) return yield* Effect.fail(new LaterLayout(found))
    if (found === steps.length) return
    for (const step of steps.slice(found)) yield* step(sql)
    yield* sql.unsafe("DELETE FROM heddle_layout")
    yield* sql.unsafe(`INSERT INTO heddle_layout (version) VALUES (${steps.length})`)
  }))

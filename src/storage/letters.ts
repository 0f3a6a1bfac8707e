/**
 * The dead letters of a storage: seen, repeated, dropped.
 */
import * as Effect from "effect/Effect"
import type { StoredLetter } from "../actor/storageActor.ts"
import * as stored from "../wire/stored.ts"
import type { Database } from "./database.ts"
import { state } from "./layout.ts"

/** Which dead letters are meant: those of an actor, or of these numbers; all if neither is said. */
export interface Selection {
  readonly actor: string | null
  readonly numbers: ReadonlyArray<number> | null
}

/** A dead letter as its row has it. */
interface Row {
  readonly seq: number
  readonly actor: string
  readonly message: string
  readonly message_key: string
  readonly id: string
  readonly sender: string
  readonly failures: number
  readonly why: string | null
  readonly accepted_at: number
  readonly ended_at: number
  readonly form: number
  readonly payload: Uint8Array
}

/** Reads and changes the dead letters of a database. They are changed only as long as this process has the storage. */
export const make = ({ guard, owner = 0, sql }: Pick<Database, "guard" | "owner" | "sql">) => {
  /** The condition of a selection. Numbers are numbers, so they may stand in the statement. */
  const where = ({ actor, numbers }: Selection) => {
    const conditions = [
      sql`state = ${state.dead}`,
      ...actor === null ? [] : [sql`actor = ${actor}`],
      ...numbers === null ? [] : [sql`seq IN (${sql.literal(["-1", ...numbers.map((at) => at.toFixed(0))].join())})`]
    ]
    return sql.and(conditions)
  }
  const guarded = <A, E>(change: Effect.Effect<A, E>) => sql.withTransaction(Effect.andThen(guard, change))
  const actorsOf = (rows: ReadonlyArray<{ readonly seq: number; readonly actor: string }>) =>
    rows.map(({ actor, seq }) => ({ actor, number: Number(seq) }))

  return {
    /** The latest ones, the latest first. */
    list: (selection: Selection, limit: number) =>
      Effect.map(
        sql<
          Row
        >`SELECT seq, actor, message, message_key, id, sender, failures, why, accepted_at, ended_at, form, payload
          FROM heddle_messages WHERE ${where(selection)} ORDER BY ended_at DESC, seq DESC LIMIT ${limit}`,
        (rows) => rows.map(fromRow)
      ),

    /** They wait again, as if they had never failed. Returns which. */
    repeat: (selection: Selection, nowMillis: number) =>
      Effect.map(
        guarded(
          sql<{ readonly seq: number; readonly actor: string }>`UPDATE heddle_messages SET state = ${state.waiting},
          owner = ${owner}, due_at = ${nowMillis}, failures = 0, kills = 0, status = NULL, answer = NULL, ended_at = NULL
          WHERE ${where(selection)} RETURNING seq, actor`
        ),
        actorsOf
      ),

    /** They are forgotten, with their ids. Returns which. */
    drop: (selection: Selection) =>
      Effect.map(
        guarded(sql<{ readonly seq: number; readonly actor: string }>`DELETE FROM heddle_messages
          WHERE ${where(selection)} RETURNING seq, actor`),
        actorsOf
      )
  }
}

/** A row as a dead letter. */
const fromRow = (row: Row): StoredLetter => ({
  number: Number(row.seq),
  actor: row.actor,
  message: stored.unescape(row.message),
  key: stored.unescape(row.message_key),
  id: stored.unescape(row.id),
  sender: row.sender,
  failures: row.failures,
  why: row.why ?? "",
  acceptedAtMillis: Number(row.accepted_at),
  endedAtMillis: Number(row.ended_at),
  form: row.form,
  payload: row.payload
})

/**
 * What a storage finds in its tables when it is opened.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type { SqlClient } from "effect/sql/SqlClient"
import type { SqlError } from "effect/sql/SqlError"
import { storageThread } from "../actor/storageActor.ts"
import type { Courier } from "../link/courier.ts"
import * as stored from "../wire/stored.ts"
import type { Found } from "./engine.ts"
import { state } from "./layout.ts"
import { mostKills, type Stored } from "./message.ts"
import { columns, fromRow, identityFrom, type Row } from "./rows.ts"
import { declaredBy, type Progress, Schedules } from "./schedules.ts"

/**
 * Has what was out when the process or this thread ended wait again, and reads how far schedules have come.
 *
 * `isRestart`: it was this thread that ended, and not the process.
 */
export const recover = Effect.fnUntraced(function*(
  sql: SqlClient,
  { actors }: Pick<Courier, "actors">,
  isRestart: boolean,
  owner = 0
): Effect.fn.Return<Found, SqlError> {
  // A process that is alone has all of them, also those that machines of a cluster have left.
  if (owner === 0) yield* sql.unsafe(`UPDATE heddle_messages SET owner = 0 WHERE state IN (0, 1) AND owner <> 0`)
  yield* sql.unsafe(
    `UPDATE heddle_messages SET state = ${state.waiting}, kills = kills + ${isRestart ? 0 : 1} ` +
      `WHERE state = ${state.running} AND owner = ${owner}`
  )
  const nowMillis = yield* Clock.currentTimeMillis
  const killers = yield* takeOver(sql, owner)
  const schedules = new Schedules(declaredBy(actors), yield* progress(sql), yield* begun(sql, owner), nowMillis)
  return { killers, schedules }
})

/**
 * Looks through messages that an earlier process has left, or another machine. Returns those with which the process has ended too often.
 *
 * Messages that were accepted later than now, by a clock that is behind theirs, count as accepted now: else they would wait until that time
 * comes again.
 */
export const takeOver = (sql: SqlClient, owner: number): Effect.Effect<ReadonlyArray<Stored>, SqlError> =>
  Effect.flatMap(Clock.currentTimeMillis, (now) =>
    Effect.andThen(
      sql.unsafe(
        `UPDATE heddle_messages SET due_at = due_at - (accepted_at - ${now}), accepted_at = ${now} ` +
          `WHERE state = ${state.waiting} AND owner = ${owner} AND accepted_at > ${now}`
      ),
      killersOf(sql, owner)
    ))

/** Messages with which the process has ended too often. */
const killersOf = (sql: SqlClient, owner: number): Effect.Effect<ReadonlyArray<Stored>, SqlError> =>
  Effect.map(
    sql.unsafe<Row>(
      `SELECT ${columns} FROM heddle_messages WHERE state = ${state.waiting} AND owner = ${owner} ` +
        `AND kills >= ${mostKills} ORDER BY seq`
    ),
    (rows) => rows.map(fromRow)
  )

/** How far the schedules had come. */
const progress = (sql: SqlClient) =>
  Effect.map(
    sql.unsafe<
      { readonly actor: string; readonly message: string; readonly expression: string; readonly last_at: number }
    >("SELECT actor, message, expression, last_at FROM heddle_schedules"),
    (rows) =>
      rows.map(({ actor, expression, last_at, message }): Progress => ({
        actor,
        message: stored.unescape(message),
        text: expression,
        lastAtMillis: Number(last_at)
      }))
  )

/** The messages of schedules that have not ended. */
const begun = (sql: SqlClient, owner: number) =>
  Effect.map(
    sql<Row>`SELECT actor, message, message_key, id FROM heddle_messages
      WHERE state IN (${state.waiting}, ${state.running}) AND sender = ${storageThread} AND owner = ${owner}`,
    (rows) => rows.map(identityFrom)
  )

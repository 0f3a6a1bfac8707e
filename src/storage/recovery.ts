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
import { mostKills } from "./message.ts"
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
  isRestart: boolean
): Effect.fn.Return<Found, SqlError> {
  yield* sql.unsafe(
    `UPDATE heddle_messages SET state = ${state.waiting}, kills = kills + ${isRestart ? 0 : 1} ` +
      `WHERE state = ${state.running}`
  )
  const killers = yield* sql.unsafe<Row>(
    `SELECT ${columns} FROM heddle_messages WHERE state = ${state.waiting} AND kills >= ${mostKills} ORDER BY seq`
  )
  const nowMillis = yield* Clock.currentTimeMillis
  const schedules = new Schedules(declaredBy(actors), yield* progress(sql), yield* begun(sql), nowMillis)
  return { killers: killers.map(fromRow), schedules }
})

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
const begun = (sql: SqlClient) =>
  Effect.map(
    sql<Row>`SELECT actor, message, message_key, id FROM heddle_messages
      WHERE state IN (${state.waiting}, ${state.running}) AND sender = ${storageThread}`,
    (rows) => rows.map(identityFrom)
  )

/**
 * The rows of messages: how a message lies in the table of a storage.
 */
import * as stored from "../wire/stored.ts"
import { state } from "./layout.ts"
import type { Fresh, Stored } from "./message.ts"

/** A row as the database returns it. */
export interface Row {
  readonly seq: number
  readonly actor: string
  readonly message: string
  readonly message_key: string
  readonly id: string
  readonly keep_for: number | null
  readonly form: number
  readonly payload: Uint8Array
  readonly sender: string
  readonly headers: string | null
  readonly accepted_at: number
  readonly due_at: number
  readonly attempt: number
  readonly failures: number
  readonly kills: number
}

/** The columns of a row that is read. */
export const columns =
  "seq, actor, message, message_key, id, keep_for, form, payload, sender, headers, accepted_at, due_at, " +
  "attempt, failures, kills"

/** A number of milliseconds that any database takes for a whole one. */
export const whole = (millis: number): number => Math.min(Math.ceil(millis), Number.MAX_SAFE_INTEGER)

/** What an insertion takes. */
export const toParams = ({ acceptance, atMillis, runs }: Fresh): ReadonlyArray<unknown> => [
  acceptance.actor,
  stored.escape(acceptance.message),
  stored.escape(acceptance.key),
  stored.escape(acceptance.id),
  runs ? state.running : state.waiting,
  whole(atMillis + acceptance.afterMillis),
  atMillis,
  runs ? 1 : 0,
  0,
  stored.version,
  acceptance.payload,
  acceptance.sender,
  acceptance.headers === null ? null : JSON.stringify(acceptance.headers),
  acceptance.keepForMillis === null ? null : whole(acceptance.keepForMillis)
]

/** A message that was just accepted. */
export const fromFresh = (seq: number, { acceptance, atMillis }: Fresh): Stored => ({
  ...acceptance,
  seq,
  form: stored.version,
  headers: acceptance.headers ?? {},
  acceptedAtMillis: atMillis,
  dueAtMillis: whole(atMillis + acceptance.afterMillis),
  attempt: 1,
  failures: 0,
  kills: 0
})

/** What tells the message of a row from others. */
export const identityFrom = (row: Pick<Row, "actor" | "message" | "message_key" | "id">) => ({
  actor: row.actor,
  message: stored.unescape(row.message),
  key: stored.unescape(row.message_key),
  id: stored.unescape(row.id)
})

/** The message of a row. */
export const fromRow = (row: Row): Stored => ({
  ...identityFrom(row),
  seq: Number(row.seq),
  keepForMillis: row.keep_for === null ? null : Number(row.keep_for),
  form: Number(row.form),
  payload: row.payload,
  sender: row.sender,
  headers: row.headers === null ? {} : JSON.parse(row.headers),
  acceptedAtMillis: Number(row.accepted_at),
  dueAtMillis: Number(row.due_at),
  attempt: Number(row.attempt),
  failures: Number(row.failures),
  kills: Number(row.kills)
})

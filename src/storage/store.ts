/**
 * The messages of a storage in its tables. What happens at the same time is written in one transaction.
 */
import * as Effect from "effect/Effect"
import type { SqlClient } from "effect/sql/SqlClient"
import type { SqlError } from "effect/sql/SqlError"
import type { Answer } from "../actor/storageActor.ts"
import * as stored from "../wire/stored.ts"
import type { Database, Unusable } from "./database.ts"
import { state, suspectKills } from "./layout.ts"
import type { Fresh, Outcome, Stored } from "./message.ts"
import { columns, fromFresh, fromRow, type Row, toParams, whole } from "./rows.ts"
import type { Progress } from "./schedules.ts"

/** What one transaction does. */
export interface Work {
  readonly fresh: ReadonlyArray<Fresh>
  readonly outcomes: ReadonlyArray<Outcome>
  /** Actors that have places free for messages of the storage. */
  readonly wanted: ReadonlyMap<string, Wanted>
  /** The actors that would take a suspect, if it is time to look for one. */
  readonly suspects: ReadonlyArray<string> | undefined
  readonly schedules: ReadonlyArray<Progress>
  readonly nowMillis: number
}

/** How many messages an actor takes, and of which keys none. */
export interface Wanted {
  readonly count: number
  readonly excluded: ReadonlyArray<string>
}

/** What came of it. */
export interface Written {
  /** The messages that were accepted and were none before. */
  readonly accepted: ReadonlyMap<Fresh, Stored>
  readonly taken: ReadonlyArray<Stored>
  /** When the next message of an actor is due, of those that wanted more than there were. */
  readonly dueAtMillis: ReadonlyMap<string, number>
  /** When the next suspect is due, if it was looked for one. */
  readonly suspectAtMillis: number
}

/** A message that is known already: how it has ended, if it has. */
export interface Known {
  readonly answer: Answer | undefined
}

/** How many messages one statement inserts: each size is compiled once. */
const chunkSizes = [64, 32, 16, 8, 4, 2, 1]

/** How many rows one statement deletes. */
const mostAtOnce = 256
/** How many ids one statement forgets. */
const mostForgotten = 1000

/** A list in a size of which there are few, so that few statements are compiled: its last element stands in it several times. */
const padded = <A>(list: ReadonlyArray<A>): ReadonlyArray<A> => {
  const last = list.at(-1)
  if (last === undefined) return list
  let size = 1
  while (size < list.length) size *= 2
  return [...list, ...Array.from({ length: size - list.length }, () => last)]
}

export type Store = ReturnType<typeof make>

/** Makes the store of a database whose tables are up to date. */
export const make = (
  { confirm = Effect.void, guard, owner = 0, sql }: Pick<Database, "confirm" | "guard" | "owner" | "sql">
) => {
  const statements = statementsOf(sql, owner)
  const insert = inserting(statements)
  return {
    /** Does all of it or nothing; `onCommit` is called when nothing but the commit is left. */
    write: (work: Work, onCommit: () => void): Effect.Effect<Written, SqlError | Unusable> =>
      sql.withTransaction(Effect.gen(function*() {
        yield* guard
        const accepted = yield* insert(work.fresh)
        yield* settle(statements, work.outcomes)
        yield* progress(sql, work.schedules)
        const suspects = yield* takeSuspect(statements, work)
        const taken: Array<Stored> = [...suspects.taken]
        const dueAtMillis = new Map<string, number>()
        for (const [actor, wanted] of work.wanted) {
          const rows = yield* take(statements, actor, wanted, work.nowMillis)
          taken.push(...rows)
          if (rows.length < wanted.count) dueAtMillis.set(actor, yield* nextDue(statements, actor, wanted))
        }
        onCommit()
        return { accepted, taken, dueAtMillis, suspectAtMillis: suspects.nextAtMillis }
      })).pipe(Effect.tap(confirm)),

    /** What is known of a message. */
    find: ({ actor, id, key, message }: Pick<Stored, "actor" | "message" | "key" | "id">) =>
      Effect.map(
        sql<{ readonly status: Answer["status"] | null; readonly answer: Uint8Array | null }>`SELECT status, answer
          FROM heddle_messages WHERE actor = ${actor} AND message = ${stored.escape(message)}
          AND message_key = ${stored.escape(key)} AND id = ${stored.escape(id)}`,
        ([row]): Known | undefined =>
          row && {
            answer: row.status === null || row.answer === null ? undefined : { status: row.status, value: row.answer }
          }
      ),

    /** Forgets the ids whose time is over, a part at a time, so that others may write in between. */
    forget: (nowMillis: number) =>
      Effect.repeat(
        sql<{ readonly seq: number }>`DELETE FROM heddle_messages WHERE seq IN (SELECT seq FROM heddle_messages
          WHERE state = ${state.done} AND keep_until < ${nowMillis} LIMIT ${mostForgotten}) RETURNING seq`,
        { while: (gone) => gone.length === mostForgotten }
      )
  }
}

/** A database, and how its statements name their parameters. */
interface Statements {
  readonly sql: SqlClient
  readonly place: (at: number) => string
  /** Several of them, separated by commas. */
  readonly places: (count: number, from?: number) => string
  /** Whose messages these are. */
  readonly owner: number
}

const statementsOf = (sql: SqlClient, owner: number): Statements => {
  const isPg = sql.onDialectOrElse({ pg: () => true, orElse: () => false })
  const place = (at: number): string => isPg ? `$${at + 1}` : "?"
  const places = (count: number, from = 0) => Array.from({ length: count }, (_, at) => place(from + at)).join()
  return { sql, owner, place, places }
}

/** Makes what inserts messages; of those that are known already it returns nothing. */
const inserting = ({ owner, places, sql }: Statements) => {
  const insertTexts = new Map<number, string>()
  const insertText = (count: number): string => {
    let text = insertTexts.get(count)
    if (text === undefined) {
      const rows = Array.from({ length: count }, (_, row) => `(${places(14, row * 14)}, ${owner})`).join()
      text = "INSERT INTO heddle_messages (actor, message, message_key, id, state, due_at, accepted_at, attempt, " +
        `failures, form, payload, sender, headers, keep_for, owner) VALUES ${rows} ` +
        "ON CONFLICT (actor, message, message_key, id) DO NOTHING RETURNING seq, id"
      insertTexts.set(count, text)
    }
    return text
  }

  return Effect.fnUntraced(function*(fresh: ReadonlyArray<Fresh>) {
    const accepted = new Map<Fresh, Stored>()
    const byId = new Map(fresh.map((one) => [stored.escape(one.acceptance.id), one]))
    // Of two with one id, for different actors or keys, it would not be known which one a row is.
    const sizes = byId.size === fresh.length ? chunkSizes : [1]
    for (let at = 0; at < fresh.length;) {
      const size = sizes.find((size) => size <= fresh.length - at) ?? 1
      const chunk = fresh.slice(at, at + size)
      at += size
      const rows = yield* sql.unsafe<Pick<Row, "seq" | "id">>(insertText(size), chunk.flatMap(toParams))
      for (const { id, seq } of rows) {
        const one = size === 1 ? chunk[0] : byId.get(id)
        if (one !== undefined) accepted.set(one, fromFresh(Number(seq), one))
      }
    }
    return accepted
  })
}

/** Notes what has become of messages. */
const settle = Effect.fnUntraced(function*({ owner, places, sql }: Statements, outcomes: ReadonlyArray<Outcome>) {
  const gone = outcomes.flatMap((outcome) =>
    outcome._tag === "Done" && outcome.message.keepForMillis === null ? [outcome.message.seq] : []
  )
  for (let at = 0; at < gone.length; at += mostAtOnce) {
    const part = padded(gone.slice(at, at + mostAtOnce))
    yield* sql.unsafe(`DELETE FROM heddle_messages WHERE owner = ${owner} AND seq IN (${places(part.length)})`, part)
  }
  for (const outcome of outcomes) {
    if (outcome._tag === "Done" && outcome.message.keepForMillis !== null) {
      const { answer, atMillis, message: { keepForMillis, seq } } = outcome
      yield* sql`UPDATE heddle_messages SET state = ${state.done}, payload = NULL, status = ${answer?.status ?? null},
        answer = ${answer?.value ?? null}, ended_at = ${atMillis}, keep_until = ${whole(atMillis + keepForMillis)}
        WHERE seq = ${seq} AND owner = ${owner}`
    } else if (outcome._tag === "Again") {
      const { attempt, dueAtMillis, failures, kills, message: { seq }, why } = outcome
      yield* sql`UPDATE heddle_messages SET state = ${state.waiting}, due_at = ${whole(dueAtMillis)},
        attempt = ${attempt}, failures = ${failures}, kills = ${kills}, why = ${why}
        WHERE seq = ${seq} AND owner = ${owner}`
    } else if (outcome._tag === "Dead") {
      const { answer, atMillis, failures, message: { seq }, why } = outcome
      yield* sql`UPDATE heddle_messages SET state = ${state.dead}, status = ${answer.status}, answer = ${answer.value},
        failures = ${failures}, ended_at = ${atMillis}, why = ${why} WHERE seq = ${seq} AND owner = ${owner}`
    }
  }
})

/** Notes how far schedules have come. */
const progress = (sql: SqlClient, schedules: ReadonlyArray<Progress>) =>
  Effect.forEach(
    schedules,
    ({ actor, lastAtMillis, message, text }) =>
      sql`INSERT INTO heddle_schedules (actor, message, expression, last_at)
        VALUES (${actor}, ${stored.escape(message)}, ${text}, ${lastAtMillis})
        ON CONFLICT (actor, message) DO UPDATE SET expression = excluded.expression, last_at = excluded.last_at`,
    { discard: true }
  )

/** Takes the suspect with the fewest ends of a process, so that the others are cleared before the one that ends it is out. */
const takeSuspect = Effect.fnUntraced(function*(
  { owner, place, places, sql }: Statements,
  { nowMillis, suspects }: Pick<Work, "nowMillis" | "suspects">
) {
  const waits = `state = ${state.waiting} AND owner = ${owner} AND kills >= ${suspectKills}`
  if (suspects === undefined) return { taken: [], nextAtMillis: Infinity }
  const rows = suspects.length === 0 ? [] : yield* sql.unsafe<Row>(
    `UPDATE heddle_messages SET state = ${state.running}, attempt = attempt + 1 WHERE seq IN (SELECT seq ` +
      `FROM heddle_messages WHERE ${waits} AND due_at <= ${place(0)} AND actor IN (${places(suspects.length, 1)}) ` +
      `ORDER BY kills, due_at, seq LIMIT 1) RETURNING ${columns}`,
    [nowMillis, ...suspects]
  )
  const [next] = yield* sql.unsafe<{ readonly due: number | null }>(
    `SELECT min(due_at) AS due FROM heddle_messages WHERE ${waits}`
  )
  return {
    taken: rows.map(fromRow),
    nextAtMillis: next?.due === null || next === undefined ? Infinity : Number(next.due)
  }
})

/** What waits for an actor, but for suspects and the keys that take nothing; the first parameter is the actor. */
const waiting = ({ owner, place, places }: Statements, excluded: ReadonlyArray<string>): string =>
  `state = ${state.waiting} AND owner = ${owner} AND kills < ${suspectKills} AND actor = ${place(0)}` +
  (excluded.length === 0 ? "" : ` AND message_key NOT IN (${places(excluded.length, 1)})`)

/** Takes the messages of an actor that are due. */
const take = (statements: Statements, actor: string, wanted: Wanted, nowMillis: number) => {
  const keys = padded(wanted.excluded.map(stored.escape))
  return Effect.map(
    statements.sql.unsafe<Row>(
      `UPDATE heddle_messages SET state = ${state.running}, attempt = attempt + 1 WHERE seq IN (SELECT seq ` +
        `FROM heddle_messages WHERE ${waiting(statements, keys)} AND due_at <= ${statements.place(1 + keys.length)} ` +
        `ORDER BY due_at, seq LIMIT ${statements.place(2 + keys.length)}) RETURNING ${columns}`,
      [actor, ...keys, nowMillis, wanted.count]
    ),
    (rows) => rows.map(fromRow).toSorted((a, b) => a.dueAtMillis - b.dueAtMillis || a.seq - b.seq)
  )
}

/** When the next message of an actor is due. */
const nextDue = (statements: Statements, actor: string, wanted: Wanted) => {
  const keys = padded(wanted.excluded.map(stored.escape))
  return Effect.map(
    statements.sql.unsafe<{ readonly due: number | null }>(
      `SELECT min(due_at) AS due FROM heddle_messages WHERE ${waiting(statements, keys)}`,
      [actor, ...keys]
    ),
    ([row]) => row?.due === null || row === undefined ? Infinity : Number(row.due)
  )
}

/**
 * An `SqlClient` over Node's own `node:sqlite`: one file, one connection, one process.
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Reactivity from "effect/reactivity/Reactivity"
import * as Semaphore from "effect/Semaphore"
import * as SqlClient from "effect/sql/SqlClient"
import type { Connection } from "effect/sql/SqlConnection"
import * as SqlError from "effect/sql/SqlError"
import * as Statement from "effect/sql/Statement"
import * as Stream from "effect/Stream"
import { closeSync, existsSync, openSync } from "node:fs"
import { dirname } from "node:path"
import type { DatabaseSync, SQLInputValue, StatementSync } from "node:sqlite"
import * as folder from "../base/folder.ts"

/** How many statements stay compiled. */
const mostPrepared = 200

/**
 * Makes the client of a file, and closes it with its scope.
 *
 * **Details**
 * - The file is locked for this process until it is closed; while another one has it open, this fails at once.
 * - A commit returns when it is on disk. The journal is written ahead (WAL), so that this takes one write.
 */
export const layer = (filename: string): Layer.Layer<SqlClient.SqlClient, SqlError.SqlError> =>
  Layer.effect(
    SqlClient.SqlClient,
    Effect.gen(function*() {
      const { DatabaseSync } = yield* Effect.promise(() => import("node:sqlite"))
      const isFile = !isMemory(filename)
      const database = yield* Effect.acquireRelease(
        attempt("open", () => {
          if (isFile) prepare(filename)
          return new DatabaseSync(filename)
        }),
        (database) => Effect.sync(() => database.close())
      )
      if (isFile) yield* attempt("open", () => lock(database))
      const connection = connect(database)
      const { acquirer, isTransaction, onCommitFailure, transactionAcquirer } = SqlClient.makeSqliteAcquirers({
        connection: Effect.succeed(connection),
        semaphore: Semaphore.makeUnsafe(1),
        isTransaction: () => database.isTransaction
      })
      return yield* SqlClient.make({
        acquirer,
        transactionAcquirer,
        onCommitFailure,
        isTransaction,
        compiler: Statement.makeCompilerSqlite(),
        driver: "sqlite",
        spanAttributes: [],
        beginTransaction: "BEGIN IMMEDIATE",
        prepareTransactionControls: true
      })
    })
  ).pipe(Layer.provide(Reactivity.layer))

/** Whether a name is that of a database in memory. */
export const isMemory = (filename: string): boolean => filename.startsWith("file:")

/** Makes the file and its folder where they are not, for their owner only: payloads are in it. SQLite gives its journal the same mode. */
const prepare = (filename: string): void => {
  folder.make(dirname(filename), 0o700)
  if (!existsSync(filename)) closeSync(openSync(filename, "a", 0o600))
}

/** Takes the lock of the file, and keeps it. */
const lock = (database: DatabaseSync): void => {
  database.exec("PRAGMA busy_timeout = 0; PRAGMA locking_mode = EXCLUSIVE")
  database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL")
  database.exec("BEGIN EXCLUSIVE; COMMIT")
}

/** Runs a call of node:sqlite, whose errors become those of `SqlClient`. */
const attempt = <A>(operation: string, f: () => A): Effect.Effect<A, SqlError.SqlError> =>
  Effect.try({
    try: f,
    catch: (cause) =>
      new SqlError.SqlError({
        reason: SqlError.classifySqliteError(cause, {
          message: cause instanceof Error ? cause.message : String(cause),
          operation
        })
      })
  })

/** A compiled statement. */
interface Prepared {
  readonly statement: StatementSync
  readonly returnsRows: boolean
}

/** The connection of a database. It has no number beyond 2 ** 53, which would be an error. */
const connect = (database: DatabaseSync): Connection => {
  const prepared = new Map<string, Prepared>()
  const prepare = (sql: string): Prepared => {
    const known = prepared.get(sql)
    if (known !== undefined) return known
    const statement = database.prepare(sql)
    const made = { statement, returnsRows: statement.columns().length > 0 }
    if (prepared.size < mostPrepared) prepared.set(sql, made)
    return made
  }
  const rows = (sql: string, params: ReadonlyArray<unknown>): ReadonlyArray<object> => {
    const { returnsRows, statement } = prepare(sql)
    if (returnsRows) return statement.all(...params.map(bound))
    statement.run(...params.map(bound))
    return []
  }
  const execute: Connection["execute"] = (sql, params, transform) =>
    attempt("execute", () => {
      const all = rows(sql, params)
      return transform === undefined ? all : transform(all)
    })
  const executeValues: Connection["executeValues"] = (sql, params) =>
    attempt("execute", () => rows(sql, params).map((row) => Object.values(row)))
  return {
    execute,
    executeUnprepared: execute,
    executeRaw: (sql, params) => execute(sql, params, undefined),
    executeValues,
    executeValuesUnprepared: executeValues,
    executeStream: (sql, params, transform) => Stream.fromIterableEffect(execute(sql, params, transform))
  }
}

/** A parameter as SQLite takes it. */
const bound = (param: unknown): SQLInputValue => {
  if (param === undefined || param === null) return null
  if (typeof param === "boolean") return Number(param)
  if (typeof param === "string" || typeof param === "number" || typeof param === "bigint") return param
  if (param instanceof Uint8Array) return param
  throw new TypeError(`SQLite has no ${typeof param}`)
}

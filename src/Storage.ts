/**
 * Where a system keeps its durable messages.
 *
 * `System.make({ storage })` takes it. A system that declares none loads nothing of it.
 */
import type * as Config from "effect/Config"
import type * as Redacted from "effect/Redacted"

const TypeId = "~heddle/Storage"

/**
 * The address of a database, such as `postgres://user:password@host:5432/name`: as it is, redacted, or read from the
 * configuration of the storage's thread.
 *
 * @since 0.1.0
 * @category models
 */
export type Url = string | Redacted.Redacted | Config.Config<string | Redacted.Redacted>

/**
 * A declared storage.
 *
 * @since 0.1.0
 * @category models
 */
export type Storage =
  & { readonly [TypeId]: typeof TypeId }
  & (
    | {
      readonly kind: "sqlite"
      /** The file. */
      readonly path: string
    }
    | { readonly kind: "postgres"; readonly url: Url }
  )

/**
 * Keeps durable messages in a SQLite file, by Node's own `node:sqlite`.
 *
 * **Details**
 * - `path`: the file, which is made if it is not there, and its folder too, readable by their owner only. A relative one is relative to the working directory of the process.
 * - A message is accepted once it is on disk (`synchronous=FULL`). Messages that arrive together are written together.
 * - It runs on a thread of its own, `heddle.storage`, which starts before all others and stops after them.
 * - Under `heddle/Testing` nothing is written: messages are kept in memory for as long as the system of the test runs.
 *
 * **Gotchas**
 * - One process at a time: another one that opens the file does not start, and its error says so.
 * - Not a file on a network file system, whose locks SQLite can't rely on.
 * - Next to it lies a second file, which ends in `-wal`, and belongs to it.
 *
 * **Example**
 *
 * ```ts
 * export default System.make({ module: import.meta.url, threads, storage: Storage.sqlite("data/heddle.db") })
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const sqlite = (path: string): Storage => ({ [TypeId]: TypeId, kind: "sqlite", path })

/**
 * Keeps durable messages in a Postgres database. Needs the package `@effect/sql-pg`.
 *
 * **Details**
 * - `url`: see `Url`. A `Config` is read by the thread `heddle.storage`, with the `ConfigProvider` that the system's `layer` provides.
 * - It makes its tables in the first schema of the search path: `heddle_messages` and others whose names begin with `heddle_`.
 * - While the database is away, durable calls fail with `Unreachable`, and go on by themselves when it is back.
 * - All else is as with `sqlite`.
 *
 * **Gotchas**
 * - One process at a time, but for the machines of a `cluster`: another one waits for 10 seconds, and then does not start. If the database has ended the session that holds the lock, another
 *   process may take the storage over, and the first one can't write any more.
 * - A message is as safe as the database makes it: `synchronous_commit` is the database's own setting.
 *
 * **Example**
 *
 * ```ts
 * export default System.make({ module: import.meta.url, threads, storage: Storage.postgres({ url: Config.Redacted("DATABASE_URL") }) })
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const postgres = ({ url }: { readonly url: Url }): Storage => ({ [TypeId]: TypeId, kind: "postgres", url })

/**
 * Whether a value is a storage.
 *
 * @since 0.1.0
 * @category guards
 */
export const isStorage = (value: unknown): value is Storage =>
  typeof value === "object" && value !== null && TypeId in value

/**
 * Where a system keeps its durable messages.
 *
 * `System.make({ storage })` takes it. A system that declares none loads nothing of it.
 */
const TypeId = "~heddle/Storage"

/**
 * A declared storage.
 *
 * @since 0.1.0
 * @category models
 */
export interface Storage {
  readonly [TypeId]: typeof TypeId
  readonly kind: "sqlite"
  /** The file. */
  readonly path: string
}

/**
 * Keeps durable messages in a SQLite file, by Node's own `node:sqlite`.
 *
 * **Details**
 * - `path`: the file, which is made if it is not there, and its folder too. A relative one is relative to the working directory of the process.
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
 * Whether a value is a storage.
 *
 * @since 0.1.0
 * @category guards
 */
export const isStorage = (value: unknown): value is Storage =>
  typeof value === "object" && value !== null && TypeId in value

/** What the disk gives: rows inserted into a table by `node:sqlite`, those that come in one turn of the loop in one transaction. */
import { DatabaseSync } from "node:sqlite"
import type { Measurements } from "../contestant.ts"
import { drive, text } from "./drive.ts"

export default (): Promise<Measurements> => {
  const database = new DatabaseSync(process.env["BENCH_DATABASE"] ?? "bench.db")
  database.exec("PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL")
  database.exec("CREATE TABLE messages (seq INTEGER PRIMARY KEY, position INTEGER NOT NULL, text TEXT NOT NULL)")
  const insert = database.prepare("INSERT INTO messages (position, text) VALUES (?, ?)")
  let waiting: Array<{ readonly order: number; readonly resolve: () => void }> = []
  const write = () => {
    const batch = waiting
    waiting = []
    database.exec("BEGIN")
    for (const { order } of batch) insert.run(order, text)
    database.exec("COMMIT")
    for (const { resolve } of batch) resolve()
  }
  const tell = (order: number) =>
    new Promise<void>((resolve) => {
      if (waiting.push({ order, resolve }) === 1) setImmediate(write)
    })
  return Promise.resolve(drive({ tell, ask: tell, drained: () => Promise.resolve() }))
}

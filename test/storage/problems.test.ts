import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import * as layout from "../../src/storage/layout.ts"
import { explain } from "../../src/storage/problem.ts"
import { database, engine, note } from "./opened.ts"

let folder = ""
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "heddle-problems-"))
})
afterAll(() => rmSync(folder, { recursive: true }))

/** Why a file can't be opened as a storage, as the error says it. */
const problemOf = (path: string) =>
  Effect.scoped(Effect.gen(function*() {
    const sql = yield* database(path)
    return yield* layout.migrate(sql)
  })).pipe(
    Effect.flip,
    Effect.map((error) => error instanceof layout.LaterLayout ? error.text : explain(error, path))
  )

describe("a storage's file", () => {
  it.live("M1: The files of a storage, and the folder that is made for them, are for their owner only.", () =>
    Effect.gen(function*() {
      const made = join(folder, "made")
      yield* Effect.scoped(Effect.gen(function*() {
        const sql = yield* database(join(made, "private.db"))
        yield* layout.migrate(sql)
        const files = readdirSync(made)
        assert.isAtLeast(files.length, 2)
        for (const file of [".", ...files]) assert.strictEqual(statSync(join(made, file)).mode & 0o077, 0, file)
      }))
    }))
})

describe("M6: a storage that can't be opened", () => {
  it.live("M6: A file that is no database is named, and what to do.", () =>
    Effect.gen(function*() {
      const path = join(folder, "text.db")
      writeFileSync(path, "this is no database, though it is long enough to have been one".repeat(100))
      assert.match(yield* problemOf(path), /has a file that is no SQLite database; .*text\.db/)
    }))

  it.live("M6: A corrupt file is told from one that is no database.", () =>
    Effect.gen(function*() {
      const path = join(folder, "corrupt.db")
      const made = new DatabaseSync(path)
      made.exec("CREATE TABLE heddle_layout (version INTEGER NOT NULL)")
      for (let count = 0; count < 20; count++) made.exec(`CREATE TABLE filler_${count} (a TEXT, b TEXT, c TEXT)`)
      const pages = made.prepare("PRAGMA page_size").get()
      made.close()
      const { readFileSync } = yield* Effect.promise(() => import("node:fs"))
      const bytes = readFileSync(path)
      // The root of the schema says that its first cell lies outside of the page.
      bytes.writeUInt8(0x55, 100)
      writeFileSync(path, bytes)
      assert.isDefined(pages)
      assert.match(yield* problemOf(path), /has a corrupt file; restore a copy/)
    }))

  it.live("M6: A file that somebody else has open is locked, and is not once it is closed.", () =>
    Effect.gen(function*() {
      const path = join(folder, "locked.db")
      const other = new DatabaseSync(path)
      other.exec("CREATE TABLE a (b); BEGIN EXCLUSIVE")
      assert.match(yield* problemOf(path), /is locked by another process; end that process/)
      other.exec("COMMIT")
      other.close()
      yield* Effect.scoped(Effect.flatMap(database(path), layout.migrate))
    }))

  it.live("M6: A storage locks its file for as long as it is open.", () =>
    Effect.scoped(Effect.gen(function*() {
      const path = join(folder, "mine.db")
      yield* engine(path)
      assert.match(yield* problemOf(path), /is locked by another process/)
    })))

  it.live("M6: A folder in the place of the file can't be opened.", () =>
    Effect.gen(function*() {
      assert.match(yield* problemOf(folder), /can't open its file/)
    }))

  it.live("M6: A file of a later layout is left as it is, and the error says which.", () =>
    Effect.gen(function*() {
      const path = join(folder, "later.db")
      yield* Effect.scoped(Effect.flatMap(database(path), layout.migrate))
      const later = new DatabaseSync(path)
      later.exec("UPDATE heddle_layout SET version = 99")
      later.close()
      assert.match(yield* problemOf(path), /was written by a later version of heddle, in layout 99.*those up to 3;/)
    }))

  it.live("M6: A file that is up to date is opened again and again.", () =>
    Effect.gen(function*() {
      const path = join(folder, "again.db")
      for (let count = 0; count < 3; count++) {
        yield* Effect.scoped(Effect.flatMap(database(path), layout.migrate))
      }
    }))
})

describe("M6: a storage that can't write", () => {
  it.live("M6: With the disk full a message is refused, and one is accepted once there is room again.", () =>
    Effect.scoped(Effect.gen(function*() {
      const { engine: storage, parcels, sql } = yield* engine(join(folder, "full.db"))
      yield* Effect.forkScoped(storage.run, { startImmediately: true })
      yield* storage.accept(note("before"))
      const big = note("x".repeat(2_000_000))
      yield* sql.unsafe("PRAGMA max_page_count = 1")
      const refused = yield* Effect.flip(storage.accept(big))
      assert.strictEqual(refused.handled, "no")
      assert.match(refused.why, /has no room to write; free some on its disk \(.*full\.db/)
      yield* sql.unsafe("PRAGMA max_page_count = 1000000")
      yield* storage.accept(big)
      assert.deepStrictEqual(parcels.map(({ delivered }) => delivered.id), ["before", big.id])
    })))

  it.live("M6: What has ended while the storage could not write is written when it can.", () =>
    Effect.scoped(Effect.gen(function*() {
      const { engine: storage, parcels, sql } = yield* engine(join(folder, "ended.db"))
      yield* storage.step
      const accepting = yield* Effect.forkChild(storage.accept(note("a")), { startImmediately: true })
      yield* storage.step
      yield* Fiber.join(accepting)
      parcels[0]?.onSettled(["done", 0, "success", undefined])
      yield* sql.unsafe("PRAGMA query_only = ON")
      yield* storage.step
      const count = sql.unsafe<{ readonly count: number }>("SELECT count(*) AS count FROM heddle_messages")
      assert.deepStrictEqual(yield* count, [{ count: 1 }])
      yield* sql.unsafe("PRAGMA query_only = OFF")
      yield* storage.step
      assert.deepStrictEqual(yield* count, [{ count: 0 }])
    })))
})

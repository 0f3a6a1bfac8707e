import { afterAll, assert, beforeAll, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { Engine } from "../../src/storage/engine.ts"
import { engine, note } from "./opened.ts"

let folder = ""
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "heddle-layout-"))
})
afterAll(() => rmSync(folder, { recursive: true }))

/** A file as an earlier heddle has left it. */
const file = (name: string, rows: string): string => {
  const path = join(folder, name)
  const database = new DatabaseSync(path)
  database.exec(readFileSync(new URL("../fixtures/durable/layout1.sql", import.meta.url), "utf8"))
  database.exec(rows)
  database.close()
  return path
}

const row = (
  id: string,
  state: number,
  rest: Partial<Record<"attempt" | "due_at" | "why" | "status", string | number>> = {}
): string => {
  const { payload } = note(id)
  const { attempt = state, due_at = 0, status, why } = rest
  const text = (value: string | number | undefined): string => value === undefined ? "NULL" : `'${value}'`
  return `INSERT INTO heddle_messages (actor, message, message_key, id, state, due_at, accepted_at, attempt, failures, form, payload, sender, why, status,
    answer, keep_for, keep_until) VALUES ('Ledger', 'Note', '', '${id}', ${state}, ${due_at}, 0, ${attempt}, 0, 1, x'${
    Buffer.from(payload).toString("hex")
  }', 'main', ${text(why)}, ${text(status)}, ${status === undefined ? "NULL" : "x'ff0f5f'"}, ${
    state === 2 ? 1000000 : "NULL"
  }, ${state === 2 ? 1000000 : "NULL"});`
}

it.effect("M6: A storage of the first layout is brought up to date, with all that is in it.", () =>
  Effect.gen(function*() {
    const path = file(
      "first.db",
      row("waits", 0) + row("ran", 1) + row("done", 2, { status: "success" }) +
        row("dead", 3, { status: "failed", why: "Error: a bug" })
    )
    for (let opening = 0; opening < 2; opening++) {
      yield* Effect.scoped(Effect.gen(function*() {
        const { engine: storage, parcels, sql } = yield* engine(path)
        assert.instanceOf(storage, Engine)
        if (opening > 0) return
        yield* storage.step
        assert.deepStrictEqual(
          parcels.map(({ delivered: { attempt, id, redelivered }, value }) => [id, attempt, redelivered, value]),
          [["waits", 1, false, { text: "waits" }], ["ran", 2, true, { text: "ran" }]]
        )
        assert.deepStrictEqual(
          yield* sql.unsafe("SELECT id, state, kills, why FROM heddle_messages ORDER BY seq"),
          [
            { id: "waits", state: 1, kills: 0, why: null },
            { id: "ran", state: 1, kills: 1, why: null },
            { id: "done", state: 2, kills: 0, why: null },
            { id: "dead", state: 3, kills: 0, why: "Error: a bug" }
          ]
        )
        assert.deepStrictEqual(yield* sql.unsafe("SELECT version FROM heddle_layout"), [{ version: 3 }])
      }))
    }
  }))

it.effect("M6: A step that fails leaves the file as it was, so that the earlier heddle still reads it.", () =>
  Effect.gen(function*() {
    const path = file("stuck.db", row("waits", 0) + "CREATE TABLE heddle_schedules (something_else TEXT);")
    const error = yield* Effect.flip(Effect.scoped(engine(path)))
    assert.strictEqual(error._tag, "SqlError")
    const database = new DatabaseSync(path)
    assert.deepStrictEqual({ ...database.prepare("SELECT version FROM heddle_layout").get() }, { version: 1 })
    const columns = database.prepare("PRAGMA table_info(heddle_messages)").all().map(({ name }) => name)
    database.close()
    assert.notInclude(columns, "kills")
  }))

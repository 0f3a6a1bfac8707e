import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as TestClock from "effect/testing/TestClock"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as ActorError from "../../src/ActorError.ts"
import * as ExitCause from "../../src/ExitCause.ts"
import { window } from "../../src/storage/lane.ts"
import { engine, note } from "./opened.ts"

let folder = ""
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "heddle-engine-"))
})
afterAll(() => rmSync(folder, { recursive: true }))

let count = 0
const opened = (path = join(folder, `${count++}.db`)) => Effect.tap(engine(path), ({ engine }) => engine.step)

/** Accepts a message, and does nothing else. */
const accept = (
  storage: Effect.Success<ReturnType<typeof opened>>["engine"],
  ...accepted: Parameters<typeof storage.accept>
) =>
  Effect.gen(function*() {
    const fiber = yield* Effect.forkChild(storage.accept(...accepted), { startImmediately: true })
    yield* storage.step
    return yield* Fiber.join(fiber)
  })

describe("the engine of a storage", () => {
  it.effect("M1: What arrives together is written together, and handed over in order.", () =>
    Effect.scoped(Effect.gen(function*() {
      const { engine: storage, parcels } = yield* opened()
      const texts = Array.from({ length: 100 }, (_, index) => `${index}`)
      const fibers = yield* Effect.forEach(
        texts,
        (text) => Effect.forkChild(storage.accept(note(text)), { startImmediately: true })
      )
      yield* storage.step
      yield* Effect.forEach(fibers, Fiber.join)
      assert.deepStrictEqual(parcels.map(({ delivered }) => delivered.id), texts.slice(0, window))
      for (const { onSettled } of parcels.slice()) onSettled(["done", 0, "success", undefined])
      yield* storage.step
      assert.deepStrictEqual(parcels.map(({ delivered }) => delivered.id), texts)
      assert.isTrue(parcels.every(({ delivered: { attempt, redelivered } }) => attempt === 1 && !redelivered))
    })))

  it.effect("M2: What ran when the storage ended is handed over again, and says so; what waited does not.", () =>
    Effect.gen(function*() {
      const path = join(folder, "again.db")
      yield* Effect.scoped(Effect.gen(function*() {
        const { engine: storage } = yield* opened(path)
        yield* accept(storage, note("ran"))
        yield* accept(storage, { ...note("waits"), afterMillis: 1000 })
      }))
      yield* Effect.scoped(Effect.gen(function*() {
        const { engine: storage, parcels } = yield* opened(path)
        yield* TestClock.adjust(1000)
        yield* storage.step
        assert.deepStrictEqual(
          parcels.map(({ delivered: { attempt, id, redelivered } }) => [id, attempt, redelivered]),
          [
            ["ran", 2, true],
            ["waits", 1, false]
          ]
        )
      }))
    }))

  it.effect("M3: Ids that differ in what a database may not keep apart are two ids.", () =>
    Effect.scoped(Effect.gen(function*() {
      const { engine: storage, parcels } = yield* opened()
      const ids = ["a", "a\0", "a\0b", "\ud800", "\udfff", "\ufffd", "A", "a ", "ä", "a\u0308", "\\u0000", "'", "\""]
      for (const id of ids) yield* accept(storage, note("text", id))
      for (const id of ids) yield* accept(storage, note("text", id))
      assert.deepStrictEqual(parcels.map(({ delivered }) => delivered.id), ids)
    })))

  it.effect("M3: An id is forgotten when its time is over, and not before.", () =>
    Effect.scoped(Effect.gen(function*() {
      const path = join(folder, "kept.db")
      const { engine: storage, parcels, sql } = yield* opened(path)
      const kept = { ...note("kept"), keepForMillis: 1000 }
      yield* accept(storage, kept)
      parcels[0]?.onSettled(["done", 0, "success", undefined])
      yield* storage.step
      yield* storage.step
      yield* accept(storage, kept)
      assert.lengthOf(parcels, 1)
      const rows = yield* sql.unsafe<{ readonly state: number; readonly keep_until: number }>(
        "SELECT state, keep_until FROM heddle_messages"
      )
      assert.deepStrictEqual(rows, [{ state: 2, keep_until: 1000 }])
    })))

  it.effect("M3: However many ids are over, all are forgotten at once, and those that are not are kept.", () =>
    Effect.scoped(Effect.gen(function*() {
      const { messages, sql } = yield* opened()
      const row = (id: number, until: number): string =>
        `('Ledger', 'Note', '', '${id}', 2, 0, 0, 1, 0, 1, 'main', ${until})`
      const rows = Array.from({ length: 2500 }, (_, id) => row(id, id < 2400 ? 5 : 5000))
      yield* sql.unsafe(
        `INSERT INTO heddle_messages (actor, message, message_key, id, state, due_at, accepted_at, attempt, failures, form, sender, keep_until)
          VALUES ${rows.join()}`
      )
      yield* messages.forget(1000)
      assert.deepStrictEqual(yield* sql.unsafe("SELECT count(*) AS count FROM heddle_messages"), [{ count: 100 }])
    })))

  it.effect("M4: A message that never started costs no attempt, and its actor is left alone for a moment.", () =>
    Effect.scoped(Effect.gen(function*() {
      const { engine: storage, parcels } = yield* opened()
      yield* accept(storage, note("a"))
      parcels[0]?.onSettled(["undelivered", new ActorError.NotRunning({ why: "it is stopped", known: [] })])
      yield* storage.step
      assert.lengthOf(parcels, 1)
      yield* TestClock.adjust(100)
      yield* storage.step
      assert.deepInclude(parcels[1]?.delivered, { id: "a", attempt: 1, redelivered: false })
    })))

  it.effect("M4: A stop that was asked for is no failure: the message runs again at once, however often.", () =>
    Effect.scoped(Effect.gen(function*() {
      const { engine: storage, events, parcels } = yield* opened()
      yield* accept(storage, note("a"))
      const cause = ExitCause.Requested.make({})
      for (let stop = 0; stop < 20; stop++) {
        parcels.at(-1)?.onSettled(["undelivered", new ActorError.Crashed({ handled: "maybe", cause })])
        yield* storage.step
      }
      assert.lengthOf(parcels, 21)
      assert.deepInclude(parcels.at(-1)?.delivered, { attempt: 21, redelivered: true })
      assert.deepStrictEqual(events, [])
    })))

  it.effect("M5: A message that can't be read any more is a dead letter, and the others go on.", () =>
    Effect.scoped(Effect.gen(function*() {
      const { engine: storage, events, parcels } = yield* opened()
      yield* accept(storage, { ...note("broken"), payload: new Uint8Array([255, 15, 99]) })
      yield* accept(storage, note("whole"))
      assert.deepStrictEqual(parcels.map(({ delivered }) => delivered.id), ["whole"])
      assert.lengthOf(events, 1)
      assert.deepInclude(events[0], { _tag: "DeadLetter", cause: "RetriesSpent", actor: "Ledger", request: "Note" })
      assert.match(JSON.stringify(events[0]), /its bytes can't be read/)
    })))

  it.effect("M1: A message for an actor that is not declared is refused.", () =>
    Effect.scoped(Effect.gen(function*() {
      const { engine: storage } = yield* opened()
      const refused = yield* Effect.flip(storage.accept({ ...note("a"), actor: "Nobody" }))
      assert.strictEqual(refused.handled, "no")
      assert.match(refused.why, /has no actor Nobody/)
    })))
})

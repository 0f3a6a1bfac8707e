/** What a storage has lost while it was open: its files, the time, its lock. */
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as TestClock from "effect/testing/TestClock"
import { mkdtempSync, renameSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { NotSendable } from "../../src/ActorError.ts"
import { Unusable } from "../../src/storage/database.ts"
import { state } from "../../src/storage/layout.ts"
import * as letters from "../../src/storage/letters.ts"
import * as stored from "../../src/wire/stored.ts"
import { CodecIssue } from "../../src/wire/translator.ts"
import { database, engine, note } from "./opened.ts"

let folder = ""
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "heddle-lost-"))
})
afterAll(() => rmSync(folder, { recursive: true }))

const ids = (path: string) =>
  Effect.scoped(
    Effect.flatMap(
      database(path),
      (sql) => sql.unsafe<{ readonly id: string }>("SELECT id FROM heddle_messages ORDER BY seq")
    )
  ).pipe(Effect.map((rows) => rows.map(({ id }) => id)))

/** Accepts one message, lets something happen to the files, and accepts another; returns why that failed. */
const lose = (path: string, happen: () => void) =>
  Effect.scoped(Effect.gen(function*() {
    const { engine: storage, opened } = yield* engine(path)
    const accept = (id: string) =>
      Effect.gen(function*() {
        const fiber = yield* Effect.forkChild(storage.accept(note(id)), { startImmediately: true })
        const ended = yield* Effect.exit(storage.step)
        return { ended, accepted: yield* Fiber.await(fiber) }
      })
    assert.isTrue(Exit.isSuccess((yield* accept("first")).accepted))
    yield* opened.confirm ?? Effect.die("a file has nothing to confirm")
    happen()
    assert.instanceOf(yield* Effect.flip(opened.confirm ?? Effect.void), Unusable)
    const { accepted, ended } = yield* accept("second")
    assert.isFalse(Exit.isSuccess(ended), "it goes on writing")
    return yield* Effect.flip(accepted)
  }))

describe("a storage that has lost its file", () => {
  it.effect("M6: A file that was moved takes no more messages, and has all that were accepted.", () =>
    Effect.gen(function*() {
      const path = join(folder, "moved.db")
      const elsewhere = join(folder, "elsewhere.db")
      const { handled, why } = yield* lose(path, () => renameSync(path, elsewhere))
      assert.strictEqual(handled, "maybe")
      assert.match(why, /has lost its file, which was moved, deleted or replaced while it was open; .*moved\.db/)
      assert.include(yield* ids(elsewhere), "first")
      yield* Effect.scoped(engine(path))
      assert.deepStrictEqual(yield* ids(path), [])
    }))

  it.effect("M6: A file that was deleted takes no more messages, and the next one begins empty.", () =>
    Effect.gen(function*() {
      const path = join(folder, "deleted.db")
      assert.match((yield* lose(path, () => rmSync(path))).why, /has lost its file/)
      yield* Effect.scoped(engine(path))
      assert.deepStrictEqual(yield* ids(path), [])
    }))

  it.effect("M6: Of two files the one that was put in the place of the other is used from then on.", () =>
    Effect.gen(function*() {
      const path = join(folder, "replaced.db")
      const other = join(folder, "other.db")
      yield* Effect.scoped(Effect.gen(function*() {
        const { engine: storage } = yield* engine(other)
        yield* Effect.forkChild(storage.accept(note("other")), { startImmediately: true })
        yield* storage.step
      }))
      assert.match((yield* lose(path, () => renameSync(other, path))).why, /has lost its file/)
      assert.deepStrictEqual(yield* ids(path), ["other"])
    }))

  it.effect("M6: A journal that was deleted loses no message.", () =>
    Effect.gen(function*() {
      const path = join(folder, "journal.db")
      const { why } = yield* lose(path, () => rmSync(`${path}-wal`))
      assert.match(
        why,
        /has lost its journal, which was moved, deleted or replaced while it was open; .*journal\.db-wal/
      )
      assert.deepStrictEqual(yield* ids(path), ["first", "second"])
    }))
})

describe("a storage whose clock was set", () => {
  it.effect("M2: Messages that were accepted before the clock was set back run at the next start, and delayed ones after their delay.", () =>
    Effect.gen(function*() {
      const path = join(folder, "clock.db")
      const hour = 3_600_000
      yield* TestClock.setTime(2 * hour)
      yield* Effect.scoped(Effect.gen(function*() {
        const { engine: storage, sql } = yield* engine(path)
        for (const [id, afterMillis] of [["now", 0], ["later", 1000]] as const) {
          yield* Effect.forkChild(storage.accept({ ...note(id), afterMillis }), { startImmediately: true })
        }
        yield* storage.step
        // As a process leaves it that is killed before it has handed anything over.
        yield* sql.unsafe(`UPDATE heddle_messages SET state = ${state.waiting}`)
      }))
      yield* TestClock.setTime(hour)
      yield* Effect.scoped(Effect.gen(function*() {
        const { engine: storage, parcels } = yield* engine(path)
        const run = () => parcels.map(({ delivered }) => delivered.id)
        yield* storage.step
        assert.deepStrictEqual(run(), ["now"])
        yield* TestClock.adjust(999)
        yield* storage.step
        assert.deepStrictEqual(run(), ["now"])
        yield* TestClock.adjust(1)
        yield* storage.step
        assert.deepStrictEqual(run(), ["now", "later"])
      }))
    }))
})

describe("a storage that another process has taken over", () => {
  it.effect("M9: It changes no dead letters any more.", () =>
    Effect.scoped(Effect.gen(function*() {
      const { engine: storage, parcels, sql } = yield* engine(join(folder, "taken.db"))
      const fiber = yield* Effect.forkChild(
        storage.accept({ ...note("dead"), payload: new Uint8Array([255, 15, 99]) }),
        { startImmediately: true }
      )
      yield* storage.step
      yield* Fiber.join(fiber)
      yield* storage.step
      const all = { actor: null, numbers: null }
      const before = yield* sql.unsafe("SELECT state, owner FROM heddle_messages")
      assert.deepStrictEqual(before, [{ state: state.dead, owner: 0 }])
      const lost = letters.make({ sql, owner: 7, guard: Effect.fail(new Unusable("was taken over")) })
      for (const change of [lost.repeat(all, 0), lost.drop(all)]) {
        const error = yield* Effect.flip(change)
        assert.deepInclude(error, { text: "was taken over" })
      }
      assert.deepStrictEqual(yield* sql.unsafe("SELECT state, owner FROM heddle_messages"), before)
      assert.lengthOf(parcels, 0)
      assert.lengthOf(yield* letters.make({ sql, guard: Effect.void }).drop(all), 1)
    })))
})

describe("dead letters while messages are written", () => {
  it.live("M5: Those that are repeated run once more each, and those that are dropped do not, whatever is accepted meanwhile.", () =>
    Effect.scoped(Effect.gen(function*() {
      const { engine: storage, opened, parcels, sql } = yield* engine(join(folder, "writes.db"))
      yield* Effect.forkScoped(storage.run, { startImmediately: true })
      const numbers = Array.from({ length: 60 }, (_, at) => at)
      const dies = new NotSendable({ handled: "no", detail: "no" })
      const ran = new Map<string, number>()
      /** Settles what is handed over: what is to die, at its first time. */
      const settle = Effect.sync(() => {
        for (const { delivered: { id }, onSettled } of parcels.splice(0)) {
          const times = (ran.get(id) ?? 0) + 1
          ran.set(id, times)
          onSettled(id.startsWith("dead") && times === 1 ? ["undelivered", dies] : ["done", 0, "success", undefined])
        }
      })
      yield* Effect.forkScoped(Effect.forever(Effect.andThen(settle, Effect.sleep("1 millis"))))
      const count = (where: string) =>
        Effect.map(
          sql.unsafe<{ readonly count: number }>(`SELECT count(*) AS count FROM heddle_messages WHERE ${where}`),
          ([row]) => row?.count
        )
      const until = (where: string, wanted: number) => Effect.repeat(count(where), { until: (now) => now === wanted })
      yield* Effect.forEach(numbers, (at) => storage.accept(note(`dead ${at}`)), { concurrency: "unbounded" })
      yield* until(`state = ${state.dead}`, numbers.length)
      const letter = letters.make(opened)
      const all = yield* letter.list({ actor: null, numbers: null }, 100)
      const select = (odd: boolean) => all.filter(({ number }) => number % 2 === (odd ? 1 : 0))
      const change = (odd: boolean) => ({ actor: null, numbers: select(odd).map(({ number }) => number) })
      yield* Effect.all([
        Effect.forEach(numbers, (at) => storage.accept(note(`fresh ${at}`)), { concurrency: 8 }),
        Effect.forEach(
          change(true).numbers,
          (number) =>
            Effect.map(
              letter.repeat({ actor: null, numbers: [number] }, storage.now()),
              () => storage.look("Ledger")
            )
        ),
        letter.drop(change(false))
      ], { concurrency: "unbounded" })
      yield* until("true", 0)
      const times = (ids: ReadonlyArray<string>) => ids.map((id) => ran.get(id))
      assert.deepStrictEqual(times(select(true).map(({ id }) => id)), select(true).map(() => 2))
      assert.deepStrictEqual(times(select(false).map(({ id }) => id)), select(false).map(() => 1))
      assert.deepStrictEqual(times(numbers.map((at) => `fresh ${at}`)), numbers.map(() => 1))
    })))
})

describe("what a database does not take", () => {
  it.effect("M5: The failure of a dead letter is written whatever characters it has.", () =>
    Effect.scoped(Effect.gen(function*() {
      const { engine: storage, parcels, sql } = yield* engine(join(folder, "characters.db"))
      yield* Effect.forkChild(storage.accept(note("a")), { startImmediately: true })
      yield* storage.step
      parcels[0]?.onSettled(["undelivered", new NotSendable({ handled: "no", detail: "a\0b \ud800 c" })])
      yield* storage.step
      const [row] = yield* sql.unsafe<{ readonly why: string }>("SELECT why FROM heddle_messages")
      assert.match(row?.why ?? "", /a\\0b \ufffd c/)
    })))

  it("M1: What has more bytes than databases take is refused, and the text says how many.", () => {
    const bytes = new Uint8Array(11)
    assert.strictEqual(stored.bounded(bytes, 11), bytes)
    const refused = stored.bounded(bytes, 10)
    assert.match(refused instanceof CodecIssue ? refused.text : "", /it has 11 bytes, and what is durable may have 10;/)
  })
})

import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as TestClock from "effect/testing/TestClock"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as ActorError from "../../src/ActorError.ts"
import * as ExitCause from "../../src/ExitCause.ts"
import type { Parcel } from "../../src/link/courier.ts"
import { mostKills } from "../../src/storage/message.ts"
import { Suspects } from "../../src/storage/suspects.ts"
import type { SystemEvent } from "../../src/SystemEvent.ts"
import { engine, note } from "./opened.ts"

let folder = ""
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "heddle-suspects-"))
})
afterAll(() => rmSync(folder, { recursive: true }))

/** What one process has seen. */
interface Life {
  readonly ended: "killed" | "idle"
  readonly ran: ReadonlyArray<string>
  readonly events: ReadonlyArray<SystemEvent>
}

const success = (parcel: Parcel): void => parcel.onSettled(["done", 0, "success", undefined])

/**
 * One process: it is killed when one of `killers` is handed over, and what was handed over with it has not ended. All others end, each in its turn.
 */
const live = (path: string, killers: ReadonlyArray<string>, sent: ReadonlyArray<string> = []) =>
  Effect.scoped(Effect.gen(function*() {
    const { engine: storage, events, parcels } = yield* engine(path)
    const fibers = yield* Effect.forEach(
      sent,
      (text) => Effect.forkChild(storage.accept(note(text)), { startImmediately: true })
    )
    const ran: Array<string> = []
    for (let idle = 0, seen = 0; idle < 3;) {
      yield* storage.step
      const fresh = parcels.slice(seen)
      seen = parcels.length
      if (fresh.some(({ delivered }) => killers.includes(delivered.id))) {
        return { ended: "killed", ran, events } satisfies Life
      }
      for (const parcel of fresh) {
        success(parcel)
        ran.push(parcel.delivered.id)
      }
      idle = fresh.length === 0 ? idle + 1 : 0
      yield* TestClock.adjust(200)
    }
    yield* Effect.forEach(fibers, Fiber.join)
    return { ended: "idle", ran, events } satisfies Life
  }))

/** Processes, one after the other, until one is not killed. */
const lives = Effect.fnUntraced(function*(path: string, killers: ReadonlyArray<string>, sent: ReadonlyArray<string>) {
  const all: Array<Life> = [yield* live(path, killers, sent)]
  while (all.at(-1)?.ended === "killed") all.push(yield* live(path, killers))
  return all
})

const lettersOf = (all: ReadonlyArray<Life>): ReadonlyArray<string> =>
  all.flatMap(({ events }) => events.map((event) => event._tag === "DeadLetter" ? event.why : event._tag))

describe("M11: a message that kills the process", () => {
  it("N6: A suspect that is taken over while it is looked for one is looked for once more.", () => {
    const suspects = new Suspects(new Map(), { isRunning: () => true })
    assert.deepStrictEqual(suspects.takers(0), [])
    suspects.renew()
    suspects.looked([], Infinity, 0)
    assert.isBelow(suspects.atMillis, 1000)
    assert.deepStrictEqual(suspects.takers(1000), [])
    suspects.looked([], Infinity, 1000)
    assert.strictEqual(suspects.atMillis, Infinity)
  })

  it.effect("M11: It is given up after five times, and all that was out with it runs to its end.", () =>
    Effect.gen(function*() {
      const others = Array.from({ length: 40 }, (_, index) => `other ${index}`)
      const all = yield* lives(join(folder, "one.db"), ["killer"], [
        ...others.slice(0, 20),
        "killer",
        ...others.slice(20)
      ])
      assert.strictEqual(all.filter(({ ended }) => ended === "killed").length, mostKills)
      assert.deepStrictEqual(all.flatMap(({ ran }) => ran).toSorted(), others.toSorted())
      const letters = lettersOf(all)
      assert.lengthOf(letters, 1)
      assert.match(
        letters[0] ?? "",
        /Ledger\.Note has failed 5 times .*each of the 5 times that it was handed over, the process ended/
      )
    }))

  it.effect("M11: Several of them are all found, and nobody else is.", () =>
    Effect.gen(function*() {
      const killers = ["first", "second", "third"]
      const others = Array.from({ length: 30 }, (_, index) => `other ${index}`)
      const all = yield* lives(join(folder, "three.db"), killers, [
        ...others.slice(0, 5),
        ...killers,
        ...others.slice(5)
      ])
      assert.deepStrictEqual(all.flatMap(({ ran }) => ran).toSorted(), others.toSorted())
      assert.lengthOf(lettersOf(all), 3)
    }))

  it.effect("M11: One that failed in between, and left the process alive, is no longer suspected.", () =>
    Effect.gen(function*() {
      const path = join(folder, "failed.db")
      yield* live(path, ["a"], ["a"])
      for (let death = 0; death < 3; death++) yield* live(path, ["a"])
      yield* Effect.scoped(Effect.gen(function*() {
        const { engine: storage, parcels, sql } = yield* engine(path)
        yield* storage.step
        assert.strictEqual(parcels[0]?.delivered.attempt, 5)
        const cause = ExitCause.Thrown.make({ name: "Error", message: "a bug", stack: "" })
        parcels[0]?.onSettled(["undelivered", new ActorError.Crashed({ handled: "maybe", cause })])
        yield* storage.step
        assert.deepStrictEqual(yield* sql.unsafe("SELECT kills, failures FROM heddle_messages"), [{
          kills: 0,
          failures: 1
        }])
      }))
    }))

  it.effect("M11: The end of the storage's thread alone is held against nobody.", () =>
    Effect.gen(function*() {
      const path = join(folder, "restarts.db")
      yield* live(path, ["a"], ["a"])
      for (let restart = 0; restart < 20; restart++) {
        yield* Effect.scoped(Effect.gen(function*() {
          const { engine: storage, parcels } = yield* engine(path, { isRestart: true })
          yield* storage.step
          assert.strictEqual(parcels[0]?.delivered.attempt, restart + 2)
        }))
      }
    }))

  it.effect("M11: A dead letter that is repeated has all its lives again.", () =>
    Effect.gen(function*() {
      const path = join(folder, "repeated.db")
      yield* lives(path, ["killer"], ["killer"])
      yield* Effect.scoped(Effect.gen(function*() {
        const { sql } = yield* engine(path)
        const { make } = yield* Effect.promise(() => import("../../src/storage/letters.ts"))
        assert.lengthOf(yield* make({ sql, guard: Effect.void }).repeat({ actor: null, numbers: null }, 0), 1)
        assert.deepStrictEqual(yield* sql.unsafe("SELECT kills, state FROM heddle_messages"), [{ kills: 0, state: 0 }])
      }))
      const again = yield* lives(path, ["killer"], [])
      assert.strictEqual(again.filter(({ ended }) => ended === "killed").length, mostKills)
    }))
})

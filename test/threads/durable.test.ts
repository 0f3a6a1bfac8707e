import { afterAll, assert, describe, it, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Rpc from "effect/rpc/Rpc"
import * as Schema from "effect/Schema"
import { Actor, Storage, System, Thread } from "heddle"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Ledger } from "../fixtures/durable/Ledger.ts"
import { quietly, reason, thread, watch } from "./watching.ts"

const folder = mkdtempSync(join(tmpdir(), "heddle-durable-"))
process.env["LEDGER_DATABASE"] = join(folder, "not", "there", "yet", "ledger.db")
const { default: config } = await import("../fixtures/durable/config.ts")
afterAll(() => rmSync(folder, { recursive: true }))

/** The deliveries of what was noted under a name. */
const deliveries = (what: string) =>
  Effect.gen(function*() {
    const ledger = yield* Ledger
    const lines = yield* ledger.Journal()
    return lines.map((line) => line.split(" ")).filter(([name]) => name === what)
  })

layer(quietly(System.layer(config)), { excludeTestServices: true, timeout: "60 seconds" })("durable messages", (it) => {
  it.effect("M1: A durable tell is accepted and runs, and its handler knows its delivery.", () =>
    Effect.gen(function*() {
      const ledger = yield* Ledger
      yield* ledger.Note({ text: "a" }, { discard: true })
      // An ask of the same actor runs after it: order holds.
      assert.strictEqual(yield* ledger.Charge({ order: "first", cents: 5 }), 5)
      const [charge, ...others] = yield* deliveries("charge:5")
      assert.deepStrictEqual(others, [])
      assert.deepStrictEqual(charge, ["charge:5", "first", "1", "false", "main"])
    }))

  it.effect("M3: Messages with one id are one message, and all get its answer.", () =>
    Effect.gen(function*() {
      const ledger = yield* Ledger
      const order = { order: "twice", cents: 7 }
      const before = yield* ledger.Sum()
      const together = yield* Effect.all([ledger.Charge(order), ledger.Charge(order), ledger.Charge(order)], {
        concurrency: "unbounded"
      })
      yield* ledger.Charge(order, { discard: true })
      const later = yield* ledger.Charge({ ...order, cents: 1000 })
      assert.deepStrictEqual([...together, later], [before + 7, before + 7, before + 7, before + 7])
      assert.strictEqual(yield* ledger.Sum(), before + 7)
      assert.lengthOf(yield* deliveries("charge:7"), 1)
    }))

  it.effect("D14: A durable message and its answer arrive as they were sent.", () =>
    Effect.gen(function*() {
      const ledger = yield* Ledger
      const value = {
        number: -0,
        maybe: undefined,
        bytes: new Uint8Array([0, 255]),
        date: new Date(-1),
        big: 2n ** 80n,
        map: new Map([["not", Number.NaN]]),
        option: Option.some(Number.NEGATIVE_INFINITY)
      }
      const echo = yield* ledger.Echo(value)
      assert.deepStrictEqual(echo, value)
      assert.isTrue(Object.is(echo.number, -0))
      assert.isTrue("maybe" in echo)
    }))

  it.effect("M4: A message that fails runs again as its schedule says, and says that it is redelivered.", () =>
    Effect.gen(function*() {
      const ledger = yield* Ledger
      assert.strictEqual(yield* ledger.Refuse({ times: 2 }), 3)
      assert.deepStrictEqual(
        (yield* deliveries("refuse")).map(([, , attempt, redelivered]) => [attempt, redelivered]),
        [
          ["1", "false"],
          ["2", "true"],
          ["3", "true"]
        ]
      )
      const ids = new Set((yield* deliveries("refuse")).map(([, id]) => id))
      assert.strictEqual(ids.size, 1)
    }))

  it.effect("M4: A message that its actor crashes with runs again, in the next incarnation.", () =>
    Effect.gen(function*() {
      const ledger = yield* Ledger
      assert.strictEqual(yield* ledger.Break({ times: 3 }), 4)
      assert.lengthOf(yield* deliveries("break"), 4)
    }))

  it.effect("M5: A message whose retries are spent is a dead letter, and its ask gets the last error.", () =>
    Effect.gen(function*() {
      const ledger = yield* Ledger
      const events = yield* watch
      const error = yield* Effect.flip(ledger.Refuse({ times: 100 }))
      assert(error._tag === "Refused")
      assert.strictEqual(error.why, "attempt 4")
      const letter = yield* events.next("DeadLetter")
      assert.strictEqual(letter.cause, "RetriesSpent")
      assert.deepInclude(letter, { actor: "Ledger", request: "Refuse", sender: "main", count: 1 })
      assert.match(letter.why, /Ledger\.Refuse has failed 4 times and does not run again.*attempt 4/)
      yield* ledger.Break({ times: 100 }, { discard: true })
      assert.match((yield* events.next("DeadLetter")).why, /Ledger\.Break has failed 4 times.*broken at attempt 4/)
    }))

  it.effect("M2: The messages of a storage whose thread crashes are delivered by the next one.", () =>
    Effect.gen(function*() {
      const system = yield* System.System
      const ledger = yield* Ledger
      yield* ledger.Charge({ order: "before", cents: 1 })
      const home = yield* thread("money")
      const events = yield* watch
      yield* system.inject("heddle.storage", "throw")
      const [before, after] = yield* Effect.all([
        ledger.Charge({ order: "before", cents: 1 }, { timeout: "30 seconds" }),
        ledger.Charge({ order: "after", cents: 1 }, { timeout: "30 seconds" })
      ])
      assert.strictEqual(after, before + 1)
      const started = yield* events.next("ThreadStarted", ({ thread }) => thread === "heddle.storage")
      assert.strictEqual(started.incarnation, 2)
      assert.strictEqual((yield* thread("money")).incarnation, home.incarnation)
    }))

  it.effect("M6: While the storage is stopped a message is refused, and the error says so.", () =>
    Effect.gen(function*() {
      const system = yield* System.System
      const ledger = yield* Ledger
      yield* system.stop("heddle.storage")
      const unreachable = yield* reason(ledger.Note({ text: "lost" }, { discard: true, timeout: "5 seconds" }))
      assert(unreachable._tag === "Unreachable")
      assert.strictEqual(unreachable.handled, "no")
      yield* system.start("heddle.storage")
      yield* ledger.Note({ text: "kept" }, { discard: true })
    }))

  it.effect("M6: Another system that opens the same file does not start, and its error says why.", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(Effect.scoped(Layer.build(Layer.fresh(quietly(System.layer(config))))))
      assert(error._tag === "StartFailed")
      assert.match(error.message, /heddle\.storage.*is locked by another process/s)
    }))
})

describe("a declaration", () => {
  const actors = [Actor.lazy(Ledger, () => import("../fixtures/durable/LedgerLayer.ts"))]
  const module = import.meta.url

  it("M1: A system with durable messages and without storage is invalid, and the error has the line to write.", () => {
    assert.throws(
      () => System.make({ module, threads: { money: Thread.make({ actors }) } }),
      /threads\.money\.actors: Ledger\.Note, .* are durable, .*storage: Storage\.sqlite\("data\/heddle\.db"\)/
    )
  })

  for (const path of ["", " ", ":memory:", "file:x?mode=memory", "a\0b"]) {
    it(`M1: ${JSON.stringify(path)} is no file of a storage.`, () => {
      const threads = { money: Thread.make({ actors }) }
      assert.throws(() => System.make({ module, threads, storage: Storage.sqlite(path) }), /storage: .* path of a file/)
    })
  }

  it("M1: A stream can't be durable.", () => {
    assert.throws(
      () => Actor.durable(Rpc.make("Numbers", { success: Schema.Int, stream: true })),
      /Actor\.durable: Numbers is a stream/
    )
  })

  it("M1: What is no duration is refused.", () => {
    assert.throws(() => Actor.durable(Rpc.make("Note"), { keepFor: -5 }), /Note: .* is not a duration/)
  })
})

import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as TestClock from "effect/testing/TestClock"
import { Storage, System } from "heddle"
import * as Testing from "heddle/Testing"
import { existsSync } from "node:fs"
import config from "../fixtures/durable/config.ts"
import { Ledger } from "../fixtures/durable/Ledger.ts"

const simulated = Effect.provide(Layer.provide(Testing.layer(config), Logger.layer([])))

it.effect("M8: Under heddle/Testing durable messages run, and no file is written.", () =>
  Effect.gen(function*() {
    const ledger = yield* Ledger
    assert.strictEqual(yield* ledger.Charge({ order: "simulated", cents: 3 }), 3)
    assert.strictEqual(yield* ledger.Charge({ order: "simulated", cents: 3 }), 3)
    const { storage } = config.topology
    assert(Storage.isStorage(storage) && storage.kind === "sqlite")
    assert.isFalse(existsSync(storage.path))
  }).pipe(simulated))

it.effect("M8: Under heddle/Testing a delayed message runs when the clock of the test says so, a crash in between or not.", () =>
  Effect.gen(function*() {
    const ledger = yield* Ledger
    const faults = yield* Testing.Faults
    const system = yield* System.System
    yield* ledger.Note({ text: "later" }, { discard: true, after: "10 minutes" })
    const noted = Effect.map(
      ledger.Journal(undefined, { timeout: "Infinity" }),
      (lines) => lines.filter((line) => line.startsWith("note:later"))
    )
    const measured = Effect.map(
      system.metrics,
      (metrics) =>
        metrics.flatMap(({ attributes, id, state }) =>
          id === "heddle_durable_messages" && attributes["state"] === "waiting" && "value" in state
            ? [[attributes["receiver"], state.value]]
            : []
        )
    )
    yield* Effect.repeat(Effect.andThen(TestClock.adjust("1 second"), measured), {
      until: (found) => JSON.stringify(found) === JSON.stringify([["Ledger", 1]])
    })
    yield* TestClock.adjust("8 minutes")
    assert.deepStrictEqual(yield* noted, [])
    yield* faults.crash("heddle.storage")
    const isUp = Effect.map(
      system.threads,
      (threads) =>
        threads.some(({ incarnation, name, state }) =>
          name === "heddle.storage" && incarnation === 2 && state === "running"
        )
    )
    yield* Effect.repeat(Effect.andThen(TestClock.adjust("100 millis"), isUp), { until: (up) => up })
    const waiting = yield* Effect.forkChild(Effect.repeat(Effect.andThen(TestClock.adjust("1 minute"), noted), {
      until: (lines) => lines.length > 0
    }))
    assert.lengthOf(yield* Fiber.join(waiting), 1)
  }).pipe(simulated))

import { afterAll, assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { System } from "heddle"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Asker, Room, Worker } from "../fixtures/durableKinds/Kinds.ts"
import { quietly, reason } from "./watching.ts"

const folder = mkdtempSync(join(tmpdir(), "heddle-kinds-"))
process.env["KINDS_DATABASE"] = join(folder, "kinds.db")
const { default: config } = await import("../fixtures/durableKinds/config.ts")
afterAll(() => rmSync(folder, { recursive: true }))

const patient = { timeout: "60 seconds" } as const

layer(quietly(System.layer(config)), { excludeTestServices: true, timeout: "60 seconds" })(
  "durable messages of all kinds of actors",
  (it) => {
    it.effect("M1: A key takes durable messages, on the one instance that has its place, and its ids are its own.", () =>
      Effect.gen(function*() {
        const rooms = yield* Room
        const keys = Array.from({ length: 12 }, (_, index) => index === 0 ? "a\0\ud800" : `room ${index}`)
        const said = yield* Effect.forEach(keys, (key) => rooms.of(key).Say({ text: "hello" }, patient), {
          concurrency: "unbounded"
        })
        assert.deepStrictEqual(said.map(({ key }) => key), keys)
        assert.deepStrictEqual(new Set(said.map(({ thread }) => thread)), new Set(["rooms.1", "rooms.2"]))
        const again = yield* Effect.forEach(keys, (key) => rooms.of(key).Say({ text: "hello" }, patient))
        assert.deepStrictEqual(again, said)
      }))

    it.effect("M1: Keys whose messages do not end hold up no other key, however many messages wait for them.", () =>
      Effect.gen(function*() {
        const rooms = yield* Room
        const numbers = Array.from({ length: 700 }, (_, number) => number)
        const waiting = yield* Effect.forkChild(
          Effect.forEach(numbers, (number) => rooms.of(`stuck ${number % 7}`).Wait({ number }, patient), {
            concurrency: "unbounded"
          }),
          { startImmediately: true }
        )
        // They are all in the storage when the last one of them has been accepted: this one comes after.
        for (const text of ["one", "two"]) {
          assert.strictEqual((yield* rooms.of("free").Say({ text }, patient)).id, text)
        }
        for (let key = 0; key < 7; key++) yield* rooms.of(`stuck ${key}`).Release(undefined, patient)
        assert.deepStrictEqual(yield* Fiber.join(waiting), numbers)
      }))

    it.effect("M4: A key that dies of a durable message gets it again, and no other key notices.", () =>
      Effect.gen(function*() {
        const rooms = yield* Room
        const { attempt, key } = yield* rooms.of("fragile").Die({ times: 3 }, patient)
        assert.deepStrictEqual([attempt, key], [4, "fragile"])
      }))

    it.effect("M2: Several instances share the durable messages of an actor; what kills an instance runs again on another.", () =>
      Effect.gen(function*() {
        const worker = yield* Worker
        const done = yield* Effect.forEach(
          Array.from({ length: 50 }, (_, task) => task),
          (task) => task === 7 ? worker.Exit({ times: 2 }, patient) : worker.Work({ task }, patient),
          { concurrency: "unbounded" }
        )
        assert.deepStrictEqual(new Set(done.map(({ thread }) => thread)), new Set(["workers.1", "workers.2"]))
        assert.strictEqual(done[7]?.attempt, 3)
      }))

    it.effect("M1: The sender of a durable message is the actor that sent it; its middleware gets its headers.", () =>
      Effect.gen(function*() {
        const asker = yield* Asker
        assert.strictEqual((yield* asker.Ask({ task: 1 }, patient)).from, "Asker")
        assert.strictEqual(yield* asker.Enter(undefined, patient), "the badge of Asker")
      }))

    it.effect("M1: A delayed message runs when its time has come, and a delay that is none is refused.", () =>
      Effect.gen(function*() {
        const worker = yield* Worker
        const before = performance.now()
        yield* worker.Work({ task: 1 }, { ...patient, after: "300 millis" })
        assert.isAtLeast(performance.now() - before, 295)
        for (const after of [-5, Number.NaN, "Infinity" as const]) {
          const refused = yield* reason(worker.Work({ task: 1 }, { after }))
          assert(refused._tag === "NotSendable")
          assert.match(refused.detail, /after: .* is not a duration of 0 or more/)
        }
        const asker = yield* Asker
        const delayed = Object.assign({ timeout: "1 second" } as const, { after: "1 second" })
        const misplaced = yield* reason(asker.Ask({ task: 1 }, delayed))
        assert(misplaced._tag === "NotSendable")
        assert.match(misplaced.detail, /only a durable message can be delayed; declare Ask by Actor\.durable/)
      }))
  }
)

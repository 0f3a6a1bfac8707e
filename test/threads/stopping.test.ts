import { afterAll, assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import { System } from "heddle"
import config from "../fixtures/endings/config.ts"
import { Bystander, Patient } from "../fixtures/endings/Patient.ts"
import { journal, quietly, reason, thread, watch } from "./watching.ts"

const paper = journal()
afterAll(paper.remove)

const now = { startImmediately: true }
const labels = (count: number) => Array.from({ length: count }, (_, index) => `note ${index + 1}`)

layer(quietly(System.layer(config)), { excludeTestServices: true, timeout: "1 minute" })(
  "stopping one thread",
  (it) => {
    it.effect("S1: What was accepted is still answered; what comes later fails with Stopping, then NotRunning.", () =>
      Effect.gen(function*() {
        const system = yield* System.System
        const patient = yield* Patient
        paper.clear()
        const slow = yield* Effect.forEach(
          [1, 2, 3, 4, 5, 6],
          () => Effect.forkChild(patient.Slow({ millis: 50 }), now)
        )
        yield* Effect.forEach(labels(20), (label) => patient.Note({ label }, { discard: true }))
        const stopping = yield* Effect.forkChild(system.stop("ward"), now)
        const late = yield* reason(patient.Note({ label: "too late" }))
        assert.strictEqual(late._tag, "Stopping")
        assert.strictEqual(late.handled, "no")
        for (const fiber of slow) assert.strictEqual(yield* Fiber.join(fiber), "slow but sure")
        yield* Fiber.join(stopping)
        assert.deepStrictEqual(paper.lines(), labels(20))
        const stopped = yield* reason(patient.Note({ label: "much too late" }))
        assert.strictEqual(stopped._tag, "NotRunning")
        assert.strictEqual((yield* thread("ward")).state, "stopped")
      }))

    it.effect("F3, D2: A restart that was asked for costs no message and no failure.", () =>
      Effect.gen(function*() {
        const system = yield* System.System
        const patient = yield* Patient
        yield* system.start("ward")
        paper.clear()
        const slow = yield* Effect.forEach([1, 2], () => Effect.forkChild(patient.Slow({ millis: 100 }), now))
        yield* Effect.forEach(labels(50), (label) => patient.Note({ label }, { discard: true }))
        const asked = yield* Effect.forkChild(patient.Note({ label: "asked" }), now)
        const events = yield* watch
        yield* system.restart("ward")
        for (const fiber of slow) assert.strictEqual(yield* Fiber.join(fiber), "slow but sure")
        assert.strictEqual(yield* Fiber.join(asked), "asked")
        assert.deepStrictEqual(paper.lines(), [...labels(50), "asked"])
        assert.isTrue((yield* events.next("ThreadExited")).asked)
        assert.isNull((yield* thread("ward")).lastCause)
      }))

    it.effect("S4: Stopping twice, restarting and starting at the same time all settle.", () =>
      Effect.gen(function*() {
        const system = yield* System.System
        const patient = yield* Patient
        yield* Effect.all([
          system.stop("ward"),
          system.restart("ward"),
          system.stop("ward"),
          system.start("ward"),
          system.restart("ward")
        ], { concurrency: "unbounded" }).pipe(Effect.timeout("5 seconds"))
        yield* system.start("ward")
        assert.strictEqual(yield* patient.Note({ label: "well" }), "well")
        assert.strictEqual((yield* thread("ward")).state, "running")
      }))

    it.effect("S4: A stop during back-off is a stop, and a start ends it.", () =>
      Effect.gen(function*() {
        const system = yield* System.System
        const patient = yield* Patient
        const events = yield* watch
        yield* system.inject("ward", "exit")
        yield* events.next("ThreadRestarting")
        yield* system.stop("ward")
        assert.strictEqual((yield* reason(patient.Note({ label: "no" })))._tag, "NotRunning")
        yield* system.start("ward")
        assert.strictEqual(yield* patient.Note({ label: "yes" }), "yes")
      }))

    it.effect("D3: Closing the system settles every ask, wherever it is.", () =>
      Effect.gen(function*() {
        const scope = yield* Scope.make()
        // A system of its own, beside the other one.
        const services = yield* Layer.buildWithScope(Layer.fresh(quietly(System.layer(config))), scope)
        const asks = yield* Effect.gen(function*() {
          const patient = yield* Patient
          const bystander = yield* Bystander
          return yield* Effect.forEach([
            patient.Hold(undefined, { timeout: "1 minute" }),
            patient.Hold(undefined, { timeout: "1 minute" }),
            patient.Note({ label: "never" }, { timeout: "1 minute" }),
            bystander.Hold(undefined, { timeout: "1 minute" }),
            bystander.Slow({ millis: 50 }, { timeout: "1 minute" })
          ], (ask) =>
            Effect.forkChild(
              Effect.result<string | void, { readonly reason: { readonly _tag: string } }, never>(ask),
              now
            ))
        }).pipe(Effect.provide(services))
        yield* Scope.close(scope, Exit.void)
        const ends = yield* Effect.forEach(asks, Fiber.join)
        assert.deepStrictEqual(
          ends.map((end) => end._tag === "Success" ? end.success : end.failure.reason._tag),
          ["Crashed", "Crashed", "Stopping", "Crashed", "slow but sure"]
        )
      }), 15_000)
  }
)

import { afterAll, assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import { ExitCause, System } from "heddle"
import config from "../fixtures/endings/config.ts"
import { Bystander, type How, Patient } from "../fixtures/endings/Patient.ts"
import { journal, quietly, reason, thread, watch } from "./watching.ts"

const paper = journal()
afterAll(paper.remove)

const handled = "Patient.End"

/** How a thread can end, and what is said of it afterwards. */
const endings: ReadonlyArray<readonly [how: How, said: RegExp]> = [
  ["throw", /^TypeError: a bug$/],
  ["reject", /^RangeError: nobody catches this$/],
  ["throw a string", /^string: just words$/],
  ["throw null", /a falsy value was thrown/],
  ["throw a function", /\[Function/],
  ["process.exit(0)", /^process\.exit\(0\) was called$/],
  ["process.exit(1)", /^process\.exit\(1\) was called$/],
  ["drain", /^its event loop had nothing left to do \(exit code 0\)$/],
  // On a busy machine collecting the last garbage may take a second, and the watchdog is first.
  ["fill the heap", /^out of memory: .*(?:memory limit|heap out of memory)|blocked for/],
  ["overflow the stack", /^RangeError: Maximum call stack size exceeded$/]
]
const stalls: ReadonlyArray<How> = ["while(true)", "endless microtasks", "Atomics.wait"]

layer(quietly(System.layer(config)), { excludeTestServices: true, timeout: "30 seconds" })(
  "the ends of a thread",
  (it) => {
    /** Crashes the patient with asks running and messages queued, and checks what becomes of each. */
    const crash = (how: How, where: "in a handler" | "in the background", said: RegExp) =>
      Effect.gen(function*() {
        const patient = yield* Patient
        const bystander = yield* Bystander
        yield* patient.Note({ label: "up" })
        const before = { ward: yield* thread("ward"), next: yield* thread("next") }
        paper.clear()
        const events = yield* watch

        const beside = yield* Effect.forkChild(bystander.Slow({ millis: 50 }), { startImmediately: true })
        const held = yield* Effect.forkChild(
          Effect.exit(Effect.flip(patient.Hold(undefined, { timeout: "20 seconds" }))),
          {
            startImmediately: true
          }
        )
        const ending = where === "in a handler"
          ? yield* Effect.forkChild(Effect.exit(patient.End({ how }, { timeout: "20 seconds" })), {
            startImmediately: true
          })
          : yield* Effect.forkChild(Effect.exit(patient.EndLater({ how })), { startImmediately: true })
        // A second one that holds the place which EndLater gives back.
        if (where === "in the background") {
          yield* Effect.forkChild(Effect.exit(patient.Hold(undefined, { timeout: "20 seconds" })), {
            startImmediately: true
          })
        }
        const queued = yield* Effect.forkChild(
          Effect.forEach(["ask 1", "ask 2", "ask 3"], (label) => patient.Note({ label }, { timeout: "20 seconds" }), {
            concurrency: "unbounded"
          }),
          { startImmediately: true }
        )
        for (const label of ["tell 1", "tell 2", "tell 3"]) yield* patient.Note({ label }, { discard: true })

        const exited = yield* events.next("ThreadExited", (event) => event.thread === "ward")
        assert.match(ExitCause.format(exited.cause), said, ExitCause.format(exited.cause))
        if (how === "throw") assert.match(ExitCause.stack(exited.cause), /TypeError: a bug[^]*Error: its root/)
        assert.isFalse(exited.asked)
        assert.strictEqual(exited.incarnation, before.ward.incarnation)
        const heldBack = yield* Fiber.join(held)
        assert(Exit.isSuccess(heldBack) && heldBack.value.reason._tag === "Crashed")
        assert.strictEqual(heldBack.value.reason.handled, "maybe")
        assert.deepStrictEqual(heldBack.value.reason.cause, exited.cause)
        const ended = yield* Fiber.join(ending)
        assert.strictEqual(Exit.isFailure(ended), where === "in a handler")

        assert.deepStrictEqual(yield* Fiber.join(queued), ["ask 1", "ask 2", "ask 3"])
        assert.strictEqual(yield* patient.Note({ label: "last" }), "last")
        const first = where === "in a handler" ? ["hold", `end by ${how}`] : ["hold", `end later by ${how}`, "hold"]
        assert.deepStrictEqual(paper.lines(), [
          ...first,
          "ask 1",
          "ask 2",
          "ask 3",
          "tell 1",
          "tell 2",
          "tell 3",
          "last"
        ])
        assert.strictEqual(yield* Fiber.join(beside), "slow but sure")

        const after = { ward: yield* thread("ward"), next: yield* thread("next") }
        assert.strictEqual(after.ward.incarnation, before.ward.incarnation + 1)
        assert.strictEqual(after.ward.restarts, before.ward.restarts + 1)
        assert.deepStrictEqual(after.ward.lastCause, exited.cause)
        assert.strictEqual(after.next.incarnation, 1)
        assert.strictEqual(after.next.restarts, 0)
      })

    for (const [how, said] of endings) {
      it.effect(`F1, D2: ${how} in a handler is one failure; what had not started runs next time.`, () =>
        crash(how, "in a handler", said))
    }
    it.effect("F1, D2: process.exit(0) in the background is a failure.", () =>
      crash("process.exit(0)", "in the background", /^process\.exit\(0\) was called$/))
    for (const how of stalls) {
      it.effect(`F10: ${how} in a handler is ended by the watchdog, which names the message.`, () =>
        crash(
          how,
          "in a handler",
          new RegExp(`^its event loop was blocked for \\d+ ms while it handled ${handled}, at .+:\\d+:\\d+\\)?$`)
        ))
      it.effect(`F1: ${how} in the background is ended by the watchdog.`, () =>
        crash(
          how,
          "in the background",
          /^its event loop was blocked for \d+ ms while it handled Patient.Hold, at .+:\d+:\d+\)?$/
        ))
    }

    it.effect("F9: A thread in a native call leaves the routes at once, and is replaced only when it is dead.", () =>
      Effect.gen(function*() {
        const patient = yield* Patient
        const bystander = yield* Bystander
        yield* patient.Note({ label: "up" })
        const before = yield* thread("ward")
        const events = yield* watch
        const started = performance.now()
        const ending = yield* Effect.forkChild(reason(patient.End({ how: "execSync" }, { timeout: "1 minute" })), {
          startImmediately: true
        })
        const later = yield* Effect.forkChild(patient.Note({ label: "later" }, { timeout: "1 minute" }), {
          startImmediately: true
        })
        const stalled = yield* events.next("ThreadStalled")
        assert.strictEqual(stalled.cause.handling, "Patient.End")
        // At once: long before the call is over.
        const crashed = yield* Fiber.join(ending)
        assert(crashed._tag === "Crashed")
        assert.deepStrictEqual(crashed.cause, stalled.cause)
        assert.isBelow(performance.now() - started, 2500)
        const waited = yield* reason(patient.Note({ label: "too early" }, { timeout: "50 millis" }))
        assert.strictEqual(waited._tag, "Restarting")
        assert.strictEqual(yield* bystander.Note({ label: "beside" }), "beside")
        const unkillable = yield* Effect.repeat(Effect.delay(thread("ward"), 20), {
          until: ({ state }) => state !== "restarting"
        })
        assert.strictEqual(unkillable.state, "unkillable")
        assert.strictEqual(unkillable.incarnation, before.incarnation)
        const exited = yield* events.next("ThreadExited", (event) => event.thread === "ward")
        assert.deepStrictEqual(exited.cause, stalled.cause)
        assert.isAtLeast(performance.now() - started, 5900)
        assert.strictEqual(yield* Fiber.join(later), "later")
        const after = yield* thread("ward")
        assert.strictEqual(after.incarnation, before.incarnation + 1)
        assert.strictEqual(after.state, "running")
      }))
  }
)

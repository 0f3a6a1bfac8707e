import { afterAll, assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { System } from "heddle"
import config from "../fixtures/endings/config.ts"
import { Bystander, type How, Patient } from "../fixtures/endings/Patient.ts"
import { blockedIn, crash, paper } from "./endingCases.ts"
import { quietly, reason, thread, watch } from "./watching.ts"

afterAll(paper.remove)

/** How a thread can end, and what is said of it afterwards; more of them in `endings.long.ts`. */
const endings: ReadonlyArray<readonly [how: How, said: RegExp]> = [
  ["throw", /^TypeError: a bug$/],
  ["reject", /^RangeError: nobody catches this$/],
  ["process.exit(0)", /^process\.exit\(0\) was called$/],
  ["drain", /^its event loop had nothing left to do \(exit code 0\)$/],
  // On a busy machine collecting the last garbage may take a second, and the watchdog is first.
  ["fill the heap", /^out of memory: .*(?:memory limit|heap out of memory)|blocked for/]
]

layer(quietly(System.layer(config)), { excludeTestServices: true, timeout: "1 minute" })(
  "the ends of a thread",
  (it) => {
    for (const [how, said] of endings) {
      it.effect(`F1, D2: ${how} in a handler is one failure; what had not started runs next time.`, () =>
        crash(how, "in a handler", said))
    }
    it.effect("F1, D2: process.exit(0) in the background is a failure.", () =>
      crash("process.exit(0)", "in the background", /^process\.exit\(0\) was called$/))
    it.effect("F10: while(true) in a handler is ended by the watchdog, which names the message.", () =>
      crash("while(true)", "in a handler", blockedIn("Patient.End")))
    it.effect("F1: while(true) in the background is ended by the watchdog.", () =>
      crash("while(true)", "in the background", blockedIn("Patient.Hold")))

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
        assert.isBelow(performance.now() - started, 5000)
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

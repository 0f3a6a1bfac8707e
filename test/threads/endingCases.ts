/** A thread that ends, in whichever way, while asks run and messages wait. */
import { assert } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import { ExitCause } from "heddle"
import { Bystander, type How, Patient } from "../fixtures/endings/Patient.ts"
import { journal, thread, watch } from "./watching.ts"

export const paper = journal()

/** What the record of a thread says that was blocked while it handled this message. */
export const blockedIn = (request: string): RegExp =>
  new RegExp(`^its event loop was blocked for \\d+ ms while it handled ${request}, at .+:\\d+:\\d+\\)?$`)

/** Crashes the patient with asks running and messages queued, and checks what becomes of each. */
export const crash = (how: How, where: "in a handler" | "in the background", said: RegExp) =>
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

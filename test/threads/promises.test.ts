import { afterAll, assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { System } from "heddle"
import config from "../fixtures/trio/oneForOne.ts"
import { A, B, C } from "../fixtures/trio/Trio.ts"
import { journal, quietly, reason, thread, watch } from "./watching.ts"

const paper = journal()
afterAll(paper.remove)

const now = { startImmediately: true }
const tell = { discard: true } as const

/** Completes when the journal has this line; a file tells nobody when it is written to. */
const written = (line: string) =>
  Effect.repeat(Effect.delay(Effect.sync(() => paper.lines().includes(line)), 5), { until: (found) => found })

layer(quietly(System.layer(config)), { excludeTestServices: true, timeout: "1 minute" })("threads promise", (it) => {
  it.effect("D2: A tell that had started when its thread died is a dead letter with the cause, and never runs again.", () =>
    Effect.gen(function*() {
      const system = yield* System.System
      const b = yield* B
      paper.clear()
      const events = yield* watch
      yield* b.Hold({ label: "started" }, tell)
      for (const label of ["one", "two", "three"]) yield* b.Note({ label }, tell)
      yield* written("started")
      yield* system.inject("b", "throw")
      const letter = yield* events.next("DeadLetter")
      assert.strictEqual(`${letter.actor}.${letter.request}`, "B.Hold")
      assert.match(letter.why, /Error: thrown on purpose, for a drill.*may have run/)
      assert.strictEqual(yield* b.Note({ label: "four" }), "four")
      assert.deepStrictEqual(paper.lines(), ["started", "B opens", "one", "two", "three", "four"])
      assert.isFalse((yield* events.soFar).some(({ _tag }) => _tag === "DeadLetter"))
    }))

  it.effect("D2: A tell whose handler dies is a dead letter, too, and what waits behind it runs.", () =>
    Effect.gen(function*() {
      const b = yield* B
      paper.clear()
      const events = yield* watch
      yield* b.Crash(undefined, tell)
      yield* b.Note({ label: "behind" }, tell)
      const letter = yield* events.next("DeadLetter")
      assert.match(letter.why, /^B\.Crash: .*B died: a bug.*may have run/)
      yield* b.Note({ label: "last" })
      assert.deepStrictEqual(paper.lines(), ["B closes", "B opens", "behind", "last"])
    }))

  it.effect("D4: A reply that comes too late goes nowhere, and is nobody else's answer.", () =>
    Effect.gen(function*() {
      const b = yield* B
      paper.clear()
      const late = yield* reason(b.Stubborn({ label: "late", millis: 300 }, { timeout: "100 millis" }))
      assert(late._tag === "TimedOut")
      assert.strictEqual(late.handled, "maybe")
      const events = yield* watch
      const answers = yield* Effect.forEach(["one", "two", "three"], (label) => b.Note({ label }), {
        concurrency: "unbounded"
      })
      assert.deepStrictEqual(answers, ["one", "two", "three"])
      assert.deepStrictEqual(paper.lines(), ["late", "one", "two", "three"])
      assert.lengthOf(yield* events.soFar, 0)
    }))

  it.effect("D5: A stop and a restart don't wait behind a full mailbox.", () =>
    Effect.gen(function*() {
      const system = yield* System.System
      const c = yield* C
      paper.clear()
      yield* c.Hold({ label: "held" }, tell)
      yield* written("held")
      const flood = yield* Effect.forkChild(
        Effect.forEach(
          Array.from({ length: 2000 }),
          () => c.Note({ label: "flood" }, { discard: true, timeout: "1 minute" }),
          {
            concurrency: "unbounded",
            discard: true
          }
        ),
        now
      )
      yield* Effect.repeat(Effect.delay(thread("c"), 5), {
        until: ({ actors: [actor] }) => actor?.mailboxDepth === 1000
      })
      const before = performance.now()
      yield* system.restart("c")
      // Half of its 5 s is for what was accepted, and the message in hand never ends.
      assert.isBelow(performance.now() - before, 5000)
      yield* Fiber.join(flood)
      assert.strictEqual(yield* c.Note({ label: "last" }), "last")
      assert.lengthOf(paper.lines().filter((line) => line === "flood"), 2000)
    }))

  it.effect("D9: Two threads go on talking while the main thread is blocked.", () =>
    Effect.gen(function*() {
      const a = yield* A
      yield* (yield* B).Note({ label: "up" })
      const chat = yield* Effect.forkChild(a.Chat({ millis: 1500 }, { timeout: "30 seconds" }), now)
      // The message is on its way once others behind it were answered.
      yield* a.Note({ label: "along" })
      const from = Date.now()
      while (Date.now() < from + 1000);
      const times = yield* Fiber.join(chat)
      const meanwhile = times.filter((time) => time > from && time < from + 1000)
      for (const quarter of [0, 250, 500, 750]) {
        const then = meanwhile.filter((time) => time >= from + quarter && time < from + quarter + 250)
        assert.isAbove(then.length, 0, `asks answered in the quarter that begins after ${quarter} ms`)
      }
    }))
})

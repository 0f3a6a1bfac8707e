import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import { System } from "heddle"
import config from "../fixtures/operating/config.ts"
import { Machine, Operator } from "../fixtures/operating/Operator.ts"
import { quietly, reason, thread, watch } from "./watching.ts"

layer(quietly(System.layer(config)), { excludeTestServices: true, timeout: "1 minute" })(
  "System, from an actor on another thread",
  (it) => {
    it.effect("System tells actors the state of all threads.", () =>
      Effect.gen(function*() {
        const operator = yield* Operator
        assert.deepStrictEqual(yield* operator.Survey(), ["desk: running #1", "hall: running #1"])
      }))

    it.effect("F19: An actor's restart of a thread is answered when it is done.", () =>
      Effect.gen(function*() {
        const operator = yield* Operator
        const machine = yield* Machine
        yield* machine.Turn()
        assert.strictEqual(yield* operator.Restart({ name: "hall" }), "done")
        assert.deepStrictEqual(yield* operator.Survey(), ["desk: running #1", "hall: running #2"])
        assert.strictEqual(yield* machine.Turn(), 1)
      }))

    it.effect("D3, F17: An actor may stop a thread, so that asks fail at once, and start it again.", () =>
      Effect.gen(function*() {
        const operator = yield* Operator
        const machine = yield* Machine
        assert.strictEqual(yield* operator.Stop({ name: "hall" }), "done")
        assert.deepStrictEqual(yield* operator.Survey(), ["desk: running #1", "hall: stopped #2"])
        const stopped = yield* reason(machine.Turn())
        assert(stopped._tag === "NotRunning")
        assert.match(stopped.why, /thread "hall" was stopped/)
        assert.strictEqual(
          yield* operator.Drill({ name: "hall" }),
          "thread \"hall\" is not up, it is stopped: start it, unless the system is ending"
        )
        assert.strictEqual(yield* operator.Stop({ name: "hall" }), "done")
        assert.strictEqual(yield* operator.Start({ name: "hall" }), "done")
        assert.strictEqual(yield* operator.Start({ name: "hall" }), "done")
        assert.strictEqual(yield* machine.Turn(), 1)
        assert.deepStrictEqual(yield* operator.Survey(), ["desk: running #1", "hall: running #3"])
      }))

    it.effect("An actor may inject a fault, and sees what happens.", () =>
      Effect.gen(function*() {
        const operator = yield* Operator
        const machine = yield* Machine
        const events = yield* watch
        const seen = yield* Effect.forkChild(
          operator.Watch().pipe(
            Stream.takeUntil((event) => event._tag === "ThreadStarted"),
            Stream.map((event) => event._tag),
            Stream.runCollect
          ),
          { startImmediately: true }
        )
        // The stream is open once another message behind it was answered.
        yield* operator.Survey()
        yield* operator.Survey()
        assert.strictEqual(yield* operator.Drill({ name: "hall" }), "done")
        const exited = yield* events.next("ThreadExited")
        assert(exited.cause._tag === "Thrown")
        assert.match(exited.cause.message, /for a drill/)
        assert.strictEqual(yield* machine.Turn(), 1)
        assert.deepStrictEqual(Array.from(yield* Fiber.join(seen)), [
          "ThreadExited",
          "ThreadRestarting",
          "ActorStarted",
          "ThreadStarted"
        ])
      }))

    it.effect("An unknown name is an error that lists the names that exist.", () =>
      Effect.gen(function*() {
        const operator = yield* Operator
        for (const act of [operator.Restart, operator.Stop, operator.Start, operator.Drill]) {
          assert.strictEqual(yield* act({ name: "hell" }), "no thread is named \"hell\"; the threads are desk, hall")
        }
      }))

    it.effect("An actor may restart its own thread: its handler is ended in time.", () =>
      Effect.gen(function*() {
        const operator = yield* Operator
        const before = yield* thread("desk")
        const ended = yield* reason(operator.Restart({ name: "desk" }))
        assert.strictEqual(ended._tag, "Crashed")
        assert.strictEqual(ended.handled, "maybe")
        yield* operator.Survey()
        const after = yield* thread("desk")
        assert.strictEqual(after.incarnation, before.incarnation + 1)
        assert.isNull(after.lastCause)
      }))
  }
)

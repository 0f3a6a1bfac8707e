import { afterAll, assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import { System } from "heddle"
import patient from "../fixtures/trio/patient.ts"
import { A, B, C } from "../fixtures/trio/Trio.ts"
import { journal, quietly, reason, thread, watch } from "./watching.ts"

const paper = journal()
afterAll(paper.remove)

const now = { startImmediately: true }
const system = quietly(System.layer(patient))

describe("a thread that waits for its restart", () => {
  it.live("F4: A thread that waits for its restart keeps nobody else waiting, and a start cuts its wait short.", () =>
    Effect.gen(function*() {
      const system = yield* System.System
      const [a, b, c] = [yield* A, yield* B, yield* C]
      const events = yield* watch
      yield* system.inject("a", "throw")
      const { afterMillis } = yield* events.next("ThreadRestarting")
      assert.isAtLeast(afterMillis, 16_000)
      assert.isAtMost(afterMillis, 24_000)
      const since = performance.now()
      const waiting = yield* Effect.forkChild(a.Note({ label: "waited" }, { timeout: "30 seconds" }), now)
      assert.strictEqual(yield* b.Note({ label: "b" }), "b")
      yield* system.restart("c")
      assert.strictEqual(yield* c.Note({ label: "c" }), "c")
      yield* system.inject("b", "exit")
      yield* events.next("ThreadStarted", (event) => event.thread === "b")
      assert.strictEqual((yield* thread("a")).state, "restarting")
      yield* system.start("a")
      assert.strictEqual(yield* Fiber.join(waiting), "waited")
      assert.isBelow(performance.now() - since, 15_000)
    }).pipe(Effect.provide(system)))

  it.live("D3: An ask of a thread that waits for its restart waits within its own time, and learns then that it did not run.", () =>
    Effect.gen(function*() {
      const system = yield* System.System
      const a = yield* A
      const events = yield* watch
      yield* system.inject("a", "throw")
      yield* events.next("ThreadRestarting")
      const restarting = yield* reason(a.Note({ label: "no" }, { timeout: "200 millis" }))
      assert(restarting._tag === "Restarting")
      assert.strictEqual(restarting.handled, "no")
      assert.strictEqual(restarting.afterMillis, 200)
      const waiting = yield* Effect.forkChild(reason(a.Note({ label: "no" }, { timeout: "1 minute" })), now)
      yield* system.stop("a")
      assert.strictEqual((yield* Fiber.join(waiting))._tag, "NotRunning")
    }).pipe(Effect.provide(system)))
})

describe("the end of a system", () => {
  it.live("S3: The end of a system names who was slow and every message that was not delivered.", () =>
    Effect.gen(function*() {
      const scope = yield* Scope.make()
      const services = yield* Layer.buildWithScope(Layer.fresh(system), scope)
      const { asks, events } = yield* Effect.gen(function*() {
        const a = yield* A
        const events = yield* watch
        // Both places of the actor are taken by what can't be interrupted.
        const asks = yield* Effect.forEach(
          [1, 2],
          () => Effect.forkChild(reason(a.Stubborn({ label: "slow", millis: 60_000 }, { timeout: "2 minutes" })), now)
        )
        for (const label of ["one", "two", "three"]) yield* a.Note({ label }, { discard: true })
        yield* Effect.repeat(Effect.delay(thread("a"), 5), {
          until: ({ actors: [actor] }) => actor?.mailboxDepth === 3
        })
        return { asks, events }
      }).pipe(Effect.provide(services), Scope.provide(yield* Scope.make()))
      yield* Scope.close(scope, Exit.void)
      for (const ask of asks) assert.strictEqual((yield* Fiber.join(ask))._tag, "Crashed")
      const said = yield* events.soFar
      const stopped = said.find((event) => event._tag === "Stopped")
      assert.deepStrictEqual(stopped?.terminated, ["a"])
      const letters = said.flatMap((event) => event._tag === "DeadLetter" ? [`${event.actor}.${event.request}`] : [])
      assert.deepStrictEqual(letters, ["A.Note", "A.Note", "A.Note"])
    }))
})

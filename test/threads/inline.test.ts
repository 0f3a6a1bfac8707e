import { assert, describe, it, layer } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import { System } from "heddle"
import { Clerk, Remote } from "../fixtures/inline/Clerk.ts"
import config from "../fixtures/inline/config.ts"
import { closed, holds, letGo } from "../fixtures/inline/notes.ts"
import { quietly, reason, thread, watch } from "./watching.ts"

const now = { startImmediately: true }

layer(quietly(System.layer(config)), { excludeTestServices: true, timeout: "1 minute" })("an inline thread", (it) => {
  it.effect("F31: An inline thread runs on main, and is asked by and asks other threads.", () =>
    Effect.gen(function*() {
      const clerk = yield* Clerk
      const { built, ...where } = yield* clerk.Where()
      assert.deepStrictEqual(where, { isMain: true, thread: "desk" })
      assert.strictEqual(yield* clerk.Double({ number: 21 }), 42)
      assert.deepStrictEqual(yield* (yield* Remote).Where(), { isMain: false, clerk: built })
    }))

  it.effect("F31: Values are copied to an inline thread as they are to any other.", () =>
    Effect.gen(function*() {
      const bytes = new Uint8Array(100_000).fill(7)
      const back = yield* (yield* Clerk).Bytes({ bytes })
      assert.notStrictEqual(back.buffer, bytes.buffer)
      assert.deepStrictEqual(back, bytes)
    }))

  it.effect("F31: A defect restarts the actor, a spent budget the inline thread, with its finalizers.", () =>
    Effect.gen(function*() {
      const clerk = yield* Clerk
      const { built } = yield* clerk.Where()
      const events = yield* watch
      assert.strictEqual((yield* reason(clerk.Die()))._tag, "Crashed")
      assert.strictEqual((yield* clerk.Where()).built, built + 1)
      assert.strictEqual((yield* reason(clerk.Die()))._tag, "Crashed")
      yield* events.next("ThreadStarted", ({ thread }) => thread === "desk")
      assert.strictEqual((yield* clerk.Where()).built, built + 2)
      assert.includeMembers(closed, [built, built + 1])
    }))

  it.effect("F31: An injected throw ends the inline thread alone: what ran is Crashed, what comes later is answered.", () =>
    Effect.gen(function*() {
      const system = yield* System.System
      const clerk = yield* Clerk
      const { built } = yield* clerk.Where()
      const stay = yield* Effect.forkChild(reason(clerk.Stay()), now)
      const { handled } = yield* clerk.Where().pipe(
        Effect.andThen(thread("desk")),
        Effect.map(({ actors: [actor] }) => ({ handled: actor?.handled ?? 0 }))
      )
      yield* system.inject("desk", "throw")
      const crashed = yield* Fiber.join(stay)
      assert.strictEqual(crashed._tag, "Crashed")
      assert.strictEqual(crashed.handled, "maybe")
      assert.strictEqual((yield* clerk.Where()).built, built + 1)
      assert.include(closed, built)
      const after = yield* thread("desk")
      assert.isAtLeast(after.actors[0]?.handled ?? 0, handled)
      assert.strictEqual(after.lastCause?._tag, "Thrown")
    }))

  it.effect("F31: A fault that would end the process is refused for an inline thread, and nothing happens.", () =>
    Effect.gen(function*() {
      const system = yield* System.System
      const before = yield* thread("desk")
      for (const fault of ["exit", "oom", "spin"] as const) {
        const error = yield* Effect.flip(system.inject("desk", fault))
        assert.strictEqual(error._tag, "NotContained")
        assert.include(error.message, `"${fault}" would end more than thread "desk", whose isolation is "inline"`)
      }
      assert.strictEqual((yield* thread("desk")).incarnation, before.incarnation)
    }))

  it.effect("F31: An inline thread stops, starts and restarts when asked to, and its finalizers run.", () =>
    Effect.gen(function*() {
      const system = yield* System.System
      const clerk = yield* Clerk
      const { built } = yield* clerk.Where()
      yield* system.stop("desk")
      assert.include(closed, built)
      assert.strictEqual((yield* reason(clerk.Where()))._tag, "NotRunning")
      yield* system.start("desk")
      assert.strictEqual((yield* clerk.Where()).built, built + 1)
      yield* system.restart("desk")
      assert.strictEqual((yield* clerk.Where()).built, built + 2)
    }))

  it.effect("F31: The metrics of an inline thread are its own, and lose nothing when it restarts.", () =>
    Effect.gen(function*() {
      const system = yield* System.System
      const clerk = yield* Clerk
      yield* clerk.Count()
      yield* system.restart("desk")
      yield* clerk.Count()
      const counts = yield* Effect.map(system.metrics, (all) => all.filter(({ id }) => id === "clerk_counted")).pipe(
        Effect.delay(10),
        Effect.repeat({ until: ([first]) => first !== undefined && "count" in first.state && first.state.count === 2 }),
        Effect.timeout("10 seconds")
      )
      assert.deepStrictEqual(counts.map(({ thread }) => thread), ["desk"])
    }))

  it.effect("F31: What can't be interrupted makes an inline thread unkillable, and nobody else waits for it.", () =>
    Effect.gen(function*() {
      const system = yield* System.System
      const clerk = yield* Clerk
      const held = yield* Effect.forkChild(reason(clerk.Hold()), now)
      yield* Deferred.await(holds)
      const stopped = yield* Effect.flip(system.stop("desk"))
      assert.strictEqual(stopped._tag, "Unkillable")
      assert.strictEqual((yield* Fiber.join(held))._tag, "Crashed")
      assert.strictEqual((yield* thread("desk")).state, "unkillable")
      assert.strictEqual(yield* (yield* Remote).Ask({ number: 4 }), 8)
      const events = yield* watch
      yield* Deferred.succeed(letGo, undefined)
      yield* events.next("ThreadExited")
      assert.strictEqual((yield* thread("desk")).state, "stopped")
    }))
})

describe("the end of a system", () => {
  it("F31: An inline thread ends with its system, in order.", async () => {
    const scope = Effect.runSync(Scope.make())
    const running = await Effect.runPromise(Scope.provide(Layer.build(quietly(System.layer(config))), scope))
    const { built } = await Effect.runPromise(
      Effect.provideContext(Effect.flatMap(Clerk, (clerk) => clerk.Where()), running)
    )
    await Effect.runPromise(Scope.close(scope, Exit.void))
    assert.include(closed, built)
  })
})

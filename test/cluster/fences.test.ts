import { assert, describe, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { ConnectionError, SqlError } from "effect/sql/SqlError"
import * as fences from "../../src/cluster/fences.ts"

describe("fencing tokens", () => {
  it.live("N8: Places that are got at the same time share a token, and later ones have a greater one.", () =>
    Effect.gen(function*() {
      let asked = 0
      const fence = yield* fences.make(Effect.sync(() => ++asked))
      const first = yield* Effect.all([fence, fence, fence], { concurrency: "unbounded" })
      const later = yield* fence
      assert.deepStrictEqual(first, [1, 1, 1])
      assert.strictEqual(later, 2)
    }))

  it.live("N8: Who comes while a token is on its way gets a later one: that may be older than what he holds.", () =>
    Effect.gen(function*() {
      let asked = 0
      const answer = yield* Deferred.make<void>()
      const [first, second] = [yield* Deferred.make<void>(), yield* Deferred.make<void>()]
      const fence = yield* fences.make(Effect.gen(function*() {
        const token = ++asked
        yield* Deferred.succeed(token === 1 ? first : second, undefined)
        yield* Deferred.await(answer)
        return token
      }))
      const early = yield* Effect.forkChild(fence)
      yield* Deferred.await(first)
      const late = yield* Effect.forkChild(fence)
      yield* Deferred.await(second)
      yield* Deferred.succeed(answer, undefined)
      assert.deepStrictEqual([yield* Fiber.join(early), yield* Fiber.join(late)], [1, 2])
    }))

  it.live("N8: A database that fails is asked again.", () =>
    Effect.gen(function*() {
      let failures = 2
      const failed = new SqlError({ reason: new ConnectionError({ cause: new Error("gone"), message: "gone" }) })
      const fence = yield* fences.make(Effect.suspend(() => failures-- > 0 ? Effect.fail(failed) : Effect.succeed(7)))
      assert.strictEqual(yield* fence, 7)
    }))
})

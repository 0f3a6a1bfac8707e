/** What a handler returns, and what becomes of its message, its place and its actor. */
import { assert, describe, it } from "@effect/vitest"
import type * as Cause from "effect/Cause"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Queue from "effect/Queue"
import * as Rpc from "effect/rpc/Rpc"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { Actor } from "heddle"
import { chainOf } from "../../src/link/callers.ts"
import { begin, host } from "./hosted.ts"

class Subject extends Actor.Service<Subject>()("Subject", [
  Rpc.make("Do", { payload: { n: Schema.Int }, success: Schema.Int, error: Schema.String }),
  Rpc.make("Other", { success: Schema.Int }),
  Rpc.make("Numbers", { success: Schema.Int, stream: true }),
  Rpc.make("Whatever", { success: Schema.Unknown })
]) {}

type Do = Rpc.WrapperOr<Effect.Effect<number | Deferred.Deferred<number, string>, string, Scope.Scope>>
type Numbers = Rpc.WrapperOr<
  Stream.Stream<number> | Effect.Effect<Queue.Dequeue<number, Cause.Done>, never, Scope.Scope>
>

const subject = (
  handlers: {
    readonly Do?: (n: number) => Do
    readonly Numbers?: () => Numbers
    readonly Whatever?: () => Effect.Effect<unknown>
  },
  concurrency?: number
) =>
  host(
    Subject,
    Subject.toLayer({
      Do: ({ n }) => handlers.Do?.(n) ?? Effect.succeed(n),
      Other: () => Effect.succeed(0),
      Numbers: () => handlers.Numbers?.() ?? Stream.make(1, 2, 3),
      Whatever: () => handlers.Whatever?.() ?? Effect.void
    }),
    concurrency
  )

const nobody = { actor: -1, message: -1 }

const later = (value: unknown): Effect.Effect<unknown> => Effect.as(Effect.yieldNow, value)

/** Each way to give an answer that a handler of one message may take. */
const answers: Record<string, (n: number) => Do> = {
  "an exit": (n) => Effect.succeed(n),
  "a synchronous effect": (n) => Effect.sync(() => n),
  "an effect that yields": (n) => Effect.as(Effect.yieldNow, n),
  "an effect with a finalizer": (n) => Effect.as(Effect.addFinalizer(() => Effect.void), n),
  "an effect with a finalizer that takes a while": (n) => Effect.as(Effect.addFinalizer(() => Effect.yieldNow), n),
  "an exit, uninterruptible": (n) => Rpc.uninterruptible(Effect.succeed(n)),
  "an effect, forked": (n) => Rpc.fork(Effect.as(Effect.yieldNow, n)),
  "a Deferred that is done": (n) => Effect.tap(Deferred.make<number, string>(), (later) => Deferred.succeed(later, n)),
  "a Deferred that is done later": (n) =>
    Effect.tap(
      Deferred.make<number, string>(),
      (later) => Effect.forkDetach(Effect.andThen(Effect.yieldNow, Deferred.succeed(later, n)))
    )
}

describe("a handler", () => {
  for (const [what, answer] of Object.entries(answers)) {
    it.effect(`A handler that returns ${what} answers, gives back its place, and is no longer shown as handling.`, () =>
      Effect.gen(function*() {
        const { block, client, defects, mailbox, running } = yield* subject({ Do: answer })
        const replies = yield* Effect.forEach([1, 2, 3], (n) => client.Do({ n }), { concurrency: 3 })
        assert.deepStrictEqual(replies, [1, 2, 3])
        assert.deepStrictEqual([mailbox.running(), mailbox.size(), block.handled(0), block.failed(0)], [0, 0, 3, 0])
        assert.deepStrictEqual(block.readHandling(), nobody)
        assert.deepStrictEqual([running.of(0), defects], [[], []])
      }))
  }

  for (const [what, answer] of [["at once", Effect.succeed<unknown>], ["later", later]] as const) {
    it.effect(`A handler whose answer throws when it is looked at, ${what}, fails its caller, and its actor goes on.`, () =>
      Effect.gen(function*() {
        const { proxy, revoke } = Proxy.revocable({}, {})
        revoke()
        const { client, defects, mailbox, running } = yield* subject({ Whatever: () => answer(proxy) })
        const error = yield* Effect.flip(client.Whatever())
        assert.strictEqual(error.reason._tag, "NotSendable")
        assert.strictEqual(yield* client.Do({ n: 7 }), 7)
        assert.deepStrictEqual([mailbox.running(), running.of(0), defects], [0, [], []])
      }))
  }

  /** Whether a handler that has not ended lets the next message start. */
  const waiting: Record<string, readonly [Do, holds: boolean]> = {
    "an effect": [Effect.never, true],
    "an uninterruptible effect": [Rpc.uninterruptible(Effect.never), true],
    "a forked effect": [Rpc.fork(Effect.never), false],
    "a forked and uninterruptible effect": [Rpc.wrap({ fork: true, uninterruptible: true })(Effect.never), false],
    "a Deferred": [Deferred.make<number, string>(), false]
  }
  for (const [what, [effect, holds]] of Object.entries(waiting)) {
    it.effect(`A handler that returned ${what} ${holds ? "holds" : "gives back"} its place until it has ended.`, () =>
      Effect.gen(function*() {
        const { block, client, mailbox, running } = yield* subject({ Do: () => effect })
        const first = yield* begin(client.Do({ n: 1 }))
        assert.deepStrictEqual([mailbox.running(), running.of(0).length], [holds ? 1 : 0, 1])
        assert.deepStrictEqual(block.readHandling(), { actor: 0, message: 0 })
        const second = yield* begin(client.Other())
        assert.strictEqual(second.pollUnsafe() === undefined, holds)
        yield* Fiber.interrupt(second)
        yield* Effect.forkDetach(Fiber.interrupt(first))
      }))
  }

  it.effect("A handler of a stream gives back its place once it has returned the stream.", () =>
    Effect.gen(function*() {
      const { client, mailbox, running } = yield* subject({ Numbers: () => Stream.never })
      const reader = yield* begin(Stream.runDrain(client.Numbers()))
      assert.deepStrictEqual([mailbox.running(), running.of(0).length], [0, 1])
      assert.strictEqual(yield* client.Do({ n: 7 }), 7)
      yield* Fiber.interrupt(reader)
    }))

  it.effect("A handler of a stream may return a Stream or an Effect of a queue.", () =>
    Effect.gen(function*() {
      const queue = Effect.gen(function*() {
        const queue = yield* Queue.make<number, Cause.Done>()
        yield* Queue.offerAll(queue, [4, 5])
        yield* Effect.forkDetach(Queue.end(queue))
        return queue
      })
      const ways: ReadonlyArray<readonly [() => Numbers, Array<number>]> = [
        [() => Stream.make(1, 2, 3), [1, 2, 3]],
        [() => queue, [4, 5]],
        [() => Rpc.uninterruptible(Stream.make(6)), [6]]
      ]
      for (const [numbers, expected] of ways) {
        const { client, mailbox } = yield* subject({ Numbers: numbers })
        assert.deepStrictEqual(yield* Stream.runCollect(client.Numbers()), expected)
        assert.strictEqual(mailbox.running(), 0)
      }
    }))

  it.effect("A handler that dies ends its actor: what waits is kept, and nothing more is started.", () =>
    Effect.gen(function*() {
      const { block, client, defects, mailbox } = yield* subject({
        Do: (n) => n === 1 ? Effect.die(new Error("bug")) : Effect.succeed(n)
      })
      const all = yield* Effect.forEach([1, 2], (n) => begin(client.Do({ n })))
      assert.deepStrictEqual(
        [defects.length, mailbox.size(), mailbox.running(), block.failed(0), block.handled(0)],
        [1, 1, 0, 1, 0]
      )
      assert.deepStrictEqual(block.readHandling(), nobody)
      yield* Fiber.interruptAll(all)
    }))

  it.effect("A handler whose caller has left is interrupted, unless it is uninterruptible.", () =>
    Effect.gen(function*() {
      const { client, running } = yield* subject({
        Do: (n) => n === 1 ? Effect.never : Rpc.uninterruptible(Effect.never)
      }, 2)
      const interruptible = yield* begin(client.Do({ n: 1 }))
      const uninterruptible = yield* begin(client.Do({ n: 2 }))
      yield* Fiber.interrupt(interruptible)
      yield* Fiber.interrupt(uninterruptible)
      yield* begin(Effect.void)
      assert.deepStrictEqual(running.of(0).map(({ delivery }) => delivery.payload), [{ n: 2 }])
    }))

  it.effect("A handler that completes the one before it does not pile up on the stack.", () =>
    Effect.gen(function*() {
      let before = Deferred.makeUnsafe<void>()
      const { client } = yield* subject({
        Do: (n) =>
          Effect.suspend(() => {
            const own = Deferred.makeUnsafe<void>()
            Deferred.doneUnsafe(before, Exit.void)
            before = own
            return n < 20_000 ? Effect.as(Deferred.await(own), n) : Effect.succeed(n)
          })
      }, 2)
      const numbers = Array.from({ length: 20_000 }, (_, n) => n + 1)
      const last = Effect.forEach(numbers, (n) => client.Do({ n }, { timeout: "20 seconds" }), {
        concurrency: "unbounded"
      })
      assert.deepStrictEqual(yield* last, numbers)
    }), 30_000)
})

describe("the callers of a message", () => {
  const chain = Effect.withFiber((fiber) => Effect.succeed(chainOf(fiber)))

  it.effect("The callers of a message wait for its handler and for what the handler forks, until it is answered.", () =>
    Effect.gen(function*() {
      const go = yield* Deferred.make<void>()
      const seen = yield* Queue.unbounded<ReadonlyArray<string>>()
      const look = Effect.flatMap(chain, (chain) => Queue.offer(seen, chain))
      const { client } = yield* subject({
        Do: (n) =>
          Effect.gen(function*() {
            yield* look
            yield* Effect.forkDetach(Effect.andThen(look, Effect.andThen(Deferred.await(go), look)))
            yield* Effect.yieldNow
            return n
          })
      })
      yield* client.Do({ n: 1 })
      assert.deepStrictEqual([yield* Queue.take(seen), yield* Queue.take(seen)], [["Subject"], ["Subject"]])
      yield* Deferred.succeed(go, undefined)
      assert.deepStrictEqual(yield* Queue.take(seen), [])
    }))

  it.effect("The callers of a message wait for a Deferred that its handler has returned.", () =>
    Effect.gen(function*() {
      const go = yield* Deferred.make<void>()
      const later = yield* Deferred.make<number, string>()
      const seen = yield* Queue.unbounded<ReadonlyArray<string>>()
      const look = Effect.flatMap(chain, (chain) => Queue.offer(seen, chain))
      const work = Effect.gen(function*() {
        yield* Deferred.await(go)
        yield* look
        yield* Deferred.succeed(later, 5)
        yield* begin(Effect.void)
        yield* look
      })
      const { client } = yield* subject({ Do: () => Effect.as(Effect.forkDetach(work), later) })
      const asked = yield* begin(client.Do({ n: 1 }))
      yield* Deferred.succeed(go, undefined)
      assert.strictEqual(yield* Fiber.join(asked), 5)
      assert.deepStrictEqual([yield* Queue.take(seen), yield* Queue.take(seen)], [["Subject"], []])
    }))
})

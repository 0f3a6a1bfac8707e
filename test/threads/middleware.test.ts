import { assert, it, layer } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Rpc from "effect/rpc/Rpc"
import * as RpcClient from "effect/rpc/RpcClient"
import * as RpcGroup from "effect/rpc/RpcGroup"
import * as RpcMiddleware from "effect/rpc/RpcMiddleware"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { Actor, System, type SystemError, Thread } from "heddle"
import * as Testing from "heddle/Testing"
import { CurrentHeaders } from "../../src/link/middleware.ts"
import config from "../fixtures/guarded/config.ts"
import { Denied, Empty, Neighbor, Stranger, TooMany, Vault } from "../fixtures/guarded/Vault.ts"
import { quietly, reason, watch } from "./watching.ts"

class Pass extends RpcMiddleware.Service<Pass>()("middleware.test/Pass") {}
class Desk extends Actor.Service<Desk>()(
  "Desk",
  RpcGroup.make(
    Rpc.make("Apart"),
    Rpc.make("Later", { success: Schema.String }),
    Rpc.make("Stubborn"),
    Rpc.make("Answer", { success: Schema.String })
  ).middleware(Pass)
) {}

/** Takes one message at a time, each behind middleware that lets it through after a turn. */
const desk = (started: Deferred.Deferred<void>, done: Deferred.Deferred<void>) => {
  const later = Deferred.makeUnsafe<string>()
  const layer = Desk.toLayer({
    Apart: () => Rpc.fork(Effect.never),
    Later: () => Effect.succeed(later),
    Stubborn: () =>
      Rpc.uninterruptible(
        Deferred.succeed(started, undefined).pipe(
          Effect.andThen(Effect.sleep("20 millis")),
          Effect.andThen(Effect.asVoid(Deferred.succeed(done, undefined)))
        )
      ),
    Answer: () => Effect.as(Deferred.succeed(later, "at last"), "now")
  }).pipe(Layer.provide(Layer.succeed(Pass, (handler) => Effect.andThen(Effect.yieldNow, handler))))
  return Testing.layer(System.make({
    module: import.meta.url,
    threads: { one: Thread.make({ actors: [Actor.lazy(Desk, async () => ({ default: layer }))] }) }
  }))
}

type Services = System.System | Vault | Neighbor | Stranger

const now = { startImmediately: true }
const as = (user: string) => RpcClient.withHeaders({ user })
const tell = { discard: true } as const

const where: ReadonlyArray<readonly [string, Layer.Layer<Services, SystemError.SystemError>]> = [
  ["on threads", System.layer(config)],
  ["on simulated threads", Testing.layer(config)]
]

for (const [name, system] of where) {
  layer(quietly(system), { excludeTestServices: true, timeout: "1 minute" })(`middleware ${name}`, (it) => {
    it.effect("D13: Middleware runs before the handler, which is not even called when it refuses, and its error is typed.", () =>
      Effect.gen(function*() {
        const vault = yield* Vault
        const called = yield* vault.Called()
        const denied = yield* Effect.flip(vault.Open())
        assert.instanceOf(denied, Denied)
        assert(denied._tag === "Denied")
        assert.deepStrictEqual(denied.wanted, Option.some("Open"))
        assert.strictEqual(yield* vault.Called(), called)
        assert.strictEqual(yield* as("Ada")(vault.Open()), "open for Ada")
        assert.strictEqual(yield* as("Bob")(vault.Open()), "open for Bob")
        assert.strictEqual(yield* vault.Called(), called + 2)
      }))

    it.effect("D13: The handler's own errors pass its middleware.", () =>
      Effect.gen(function*() {
        const vault = yield* Vault
        assert.instanceOf(yield* Effect.flip(as("Ada")(vault.Empty())), Empty)
      }))

    it.effect("D13: Middleware runs for messages from the actor's own thread and from another one, and is told the sender.", () =>
      Effect.gen(function*() {
        for (const asker of [yield* Neighbor, yield* Stranger]) {
          assert.strictEqual(yield* asker.Open({ user: "Eve" }), "open for Eve")
          assert.instanceOf(yield* Effect.flip(asker.Open({ user: null })), Denied)
        }
        const vault = yield* Vault
        const neighbor = yield* Neighbor
        const stranger = yield* Stranger
        assert.deepStrictEqual(yield* vault.Who(), { id: "main", sender: "main", headers: {} })
        const headers = { "x-trace": "1" }
        assert.deepStrictEqual(yield* neighbor.Who(), { id: "Neighbor", sender: "Neighbor", headers })
        assert.deepStrictEqual(yield* stranger.Who(), { id: "Stranger", sender: "Stranger", headers })
        assert.strictEqual(yield* stranger.WhoInBackground(), "Stranger")
      }))

    it.effect("D13: Several middlewares, each around those before it, hand on what they provide.", () =>
      Effect.gen(function*() {
        const vault = yield* Vault
        const spend = as("Ada")(vault.Spend())
        yield* spend
        yield* spend
        yield* spend
        const error = yield* Effect.flip(spend)
        assert(error._tag === "TooMany")
        assert.instanceOf(error, TooMany)
        assert.strictEqual(error.limit, 3)
        // The one around it comes first.
        assert.instanceOf(yield* Effect.flip(vault.Spend()), Denied)
        assert.isNumber(yield* as("Bob")(vault.Spend()))
      }))

    it.effect("D13: The middleware of a whole group sees all its messages, however they end, and no other.", () =>
      Effect.gen(function*() {
        const vault = yield* Vault
        yield* vault.Forget()
        yield* as("Ada")(vault.Open())
        yield* Effect.flip(vault.Open())
        assert.deepStrictEqual(yield* vault.Notes(), [
          "Open comes",
          "Open: Success",
          "Open is gone",
          "Open comes",
          "Open: Failure",
          "Open is gone"
        ])
      }))

    it.effect("D13: A tell that is refused is a dead letter, with the cause Rejected.", () =>
      Effect.gen(function*() {
        const events = yield* watch
        const vault = yield* Vault
        yield* as("Ada")(vault.Put({ coin: 1 }, tell))
        yield* vault.Put({ coin: 2 }, tell)
        const letter = yield* events.next("DeadLetter")
        assert.strictEqual(letter.cause, "Rejected")
        assert.strictEqual(letter.actor, "Vault")
        assert.strictEqual(letter.request, "Put")
        assert.match(letter.why, /^Vault\.Put: its middleware rejected the message \(Denied/)
        assert.match(letter.why, /The message did not run/)
      }))

    it.effect("D13: A stream passes its middleware, with what that provides, and fails with its errors and with its own.", () =>
      Effect.gen(function*() {
        const vault = yield* Vault
        const called = yield* vault.Called()
        const denied = yield* Effect.flip(Stream.runDrain(vault.Coins()))
        assert.instanceOf(denied, Denied)
        assert.strictEqual(yield* vault.Called(), called)
        const taken: Array<string> = []
        const coins = Stream.runForEach(vault.Coins(), (coin) => Effect.sync(() => taken.push(coin)))
        assert.instanceOf(yield* Effect.flip(as("Ada")(coins)), Empty)
        assert.deepStrictEqual(taken, ["Ada 1", "Ada 2", "Ada 3"])
      }))

    it.effect("D13: Middleware may die, and the actor with it, throw, end the message, answer itself, or hang.", () =>
      Effect.gen(function*() {
        const events = yield* watch
        const vault = yield* Vault
        for (const [how, words] of [["die", "in a bad mood"], ["throw", "in a worse mood"]] as const) {
          const crashed = yield* reason(vault.Mood({ how }))
          assert(crashed._tag === "Crashed")
          assert.include(JSON.stringify(crashed.cause), words)
          yield* events.next("ActorFailed", ({ actor }) => actor === "Vault")
          yield* events.next("ActorStarted", ({ actor }) => actor === "Vault")
        }
        const interrupted = yield* reason(vault.Mood({ how: "interrupt" }))
        assert.strictEqual(interrupted._tag, "Rejected")
        assert.strictEqual(interrupted.handled, "no")
        assert.strictEqual(yield* vault.Mood({ how: "answer" }), "answer")
        // It holds the message's place, and hears of the caller's leaving.
        const hanging = yield* Effect.forkChild(vault.Mood({ how: "hang" }), now)
        yield* vault.Noted({ line: "Mood comes" })
        yield* Fiber.interrupt(hanging)
        const late = yield* reason(vault.Mood({ how: "hang" }, { timeout: "20 millis" }))
        assert.strictEqual(late._tag, "TimedOut")
        assert.strictEqual(yield* as("Ada")(vault.Open()), "open for Ada")
      }))

    it.effect("D13: When the caller leaves, handler and middleware end, finalizers of both included.", () =>
      Effect.gen(function*() {
        const vault = yield* Vault
        yield* vault.Forget()
        const waiting = yield* Effect.forkChild(as("Ada")(vault.Wait()), now)
        yield* vault.Noted({ line: "waits" })
        yield* Fiber.interrupt(waiting)
        yield* vault.Noted({ line: "Wait is gone" })
        assert.deepStrictEqual(yield* vault.Notes(), ["Wait comes", "waits", "Wait: Failure", "Wait is gone"])
      }))
  })
}

it("The key of the current headers is that of effect/rpc.", () => {
  assert.strictEqual(CurrentHeaders.key, RpcClient.CurrentHeaders.key)
})

it.live("D13: Behind middleware a handler may be forked, answer later, or be uninterruptible, as it may without.", () => {
  const started = Deferred.makeUnsafe<void>()
  const done = Deferred.makeUnsafe<void>()
  return Effect.gen(function*() {
    const desk = yield* Desk
    const apart = yield* Effect.forkChild(desk.Apart(), now)
    const later = yield* Effect.forkChild(desk.Later(), now)
    // Neither holds the only place.
    assert.strictEqual(yield* desk.Answer(), "now")
    assert.strictEqual(yield* Fiber.join(later), "at last")
    yield* Fiber.interrupt(apart)
    const stubborn = yield* Effect.forkChild(desk.Stubborn(), now)
    yield* Deferred.await(started)
    yield* Fiber.interrupt(stubborn)
    yield* Deferred.await(done)
    assert.strictEqual(yield* desk.Answer(), "now")
  }).pipe(Effect.provide(quietly(desk(started, done))))
})

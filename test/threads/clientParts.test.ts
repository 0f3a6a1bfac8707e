import { assert, describe, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import type * as RpcMiddleware from "effect/rpc/RpcMiddleware"
import * as Stream from "effect/Stream"
import { System } from "heddle"
import * as Testing from "heddle/Testing"
import config, { Gate, Mood, NoTicket, stamp, type Ticket, ticket } from "../fixtures/parts/gate.ts"
import { reason } from "./watching.ts"

const silent = Logger.layer([])
/** Says that it provides the client's part, and does not, as code without types may. */
const unprovided = Layer.effectContext(
  Effect.sync(() => Context.makeUnsafe<RpcMiddleware.ForClient<Ticket>>(new Map()))
)
const places = [
  ["on threads", System.layer(config)],
  ["on simulated threads", Testing.layer(config)]
] as const

const inMood = (mood: typeof Mood.Service) => Effect.provideService(Mood, mood)

for (const [name, system] of places) {
  describe(`the client's part of middleware ${name}`, () => {
    it.live("D13: The client's part of middleware sees asks, tells and streams before they are sent, the last middleware's first.", () =>
      Effect.gen(function*() {
        const gate = yield* Gate
        assert.strictEqual(yield* gate.Pass({ n: 1 }), "1 signed first")
        yield* gate.Pass({ n: 2 }, { discard: true })
        assert.deepStrictEqual(yield* gate.Told(), ["1 signed first", "2 signed first"])
        assert.deepStrictEqual(yield* Stream.runCollect(gate.Count()), ["signed 1", "signed 2"])
      }).pipe(Effect.provide(Layer.provide(system, [ticket, stamp, silent]))))

    it.live("D13: The client's part may be missing if it need not be there; it may send again; it may refuse, with its own error.", () =>
      Effect.gen(function*() {
        const gate = yield* Gate
        assert.strictEqual(yield* inMood("retry")(gate.Pass({ n: 3 })), "3 signed undefined")
        assert.deepStrictEqual(yield* gate.Told(), ["3 undefined undefined", "3 signed undefined"])
        const refused = inMood("refuse")
        assert.instanceOf(yield* Effect.flip(refused(gate.Pass({ n: 4 }))), NoTicket)
        assert.instanceOf(yield* Effect.flip(refused(gate.Pass({ n: 4 }, { discard: true }))), NoTicket)
        assert.instanceOf(yield* Effect.flip(refused(Stream.runDrain(gate.Count()))), NoTicket)
        assert.deepStrictEqual(yield* gate.Told(), [])
      }).pipe(Effect.provide(Layer.provide(system, [ticket, silent]))))

    it.live("D13: No ask hangs because its client's part does, and the failure says how far it came.", () =>
      Effect.gen(function*() {
        const gate = yield* Gate
        for (const [mood, handled] of [["hang", "no"], ["answer", "maybe"]] as const) {
          const late = yield* reason(inMood(mood)(gate.Pass({ n: 5 }, { timeout: "50 millis" })))
          assert.strictEqual(late._tag, "TimedOut")
          assert.strictEqual(late.handled, handled)
        }
      }).pipe(Effect.provide(Layer.provide(system, [ticket, silent]))))
  })
}

it.live("D13: Without a part that must be there, nothing is sent, and the error says what is missing.", () =>
  Effect.gen(function*() {
    const gate = yield* Gate
    yield* gate.Told()
    for (const call of [gate.Pass({ n: 6 }), gate.Pass({ n: 6 }, { discard: true }), Stream.runDrain(gate.Count())]) {
      const exit = yield* Effect.exit(call)
      assert(Exit.isFailure(exit))
      assert.match(
        Cause.pretty(exit.cause),
        /thread "main" can't send Gate\.\w+: it has no client's part of the middleware "clientParts\/Ticket"\. Provide/
      )
    }
    assert.deepStrictEqual(yield* gate.Told(), [])
  }).pipe(Effect.provide(Layer.provide(Testing.layer(config), [unprovided, silent]))))

import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as orders from "../../src/cluster/orders.ts"
import * as places from "../../src/cluster/places.ts"
import { Lost } from "../../src/cluster/remote.ts"
import { NotUp } from "../../src/SystemError.ts"

const order = { group: "bot", name: "bot", order: "restart" } as const

/** Gives an order on a machine; `holder` is the one that has the thread, `send` what comes of an order that is sent away. */
const give = (holder: string, send: Effect.Effect<NotUp | null, Lost>) => {
  const held = new places.Places(1)
  if (holder === "here:1") held.open(places.ofThread("bot"), 1)
  const done: Array<string> = []
  const note = (what: string) => (thread: string) => Effect.sync(() => void done.push(`${what} ${thread}`))
  const { anywhere, here } = orders.make({
    self: "here:1",
    held,
    problem: () => "",
    where: () => Effect.succeed({ address: holder, lease: "1.1" }),
    membership: { start: note("start"), stop: note("stop"), restart: note("restart") },
    send: (address) => Effect.andThen(Effect.sync(() => void done.push(`sent to ${address}`)), send)
  })
  return { anywhere, done, here }
}

describe("orders to threads that run on one machine", () => {
  it.effect("N2: An order is carried out on the machine that has the thread, and on no other.", () =>
    Effect.gen(function*() {
      const own = give("here:1", Effect.succeed(null))
      yield* own.anywhere(order)
      assert.deepStrictEqual(own.done, ["restart bot"])
      const other = give("there:1", Effect.succeed(null))
      yield* other.anywhere(order)
      assert.deepStrictEqual(other.done, ["sent to there:1"])
      assert.strictEqual((yield* Effect.flip(other.here(order)))._tag, "NotHere")
    }))

  it.effect("N2: How the order ended there is how it ends here; of a lost connection nobody knows.", () =>
    Effect.gen(function*() {
      const notUp = new NotUp({ thread: "bot", state: "quarantined", cause: null })
      assert.deepStrictEqual(yield* Effect.flip(give("there:1", Effect.succeed(notUp)).anywhere(order)), notUp)
      const lost = give("there:1", Effect.fail(new Lost("maybe", "the connection was lost")))
      assert.deepInclude(yield* Effect.flip(lost.anywhere(order)), { _tag: "Unreachable", handled: "maybe" })
    }))
})

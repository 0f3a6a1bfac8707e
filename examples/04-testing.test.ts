// How to test actors of your own: the whole system in one process, on a clock that only the test moves. The crash, the
// back-off of 100 ms (give or take a fifth) and the restart below take no time at all. Run it with `npx vitest run`.
import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Option from "effect/Option"
import * as Rpc from "effect/rpc/Rpc"
import * as Schema from "effect/Schema"
import * as TestClock from "effect/testing/TestClock"
import { Actor, System, Thread } from "heddle"
import * as Testing from "heddle/Testing"

class Stock extends Actor.Service<Stock>()("Stock", [
  Rpc.make("Take", { payload: { count: Schema.Int }, success: Schema.Int })
]) {}

class Shop extends Actor.Service<Shop>()("Shop", [
  Rpc.make("Buy", { payload: { count: Schema.Int }, success: Schema.String })
]) {}

// Stock leaves its number to its next incarnation, so that a crash does not fill the shelves again.
const stock = Stock.toLayer(Effect.gen(function*() {
  const { previous, set } = yield* Actor.kept(Schema.Int)
  let left = Option.getOrElse(previous, () => 10)
  return Stock.of({
    Take: ({ count }) => Effect.suspend(() => Effect.as(set(left -= count), left))
  })
}))

const shop = Shop.toLayer(Effect.gen(function*() {
  const stock = yield* Stock
  return Shop.of({
    Buy: ({ count }) =>
      stock.Take({ count }).pipe(
        Effect.map((left) => `sold, ${left} left`),
        Effect.catch(({ reason }) => Effect.succeed(`sorry: ${reason._tag}`))
      )
  })
}))

const system = System.make({
  module: import.meta.url,
  threads: {
    cellar: Thread.make({ actors: [Actor.lazy(Stock, async () => ({ default: stock }))] }),
    street: Thread.make({ actors: [Actor.lazy(Shop, async () => ({ default: shop }))] })
  }
})
const simulated = Testing.layer(system).pipe(Layer.provide(Logger.layer([])))

it.effect("a customer who comes during a restart is served after it, and the stock is right", () =>
  Effect.gen(function*() {
    const shop = yield* Shop
    const faults = yield* Testing.Faults
    expect(yield* shop.Buy({ count: 3 })).toBe("sold, 7 left")

    yield* faults.crash("cellar")
    const customer = yield* Effect.forkChild(shop.Buy({ count: 2 }), { startImmediately: true })
    yield* TestClock.adjust("50 millis")
    expect(customer.pollUnsafe()).toBeUndefined()
    yield* TestClock.adjust("100 millis")
    expect(yield* Fiber.join(customer)).toBe("sold, 5 left")
  }).pipe(Effect.provide(simulated)))

import * as Effect from "effect/Effect"
import { carriers } from "./config.ts"
import { Sender } from "./Sender.ts"

const numbers = (count: number) => Array.from({ length: count }, (_, index) => index)

const timed = <E, R>(effect: Effect.Effect<unknown, E, R>) =>
  Effect.gen(function*() {
    const began = performance.now()
    yield* effect
    return performance.now() - began
  })

export default Sender.toLayer(Effect.gen(function*() {
  const clients = yield* Effect.all(
    carriers.map(({ actor, value }) => Effect.map(actor, (client) => ({ client, value })))
  )
  const carried = (index: number) => Effect.fromNullishOr(clients[index])
  return Sender.of({
    Ask: ({ carrier, count, window }) =>
      Effect.orDie(Effect.gen(function*() {
        const { client, value } = yield* carried(carrier)
        let next = 0
        const asker = Effect.gen(function*() {
          while (next < count) yield* client.Echo(value(next++))
        })
        return yield* timed(Effect.forEach(numbers(window), () => asker, { concurrency: "unbounded", discard: true }))
      })),
    Tell: ({ carrier, count }) =>
      Effect.orDie(Effect.gen(function*() {
        const { client, value } = yield* carried(carrier)
        return yield* timed(Effect.andThen(
          Effect.forEach(numbers(count), (index) => client.Take(value(index), { discard: true }), { discard: true }),
          client.Count(undefined, { timeout: "1 minute" })
        ))
      }))
  })
}))

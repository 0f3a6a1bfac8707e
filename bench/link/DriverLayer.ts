import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { Driver, Target } from "./Bench.ts"

const message = (id: number) => ({ id, a: "a small message", b: 0.5 })
const numbers = (count: number) => Array.from({ length: count }, (_, index) => index)

const timed = <E, R>(effect: Effect.Effect<unknown, E, R>) =>
  Effect.gen(function*() {
    const began = performance.now()
    yield* effect
    return performance.now() - began
  })

export default Driver.toLayer(Effect.gen(function*() {
  const target = yield* Target
  return Driver.of({
    Latencies: ({ count }) =>
      Effect.orDie(Effect.gen(function*() {
        const micros: Array<number> = []
        for (let id = 0; id < count; id++) {
          const began = performance.now()
          yield* target.Echo(message(id))
          micros.push((performance.now() - began) * 1000)
        }
        return micros.sort((a, b) => a - b)
      })),
    Asks: ({ concurrency, count }) =>
      timed(Effect.orDie(Effect.forEach(numbers(count), (id) => target.Echo(message(id)), { concurrency, discard: true }))),
    Tells: ({ concurrency, count }) =>
      timed(Effect.orDie(Effect.andThen(
        Effect.forEach(numbers(count), (id) => target.Take(message(id), { discard: true }), { concurrency, discard: true }),
        target.Count(undefined, { timeout: "1 minute" })
      ))),
    Stream: ({ count }) => timed(Effect.orDie(Stream.runDrain(target.Numbers({ count }))))
  })
}))

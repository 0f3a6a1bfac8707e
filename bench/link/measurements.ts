/** What a program or an actor measures of `Target`, from wherever it runs. */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { Target } from "./Bench.ts"
import { small } from "./drive.ts"

const numbers = (count: number) => Array.from({ length: count }, (_, index) => index)

const timed = <E, R>(effect: Effect.Effect<unknown, E, R>) =>
  Effect.gen(function*() {
    const began = performance.now()
    yield* effect
    return [performance.now() - began]
  })

/** One after the other, each in microseconds. */
const latencies = <A, E, R>(
  count: number,
  effect: (id: number) => Effect.Effect<A, E, R>,
  onAnswer: (answer: A) => void = () => {}
) =>
  Effect.gen(function*() {
    const micros: Array<number> = []
    for (let id = 0; id < count; id++) {
      const began = performance.now()
      onAnswer(yield* effect(id))
      micros.push((performance.now() - began) * 1000)
    }
    return micros
  })

export const measurements = Effect.map(
  Target,
  (target) =>
  (
    name: string,
    [count = 0, second = 1]: ReadonlyArray<number>
  ): Effect.Effect<ReadonlyArray<number>, unknown> => {
    switch (name) {
      case "latencies":
        return latencies(count, (id) => target.Echo(small(id)))
      case "asks": {
        // So many askers, each with one ask at a time, as the others have it in drive.ts.
        let next = 0
        const asker = Effect.gen(function*() {
          while (next < count) yield* target.Echo(small(next++))
        })
        return timed(Effect.forEach(numbers(second), () => asker, { concurrency: "unbounded", discard: true }))
      }
      case "tells":
        return timed(Effect.andThen(
          Effect.forEach(numbers(count), (id) => target.Take(small(id), { discard: true }), { discard: true }),
          target.Count(undefined, { timeout: "1 minute" })
        ))
      case "stream":
        return timed(Stream.runDrain(target.Many({ count })))
      case "copy": {
        const bytes = new Uint8Array(second)
        return latencies(count, () => target.Copy({ bytes }, { timeout: "1 minute" }))
      }
      case "move": {
        let bytes = new Uint8Array(second)
        return latencies(count, () => target.Move({ bytes }), (answer) => {
          bytes = answer.bytes
        })
      }
      case "texts": {
        const text = "x".repeat(second)
        return latencies(count, () => target.EchoText({ text }, { timeout: "1 minute" }))
      }
      default:
        return Effect.die(new Error(`it does not measure ${name}`))
    }
  }
)

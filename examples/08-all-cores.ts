// CPU work on all cores, with a bar that shows how far it has come (on a terminal; its numbers go to standard error).
// Expected output:
//   there are 41538 primes below 500000
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Logger from "effect/Logger"
import * as Rpc from "effect/rpc/Rpc"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { Actor, Pool, System, Thread } from "heddle"

class Primes extends Actor.Service<Primes>()("Primes", [
  Rpc.make("Count", { payload: { from: Schema.Int, to: Schema.Int }, success: Schema.Int })
]) {}

const isPrime = (n: number): boolean => {
  for (let divisor = 2; divisor * divisor <= n; divisor++) if (n % divisor === 0) return false
  return n > 1
}

const primes = Primes.toLayer({
  Count: ({ from, to }) =>
    Effect.sync(() => {
      let count = 0
      for (let n = from; n < to; n++) if (isPrime(n)) count++
      return count
    })
})

const program = Effect.gen(function*() {
  const { Count } = yield* Primes
  const step = 5000
  const ranges = Array.from({ length: 100 }, (_, index) => ({ from: index * step, to: (index + 1) * step }))
  const progress = yield* Pool.makeProgress()
  const bar = yield* Effect.forkChild(process.stderr.isTTY ? Pool.draw(progress) : Effect.void)
  const total = yield* Pool.map(Count, ranges, { ordered: false, progress }).pipe(
    Stream.runFold(() => 0, (sum, count) => sum + count)
  )
  yield* Fiber.join(bar)
  console.log(`there are ${total} primes below ${100 * step}`)
})

System.run(import.meta, {
  threads: {
    primes: Thread.make({
      actors: [Actor.lazy(Primes, async () => ({ default: primes }))],
      instances: "cores",
      taskTimeout: "10 seconds" // a task that takes longer hangs: its thread is replaced
    })
  },
  layer: async () => ({ default: Logger.layer([]) })
}, program)

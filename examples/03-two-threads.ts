// Two actors on two threads. One blocks its event loop for good: the other goes on answering, and the watchdog replaces
// the thread that hangs. Expected output:
//   Miner: 1 nugget
//   Miner digs for ever ...
//   Hello, Ada! ... and Greeter answers
//   the watchdog: thread "mining" makes no progress, Miner.DigForEver is being handled
//   the ask: Miner.DigForEver crashed (may it have run? maybe)
//   Hello, Bob! ... and Greeter answers
//   Miner: 1 nugget
//   thread greeting: incarnation 1
//   thread mining: incarnation 2
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Logger from "effect/Logger"
import * as Rpc from "effect/rpc/Rpc"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { Actor, System, Thread } from "heddle"

class Greeter extends Actor.Service<Greeter>()("Greeter", [
  Rpc.make("Hello", { payload: { name: Schema.String }, success: Schema.String })
]) {}

class Miner extends Actor.Service<Miner>()("Miner", [
  Rpc.make("Dig", { success: Schema.String }),
  Rpc.make("DigForEver")
]) {}

const greeter = Greeter.toLayer({ Hello: ({ name }) => Effect.succeed(`Hello, ${name}!`) })

const miner = Miner.toLayer({
  Dig: () => Effect.succeed("1 nugget"),
  DigForEver: () =>
    Effect.sync(() => {
      while (true); // no other line of this thread runs any more: no timer, no time-out, no interruption
    })
})

const program = Effect.gen(function*() {
  const { events, threads } = yield* System.System
  const greeter = yield* Greeter
  const miner = yield* Miner
  const greet = (name: string) =>
    Effect.map(greeter.Hello({ name }), (hello) => console.log(`${hello} ... and Greeter answers`))
  const patient = { timeout: "30 seconds" } as const // for slow machines; the default is 5 seconds
  const dig = Effect.map(miner.Dig(undefined, patient), (found) => console.log(`Miner: ${found}`))

  yield* dig
  const stalled = yield* events.pipe(
    Stream.filter((event) => event._tag === "ThreadStalled"),
    Stream.runHead,
    Effect.flatMap(Effect.fromOption),
    Effect.forkChild({ startImmediately: true })
  )
  const blocked = yield* Effect.forkChild(Effect.flip(miner.DigForEver(undefined, patient)), { startImmediately: true })
  console.log("Miner digs for ever ...")
  yield* greet("Ada")

  const { cause, thread } = yield* Fiber.join(stalled)
  console.log(`the watchdog: thread "${thread}" makes no progress, ${cause.handling} is being handled`)
  const { actor, reason, request } = yield* Fiber.join(blocked)
  console.log(`the ask: ${actor}.${request} ${reason._tag.toLowerCase()} (may it have run? ${reason.handled})`)
  yield* greet("Bob")
  yield* dig // waits for the next incarnation
  for (const { incarnation, name } of yield* threads) console.log(`thread ${name}: incarnation ${incarnation}`)
})

System.run(import.meta, {
  threads: {
    greeting: Thread.make({ actors: [Actor.lazy(Greeter, async () => ({ default: greeter }))] }),
    mining: Thread.make({
      actors: [Actor.lazy(Miner, async () => ({ default: miner }))],
      watchdog: { stallAfter: "500 millis" }
    })
  },
  layer: async () => ({ default: Logger.layer([]) }) // no log, only what the program prints
}, program)

// A counter with a bug. It crashes, its caller is told, and it comes back, counting from 0: whatever state led to the
// crash is gone with it. Expected output:
//   Increment: 1
//   Increment: 2
//   Share among 2: 1
//   Share among 0: nothing, it crashed (may it have run? maybe)
//   Increment: 1
//   Share among 0: nothing, it crashed (may it have run? maybe)
//   Increment: 1
//   ActorFailed: actor Counter #1 on thread "counting" #1 failed and restarts in 0.1 s, failure 1 of 5: Counter died: Division by zero
//   ActorStarted: actor Counter #2 is ready on thread "counting" #1
//   ActorFailed: actor Counter #2 on thread "counting" #1 failed and restarts in 0.2 s, failure 2 of 5: Counter died: Division by zero
//   ActorStarted: actor Counter #3 is ready on thread "counting" #1
//   Counter is in incarnation 3, its thread still in incarnation 1
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Logger from "effect/Logger"
import * as Rpc from "effect/rpc/Rpc"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { Actor, System, SystemEvent, Thread } from "heddle"

class Counter extends Actor.Service<Counter>()("Counter", [
  Rpc.make("Increment", { success: Schema.Int }),
  Rpc.make("Share", { payload: { among: Schema.Int }, success: Schema.Int })
]) {}

const layer = Counter.toLayer(
  Effect.sync(() => {
    let count = 0
    return Counter.of({
      Increment: () => Effect.sync(() => ++count),
      // The bug: nobody thought of 0. It is not a declared error, so it is a defect: the actor can't be trusted any more.
      Share: ({ among }) => Effect.sync(() => Number(BigInt(count) / BigInt(among)))
    })
    // Without chance in the back-off, this prints the same each time.
  }),
  { restart: { backoff: { jitter: 0 } } }
)

const program = Effect.gen(function*() {
  const counter = yield* Counter
  const { events, threads } = yield* System.System
  const history = yield* events.pipe(Stream.take(4), Stream.runCollect, Effect.forkChild({ startImmediately: true }))

  const increment = Effect.map(counter.Increment(), (count) => console.log(`Increment: ${count}`))
  const share = (among: number) =>
    counter.Share({ among }).pipe(
      Effect.map(String),
      // The client outlives the crash. The ask that was in hand fails at once, with the cause; it is not sent again.
      Effect.catchReason("ActorError", "Crashed", ({ handled }) =>
        Effect.succeed(`nothing, it crashed (may it have run? ${handled})`)),
      Effect.map((text) =>
        console.log(`Share among ${among}: ${text}`)
      )
    )

  yield* increment
  yield* increment
  yield* share(2)
  yield* share(0)
  yield* increment // waits for the next incarnation, about 100 ms
  yield* share(0)
  yield* increment // waits twice as long; after five crashes in a row the supervisor would give up

  for (const event of yield* Fiber.join(history)) console.log(`${event._tag}: ${SystemEvent.format(event)}`)
  for (const { actors: [actor], incarnation } of yield* threads) {
    console.log(
      `${actor?.name} is in incarnation ${actor?.incarnation}, its thread still in incarnation ${incarnation}`
    )
  }
})

System.run(import.meta, {
  threads: { counting: Thread.make({ actors: [Actor.lazy(Counter, async () => ({ default: layer }))] }) },
  layer: async () => ({ default: Logger.layer([]) }) // no log, only what the program prints
}, program)

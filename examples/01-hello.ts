// Expected output:
//   Hello, Ada! (1 on thread greeting)
//   Hello, Bob! (2 on thread greeting)
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Rpc from "effect/rpc/Rpc"
import * as Schema from "effect/Schema"
import { Actor, System, Thread } from "heddle"
import { isMainThread } from "node:worker_threads"

class Greeter extends Actor.Service<Greeter>()("Greeter", [
  Rpc.make("Hello", { payload: { name: Schema.String }, success: Schema.String })
]) {}

const layer = Greeter.toLayer(Effect.gen(function*() {
  const { thread } = yield* Actor.Current
  let count = 0 // the actor's own: it handles one message at a time
  return Greeter.of({ Hello: ({ name }) => Effect.sync(() => `Hello, ${name}! (${++count} on thread ${thread})`) })
}))

const system = System.make({
  module: import.meta.url, // each thread imports this module again, to find its actors
  threads: { greeting: Thread.make({ actors: [Actor.lazy(Greeter, async () => ({ default: layer }))] }) }
})
export default system

const program = Effect.gen(function*() {
  const greeter = yield* Greeter
  for (const name of ["Ada", "Bob"]) console.log(yield* greeter.Hello({ name }))
}).pipe(Effect.provide(Layer.provide(System.layer(system), Logger.layer([]))))
if (isMainThread) await Effect.runPromise(program)

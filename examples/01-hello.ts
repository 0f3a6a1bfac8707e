// Expected output:
//   Hello, Ada! (1 on thread greeting)
//   Hello, Bob! (2 on thread greeting)
import * as Effect from "effect/Effect"
import * as Rpc from "effect/rpc/Rpc"
import * as Schema from "effect/Schema"
import { Actor, System, Thread } from "heddle"

class Greeter extends Actor.Service<Greeter>()("Greeter", [
  Rpc.make("Hello", { payload: { name: Schema.String }, success: Schema.String })
]) {}

const layer = Greeter.toLayer(Effect.gen(function*() {
  const { thread } = yield* Actor.Current
  let count = 0 // the actor's own: it handles one message at a time
  return Greeter.of({ Hello: ({ name }) => Effect.sync(() => `Hello, ${name}! (${++count} on thread ${thread})`) })
}))

const program = Effect.gen(function*() {
  const greeter = yield* Greeter
  for (const name of ["Ada", "Bob"]) console.log(yield* greeter.Hello({ name }))
})

// Each thread imports this module again, to find its actors; the program runs only where it is the entry.
System.run(import.meta, {
  threads: { greeting: Thread.make({ actors: [Actor.lazy(Greeter, async () => ({ default: layer }))] }) }
}, program)

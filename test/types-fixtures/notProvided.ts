import * as Effect from "effect/Effect"
import { Actor, System, Thread } from "heddle"
import { Greeter, Porter, porterLayer } from "./actors.ts"

const system = System.make({
  module: import.meta.url,
  threads: { a: Thread.make({ actors: [Actor.lazy(Porter, () => Promise.resolve({ default: porterLayer }))] }) }
})

// The program talks to an actor that is not in the system.
export const running = Effect.runPromise(
  Effect.provide(Effect.flatMap(Greeter, (greeter) => greeter.Reset()), System.layer(system))
)

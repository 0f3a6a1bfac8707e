import * as Effect from "effect/Effect"
import { Actor, System, Thread } from "heddle"
import { Greeter, greeterLayer } from "./actors.ts"

// Greeter's layer asks for Porter, which no thread declares.
System.run(
  import.meta,
  { threads: { a: Thread.make({ actors: [Actor.lazy(Greeter, () => Promise.resolve({ default: greeterLayer }))] }) } },
  Effect.void
)

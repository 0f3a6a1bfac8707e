import * as Effect from "effect/Effect"
import { Actor, System, Thread } from "heddle"
import { Greeter, Porter, porterLayer } from "./actors.ts"

// The program asks for Greeter, which no thread declares.
System.run(
  import.meta,
  { threads: { a: Thread.make({ actors: [Actor.lazy(Porter, () => Promise.resolve({ default: porterLayer }))] }) } },
  Effect.asVoid(Greeter)
)

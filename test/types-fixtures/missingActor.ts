import { Actor, System, Thread } from "heddle"
import { Greeter, greeterLayer } from "./actors.ts"

// Greeter's layer asks for Porter, which no thread declares.
export const system = System.make({
  module: import.meta.url,
  threads: { a: Thread.make({ actors: [Actor.lazy(Greeter, () => Promise.resolve({ default: greeterLayer }))] }) }
})

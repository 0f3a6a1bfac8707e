import { Actor, System, Thread } from "heddle"
import { Safe, safeLayer } from "./actors.ts"

// The layer is not provided with the middleware of its protocol.
export const system = System.make({
  module: import.meta.url,
  threads: { a: Thread.make({ actors: [Actor.lazy(Safe, () => Promise.resolve({ default: safeLayer }))] }) }
})

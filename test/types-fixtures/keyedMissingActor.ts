import { Actor, System, Thread } from "heddle"
import { Room, roomLayer } from "./actors.ts"

export const system = System.make({
  module: import.meta.url,
  threads: { a: Thread.make({ actors: [Actor.lazy(Room, () => Promise.resolve({ default: roomLayer }))] }) }
})

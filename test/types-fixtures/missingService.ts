import { Actor, System, Thread } from "heddle"
import { archivingLayer, Porter } from "./actors.ts"

export const system = System.make({
  module: import.meta.url,
  threads: { a: Thread.make({ actors: [Actor.lazy(Porter, () => Promise.resolve({ default: archivingLayer }))] }) }
})

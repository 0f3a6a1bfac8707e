import { Actor, System, Thread } from "heddle"
import { Clerk, clerkLayer, Notary, notaryLayer } from "./actors.ts"

const notary = Actor.lazy(Notary, () => Promise.resolve({ default: notaryLayer }))

export const system = System.make({
  module: import.meta.url,
  threads: {
    office: Thread.make({ actors: [notary] }),
    desk: Thread.make({ actors: [Actor.lazy(Clerk, () => Promise.resolve({ default: clerkLayer }))] })
  }
})

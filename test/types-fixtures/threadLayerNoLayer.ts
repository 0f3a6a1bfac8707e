import * as Effect from "effect/Effect"
import { Actor, Thread } from "heddle"
import { Porter, porterLayer } from "./actors.ts"

export const thread = Thread.make({
  actors: [Actor.lazy(Porter, () => Promise.resolve({ default: porterLayer }))],
  layer: () => Promise.resolve({ default: Effect.void })
})

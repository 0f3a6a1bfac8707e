import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Actor, System, Thread } from "heddle"
import { Archive, Porter, porterLayer, User } from "./actors.ts"

const needy = Layer.effect(Archive, Effect.map(User, ({ name }) => ({ size: name.length })))

export const system = System.make({
  module: import.meta.url,
  threads: {
    a: Thread.make({
      actors: [Actor.lazy(Porter, () => Promise.resolve({ default: porterLayer }))],
      layer: () => Promise.resolve({ default: needy })
    })
  }
})

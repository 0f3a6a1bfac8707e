import * as Effect from "effect/Effect"
import { Actor, System, Thread } from "heddle"
import { Notary, notaryLayer } from "./actors.ts"

const system = System.make({
  module: import.meta.url,
  threads: { office: Thread.make({ actors: [Actor.lazy(Notary, () => Promise.resolve({ default: notaryLayer }))] }) }
})

export const running = Effect.runPromise(
  Effect.provide(Effect.flatMap(Notary, (notary) => notary.Seal()), System.layer(system))
)

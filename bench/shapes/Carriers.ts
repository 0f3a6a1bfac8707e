/** Actors that carry messages of one schema each. */
import * as Effect from "effect/Effect"
import * as Rpc from "effect/rpc/Rpc"
import * as Schema from "effect/Schema"
import { Actor } from "heddle"

export interface Carrier {
  readonly carrier: true
}

/** The actor of a schema: it answers with the message, or counts it. */
export const carrier = (name: string, schema: Schema.Codec<unknown, unknown>) =>
  Actor.Service<Carrier>()(`Carrier-${name}`, [
    Rpc.make("Echo", { payload: schema, success: schema }),
    Rpc.make("Take", { payload: schema }),
    /** How many were taken; it comes after them in the same mailbox. */
    Rpc.make("Count", { success: Schema.Int })
  ])

export const carrierLayer = (actor: ReturnType<typeof carrier>) =>
  actor.toLayer(Effect.sync(() => {
    let taken = 0
    return {
      Echo: (message: unknown) => Effect.succeed(message),
      Take: () =>
        Effect.sync(() => {
          taken++
        }),
      Count: () => Effect.sync(() => taken)
    }
  }))

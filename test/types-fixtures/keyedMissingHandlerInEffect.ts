import * as Effect from "effect/Effect"
import { Room } from "./actors.ts"

export const layer = Room.toLayer((key) =>
  Effect.gen(function*() {
    yield* Effect.log(key)
    return { Say: () => Effect.succeed(1) }
  })
)

import * as Effect from "effect/Effect"
import { Porter } from "./actors.ts"

export const layer = Porter.toLayer(Effect.gen(function*() {
  yield* Effect.void
  return Porter.of({
    Open: () => Effect.succeed("open"),
    Close: () => Effect.succeed("closed")
  })
}))

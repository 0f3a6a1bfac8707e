import * as Effect from "effect/Effect"
import { Porter } from "./actors.ts"

export const layer = Porter.toLayer({ Open: () => Effect.succeed("open") }, { health: Effect.void })

/** One layer for the actors of all threads: each thread loads it. */
import * as Effect from "effect/Effect"
import { small } from "./actors.ts"

export const layerOf = (index: number) => ({ default: small(index).toLayer({ Ping: () => Effect.void }) })

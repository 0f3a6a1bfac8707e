import * as Effect from "effect/Effect"
import { Room } from "./actors.ts"

export const layer = Room.toLayer(() => ({ Say: () => Effect.succeed(1) }))

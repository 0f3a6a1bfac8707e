import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { Room } from "./actors.ts"

export const layer = Room.toLayer(() => ({ Say: () => Effect.succeed("1"), Ticks: () => Stream.make(1) }))

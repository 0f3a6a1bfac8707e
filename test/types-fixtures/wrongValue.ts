import * as Effect from "effect/Effect"
import { Porter } from "./actors.ts"

export const program = Effect.flatMap(Porter, (porter) => porter.Open({ door: "front" }))

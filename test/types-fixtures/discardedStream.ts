import * as Effect from "effect/Effect"
import { Greeter } from "./actors.ts"

export const ticks = Effect.map(Greeter, (greeter) => greeter.Ticks(undefined, { discard: true }))
